"""One call of the log explained: its record in words, and what the agent would say now.

The caller's number is opened to ask the agent and shown to nobody.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from screener.cli.arguments import Output
from screener.config.load import load_config
from screener.desk.call_in_words import in_words
from screener.desk.explaining import caps_of, now_in_words, said_now
from screener.desk.finding import call_of
from screener.desk.log_reading import calls_of


def explain_recorded(
    call_id: str, path: Path | None, output: Output, *, central: bool = False
) -> None:
    """Print why the call was decided so; raises ScreenerError where the log has no such call."""
    config = load_config(path)
    with calls_of(config, central=central) as log:
        call: dict[str, Any] = dict(call_of(log, call_id))
        now, why_not = said_now(log, call, config)
    caps = caps_of(call, config)
    if output is Output.JSON:
        told = {
            "call": call,
            "groups": None if caps is None else {name: asdict(cap) for name, cap in caps.items()},
            "now": now,
            "now_unknown": why_not,
        }
        typer.echo(json.dumps(told, indent=2))
        return
    for line in in_words(call, caps):
        typer.echo(line)
    typer.echo(now_in_words(now) if now else f"What would be said now is not known: {why_not}.")
