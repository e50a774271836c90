"""Arguments that several commands share, and how to reach the running agent they name."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from screener.config.load import load_config

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Configuration file; without one the embedded defaults."),
]


class Output(StrEnum):
    """How a command prints: a table for people or JSON for programs."""

    TABLE = "table"
    JSON = "json"


class Form(StrEnum):
    """How a command prints rows: a table for people, JSON for programs, CSV for spreadsheets."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


OutputForm = Annotated[Output, typer.Option("--output", "-o", help="How to print.")]
RowsForm = Annotated[Form, typer.Option("--output", "-o", help="How to print.")]
Since = Annotated[
    str,
    typer.Option(
        help="From then on: 90s, 24h, 7d back, 2026-11-22T08:00:00Z or '2026-11-22 08:00'."
    ),
]
Until = Annotated[str, typer.Option(help="Up to then; written as --since.")]
Central = Annotated[
    bool, typer.Option("--central", help="From the central log of all edges (ship.dsn).")
]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit.")]


def control_socket(config: Path | None) -> Path:
    """Return the control socket of the agent that runs under this configuration."""
    return Path(load_config(config).control.socket)
