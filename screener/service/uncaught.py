"""Faults of ours that nothing caught, told by their kind and stack alone.

Python itself would print an error's message, which may quote a caller's number. Faults inside a
call are `screening`'s, inside a session or a request its adapter's.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from screener.errors import ScreenerError

log = logging.getLogger("screener.faults")


@contextmanager
def telling_uncaught() -> Iterator[None]:
    """Tell faults of threads and finalizers inside; one that ends the program is a ScreenerError.

    Those of an event loop are told where it has `of_loop` as its handler.
    """
    before = threading.excepthook, sys.unraisablehook
    threading.excepthook, sys.unraisablehook = _of_thread, _of_finalizer
    try:
        yield
    except ScreenerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its message is not to be printed
        stack = "".join(traceback.format_tb(error.__traceback__)).rstrip()
        raise ScreenerError(f"a fault of ours, {type(error).__name__}\n{stack}") from None
    finally:
        threading.excepthook, sys.unraisablehook = before


def of_loop(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Tell a fault of a callback or a task; an event loop's exception handler."""
    del loop
    error = context.get("exception")
    if isinstance(error, BaseException):
        _tell("the event loop", type(error), error.__traceback__)
    else:
        # What comes before the first object: those are described with all that they hold.
        log.error("the event loop: %s", str(context.get("message", "")).partition("<")[0])


def _of_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_type is not SystemExit:
        _tell("a thread", what.exc_type, what.exc_traceback)


def _of_finalizer(what: "sys.UnraisableHookArgs") -> None:
    _tell("a finalizer", what.exc_type, what.exc_traceback)


def _tell(where: str, kind: type[BaseException], trace: TracebackType | None) -> None:
    log.error("%s raised %s\n%s", where, kind.__name__, "".join(traceback.format_tb(trace)))
