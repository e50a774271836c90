"""`screener status` and `screener reload`: ask the running agent."""

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from screener.adapters.control_client import ask
from screener.cli.arguments import ConfigFile, Output, OutputForm, control_socket
from screener.cli.moments import utc

RELOAD_S = 60.0
"""How long a reload may take, seconds: a list of a million numbers takes about twenty."""

_NAMES = {
    "keys": "entries remembered",
    "reviews": "reviews in force",
    "unread": "reviews unread",
}
"""What a table calls that which programs know by another name."""


def status(config: ConfigFile = None, output: OutputForm = Output.TABLE) -> None:
    """Show what the running agent has done so far: verdicts, faults, time taken."""
    told: dict[str, Any] = dict(ask(control_socket(config), {"op": "status"}))
    told.pop("ok", None)
    if output is Output.JSON:
        typer.echo(json.dumps(told, indent=2))
        return
    table = Table(show_header=False, title="The running agent")
    for name, value in told.items():
        table.add_row(_NAMES.get(name, name.replace("_", " ")), _in_words(name, value))
    Console(markup=False, emoji=False).print(table)


def _in_words(name: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items()) or "none"
    if name == "paused_until":
        return utc(value) if isinstance(value, float) and value else "not paused"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def reload(config: ConfigFile = None) -> None:
    """Have the running agent read its configuration again; refused whole if anything is wrong."""
    told: dict[str, Any] = dict(ask(control_socket(config), {"op": "reload"}, RELOAD_S))
    typer.echo(f"reloaded: config {told['config']}, was {told['was']}")
    for name in told.get("next_start") or ():
        typer.echo(f"{name} takes effect at the next start")
