"""The log that the web admin reads, as `web.log` says: this edge's own, or that of all edges.

A central log that cannot be reached is told in a sentence, and for a moment not tried again: who
asks next is told the same at once, and no page waits in a row of pages that all wait.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from screener.config.load import Config
from screener.config.options import CENTRAL_LOG
from screener.desk.log_reading import calls_of
from screener.errors import MissingPartError, ScreenerError
from screener.storage.call_log import CallLog
from screener.storage.central.error import CentralAwayError, CentralError

AGAIN_S = 2.0
"""How long a central log that was away is taken to be away still."""
PATIENCE_S = 35.0
"""How long a page waits for it; the server itself gives up a question somewhat earlier."""

_away: dict[str, tuple[float, str]] = {}
"""Until when (steady seconds) a central log is taken to be away, and why, by its `ship.dsn`."""


class LogAwayError(MissingPartError):
    """The central log cannot be read now."""


def reads_central(config: Config) -> bool:
    """Say whether the web admin shows the calls of all edges."""
    return config.web.log == CENTRAL_LOG


def web_calls(config: Config) -> AbstractContextManager[CallLog]:
    """Open the log to read it; raises as `calls_of`, or as `central_calls`."""
    return central_calls(config) if reads_central(config) else calls_of(config)


@contextmanager
def central_calls(
    config: Config, *, timer: Callable[[], float] = time.monotonic
) -> Iterator[CallLog]:
    """Open the log of all edges to read it; raises as `calls_of`, and LogAwayError."""
    dsn = config.ship.dsn
    until, why = _away.get(dsn, (0.0, ""))
    if timer() < until:
        raise LogAwayError(why)
    try:
        with calls_of(config, central=True, patience_s=PATIENCE_S) as log:
            yield log
    except CentralAwayError as error:
        _away[dsn] = timer() + AGAIN_S, str(error)
        raise LogAwayError(str(error)) from error
    except CentralError as error:
        raise LogAwayError(str(error)) from error


@contextmanager
def web_log_of(config: Config, call_id: str) -> Iterator[CallLog]:
    """Open the log that holds a call: this edge's own where it was not shipped yet.

    Where neither does, the one that the web admin reads. Raises as `web_calls`.
    """
    with web_calls(config) as log:
        if reads_central(config) and log.find(call_id) is None and _is_own(config, call_id):
            with calls_of(config) as own:
                yield own
            return
        yield log


def _is_own(config: Config, call_id: str) -> bool:
    try:
        with calls_of(config) as own:
            return own.find(call_id) is not None
    except ScreenerError:  # there may be none: an admin of all edges beside no agent
        return False
