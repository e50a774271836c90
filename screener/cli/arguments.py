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


OutputForm = Annotated[Output, typer.Option("--output", "-o", help="How to print.")]


def control_socket(config: Path | None) -> Path:
    """Return the control socket of the agent that runs under this configuration."""
    return Path(load_config(config).control.socket)
