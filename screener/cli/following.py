"""`screener log --follow`: new calls line by line, until Ctrl-C or until nobody reads them."""

import time
from collections.abc import Callable, Iterable, Iterator

import typer

from screener.cli.arguments import Form
from screener.cli.log_output import heading, line
from screener.storage.call_log import NewCalls
from screener.storage.log_query import Found

LOOK_EVERY_S = 0.5


def follow(
    new: NewCalls,
    first: Iterable[Found],
    form: Form,
    *,
    central: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Print `first`, then each new call once, as it is written; ends on KeyboardInterrupt.

    Why the log says nothing for a while is told on standard error, once, and that it is read again.
    """
    try:
        _print(heading(form, central=central))
        for call in first:
            _print(line(call, form, central=central))
        for call in _calls(new, wait):
            _print(line(call, form, central=central))
    except KeyboardInterrupt:
        return
    finally:
        new.close()


def _calls(new: NewCalls, wait: Callable[[float], None]) -> Iterator[Found]:
    told = ""
    while True:
        found = new.look()
        if new.trouble != told:
            told = new.trouble
            waiting = f"the log cannot be read now ({told}): waiting"
            typer.echo(f"screener: {waiting if told else 'the log is read again'}", err=True)
        yield from found
        if not found:
            wait(LOOK_EVERY_S)


def _print(text: str) -> None:
    # Flushed by `echo`: who reads through a pipe sees a call when it comes.
    typer.echo(text, nl=False)
