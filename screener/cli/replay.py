"""`screener replay`: whom a changed configuration would have hurt, before it is applied."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from screener.cli.arguments import Form, RowsForm, Since, Until
from screener.cli.progress import progress
from screener.cli.told import aside
from screener.cli.what_if_text import WIDTH, csv_of, print_what_if
from screener.config.load import load_config
from screener.desk.moments import utc
from screener.desk.playing import Follow, Played, play, window_of


def replay(  # noqa: PLR0917 - typer makes an option of each
    config: Annotated[Path, typer.Option("--config", "-c", help="The candidate.")],
    current: Annotated[
        Path | None, typer.Option(help="The configuration in force; else the embedded defaults.")
    ] = None,
    since: Since = "7d",
    until: Until = "",
    seed_free: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool, typer.Option("--seed-free", help="Begin with nothing known from before.")
    ] = False,
    output: RowsForm = Form.TABLE,
) -> None:
    """Play recorded calls under a candidate configuration, and show what it would have changed.

    Reads the log and changes nothing. Prints counts and call ids, never a number.
    """
    window = window_of(since, until, seed_free=seed_free)
    candidate, in_force = load_config(config), load_config(current)
    log = candidate if current is None else in_force
    with progress("replaying", window.seconds) as done:
        played = play(in_force, candidate, log, window, Follow(done, aside))
    match output:
        case Form.JSON:
            typer.echo(json.dumps(told(played), indent=2))
        case Form.CSV:
            typer.echo(csv_of(played), nl=False)
        case _:
            print_what_if(Console(markup=False, emoji=False, highlight=False, width=WIDTH), played)


def told(played: Played) -> dict[str, object]:
    """Return the findings as JSON-safe data."""
    found = played.what_if
    moments = {"first_at": utc(found.first or 0.0), "last_at": utc(found.last or 0.0)}
    return {**found.told(), "unopened": played.unopened, **moments}
