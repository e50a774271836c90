"""`screener check-config`: say whether a configuration would be taken, and what it amounts to."""

import json
from pathlib import Path
from typing import Annotated

import typer

from screener.cli.edge import edged
from screener.config.load import load_config


@edged
def check_config(
    file: Annotated[Path | None, typer.Argument(help="Without one, the defaults.")] = None,
    *,
    effective: Annotated[
        bool, typer.Option("--effective", help="Print every value in force, defaults included.")
    ] = False,
) -> None:
    """Check a configuration: every problem with its file:line:column, status 3 if refused."""
    config = load_config(file)
    settings = config.settings
    if effective:
        typer.echo(json.dumps(config.effective(), indent=2))
        return
    typer.echo(
        f"{file or 'embedded defaults'}: good. mode {settings.mode}, region {settings.region}, "
        f"{len(settings.limits)} limits, {len(settings.lists)} lists, config {settings.config_hash}"
    )
