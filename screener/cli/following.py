"""`screener log --follow`: new calls line by line, until Ctrl-C or until nobody reads them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from screener.cli.arguments import Form
from screener.cli.log_output import heading, line
from screener.desk.log_reading import told_errors
from screener.storage.log_follow import Follower
from screener.storage.log_query import Filter, Found

LOOK_EVERY_S = 0.5


def follow(
    path: Path,
    wanted: Filter,
    form: Form,
    earlier: Callable[[int], list[Found]],
    *,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Print each call once, in the order of writing, from now on; ends on KeyboardInterrupt.

    `earlier` gives the calls to begin with, oldest first, older than that seq. What the log
    cannot say for a while is told on standard error, once.
    """
    with told_errors():
        follower = Follower(path, wanted)
        first = earlier(follower.newest + 1)
    try:
        _print(heading(form))
        for call in first:
            _print(line(call, form))
        for call in _calls(follower, wait):
            _print(line(call, form))
    except KeyboardInterrupt:
        return
    finally:
        follower.close()


def _calls(follower: Follower, wait: Callable[[float], None]) -> Iterator[Found]:
    told = ""
    while True:
        found = follower.look()
        yield from found
        if follower.trouble != told:
            told = follower.trouble
            if told:
                typer.echo(f"screener: the log cannot be read now ({told}): waiting", err=True)
        if not found:
            wait(LOOK_EVERY_S)


def _print(text: str) -> None:
    # Flushed by `echo`: who reads through a pipe sees a call when it comes.
    typer.echo(text, nl=False)
