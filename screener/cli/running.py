"""`screener status` and `screener reload`: ask the running agent."""

import json
from typing import Any

import typer

from screener.adapters.control_client import ask
from screener.cli.arguments import ConfigFile, Output, OutputForm, control_socket
from screener.cli.status import status_text
from screener.desk.exchange import RELOAD_S


def status(config: ConfigFile = None, output: OutputForm = Output.TABLE) -> None:
    """Show how the running agent is, and what it did: load, captchas, verdicts, faults."""
    told: dict[str, Any] = dict(ask(control_socket(config), {"op": "status"}))
    told.pop("ok", None)
    if output is Output.JSON:
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(status_text(told), nl=False)


def reload(config: ConfigFile = None) -> None:
    """Have the running agent read its configuration again; refused whole if anything is wrong."""
    told: dict[str, Any] = dict(ask(control_socket(config), {"op": "reload"}, RELOAD_S))
    typer.echo(f"reloaded: config {told['config']}, was {told['was']}")
    for name in told.get("next_start") or ():
        typer.echo(f"{name} takes effect at the next start")
