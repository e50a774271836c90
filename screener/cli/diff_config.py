"""`screener diff-config`: what differs in effect between two configuration files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from screener.cli.arguments import Output, OutputForm
from screener.config.difference import Difference, differences
from screener.config.load import load_config

SAME = "the same: no value in force differs"


def diff_config(
    before: Annotated[Path, typer.Argument(metavar="A", help="A configuration file.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    output: OutputForm = Output.TABLE,
) -> None:
    """Show every key whose value in force differs, A's before B's; entries of lists are counted."""
    found = differences(load_config(before), load_config(after))
    if output is Output.JSON:
        told = [{"key": one.key, "before": one.before, "after": one.after} for one in found]
        typer.echo(json.dumps(told, indent=2))
    else:
        print_differences(found)


def print_differences(found: list[Difference]) -> None:
    """Print a line for each, or that there is none."""
    for one in found:
        typer.echo(str(one))
    if not found:
        typer.echo(SAME)
