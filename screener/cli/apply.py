"""`screener apply` and `screener rollback`: a changed configuration put in force, and taken back.

`apply` shows first what changes and whom it would have hurt, and asks where that is much; both
keep the file that they replace. How the file and the agent are exchanged is `exchange`'s.
"""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from screener.cli.arguments import Since
from screener.cli.asker import who
from screener.cli.diff_config import print_differences
from screener.cli.progress import progress
from screener.cli.told import aside
from screener.cli.what_if_text import WIDTH, print_what_if
from screener.config.difference import differences
from screener.config.load import Config
from screener.desk.applying import (
    changed_by_hand,
    forward,
    in_place,
    mode_reason,
    read_candidate,
    way_back,
)
from screener.desk.exchange import exchange
from screener.desk.moments import utc
from screener.desk.playing import Follow, play, window_of
from screener.errors import ScreenerError

InForce = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file that the agent runs with.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def apply(
    candidate: Annotated[Path, typer.Argument(help="The file to put in its place.")],
    config: InForce,
    *,
    yes: Yes = False,
    since: Since = "7d",
    no_replay: Annotated[bool, typer.Option("--no-replay", help="Skip the what-if.")] = False,
) -> None:
    """Check a candidate, show what it changes and whom it would have hurt, and put it in force."""
    new, old = read_candidate(candidate, config), in_place(config)
    if new.content == old.content:
        typer.echo(f"{config} is the same file already: nothing to do")
        return
    print_differences(differences(old.config, new.config))
    reasons = changed_by_hand(config, old.config)
    if no_replay:
        reasons += mode_reason(old.config, new.config)
    else:
        reasons += _impact(old.config, new.config, since)
    _ask(reasons, yes=yes, command="screener apply")
    typer.echo(exchange(forward(old, new, config, who(), _now())))
    typer.echo(f"`screener rollback --config {config}` takes it back")


def rollback(
    config: InForce,
    *,
    yes: Yes = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="The storage folder, where a broken file no longer names it."),
    ] = None,
) -> None:
    """Put the configuration file in force that the last `apply` or `rollback` replaced."""
    back = way_back(config, folder)
    typer.echo(f"back to the file that {back.kept.who} replaced at {utc(back.kept.at)}:")
    if back.present is None:
        typer.echo("what stands there now is refused, so what differs cannot be told")
    else:
        print_differences(differences(back.present, back.found.config))
    _ask(["the file in force is replaced", *back.reasons], yes=yes, command="screener rollback")
    typer.echo(exchange(back.exchange(who(), _now())))


def _impact(current: Config, candidate: Config, since: str) -> list[str]:
    """Show the what-if, and return why its impact is large."""
    window = window_of(since, "")
    try:
        with progress("replaying", window.seconds) as done:
            played = play(current, candidate, current, window, Follow(done, aside))
    except ScreenerError as error:
        return [f"no what-if: {error}", *mode_reason(current, candidate)]
    print_what_if(Console(markup=False, emoji=False, highlight=False, width=WIDTH), played)
    return played.what_if.alarms()


def _ask(reasons: list[str], *, yes: bool, command: str) -> None:
    """Ask on a terminal; raises ScreenerError where the answer is no, or nobody can be asked."""
    for reason in reasons:
        typer.echo(f"! {reason}")
    if not reasons or yes:
        return
    if not sys.stdin.isatty():
        raise ScreenerError(f"not done: nobody can be asked here; `{command} --yes` does it")
    if not typer.confirm("Do it all the same?"):
        raise ScreenerError("not done")


def _now() -> float:
    return time.time()  # noqa: TID251 - the command's own now
