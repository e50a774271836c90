"""The decision log as commands open it: to read, with its keys, and in words where that fails."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from screener.config.load import Config
from screener.core.number import CallerId, NumberPlan
from screener.desk.finding import newest_calls
from screener.errors import MissingPartError, ScreenerError, UsageError
from screener.storage.call_log import CallLog, EdgeLog, NewCalls, SubjectLog
from screener.storage.keys import Keys
from screener.storage.log_file import words_for
from screener.storage.log_follow import Follower
from screener.storage.log_query import Filter, Found, open_to_read
from screener.storage.site_files import LOG_FILE

Tell = Callable[[str], object]
"""Takes a sentence for whoever asked."""

_AS_AGENT = "run this as the user that the agent runs as"
_HELP = {
    "SQLITE_BUSY": "another program holds it: try again",
    "SQLITE_LOCKED": "another program holds it: try again",
    "SQLITE_READONLY_DIRECTORY": f"its folder cannot be written to here: {_AS_AGENT}",
    "SQLITE_READONLY_CANTINIT": f"its folder cannot be written to here: {_AS_AGENT}",
    "SQLITE_CANTOPEN": f"it or its folder cannot be opened: {_AS_AGENT}",
}
"""What to do, by SQLite's name of what is wrong. Who only reads writes too, beside a log in use."""


def log_path(config: Config) -> Path:
    """Return where the log is.

    Raises MissingPartError where none is, ScreenerError where this user may not look for one.
    """
    path = Path(config.storage.folder) / LOG_FILE
    try:
        found = path.is_file()
    except PermissionError:
        raise ScreenerError(f"not permitted to look into {path.parent}: {_AS_AGENT}") from None
    if not found:
        raise MissingPartError(f"there is no decision log at {path}: has an agent run with it?")
    return path


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn what SQLite raises into one line that quotes nothing of a row."""
    try:
        yield
    except sqlite3.Error as error:
        why = words_for(error)
        raise ScreenerError(f"the decision log cannot be read: {_HELP.get(why, why)}") from error


@contextmanager
def reading(config: Config) -> Iterator[sqlite3.Connection]:
    """Open the log to read it, and close it; raises as `log_path` and `told_errors`."""
    path = log_path(config)
    with told_errors():
        connection = open_to_read(path)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def calls_of(
    config: Config, *, central: bool = False, patience_s: float | None = None
) -> Iterator[CallLog]:
    """Open this edge's log, or the central one of all edges, to read it.

    Raises as `reading`; of the central one UsageError where none is configured, MissingPartError
    where psycopg is missing, and CentralError where it cannot be reached, or what is done with it
    takes longer than `patience_s`.
    """
    if not central:
        with reading(config) as connection:
            yield EdgeLog(connection)
        return
    with central_log(config, patience_s) as log:
        yield log


def central_log(
    config: Config, patience_s: float | None = None
) -> AbstractContextManager[SubjectLog]:
    """Open the log of all edges to read it; as `calls_of`."""
    found = _central("reading", config).opened(config.ship.dsn, patience_s)
    return cast("AbstractContextManager[SubjectLog]", found)


def followed(
    config: Config, wanted: Filter, earlier: int = 0, *, central: bool = False
) -> tuple[NewCalls, list[Found]]:
    """Begin to follow the calls that fit: return what tells the new ones, and some from before.

    Those are up to `earlier` of them, oldest first. Raises as `calls_of`.
    """
    if central:
        following = _central("following", config)
        new = following.CentralFollower(config.ship.dsn, wanted, earlier)
        return cast("NewCalls", new), new.first
    with told_errors():
        follower = Follower(log_path(config), wanted)
    first: list[Found] = []
    try:
        if earlier:
            with calls_of(config) as log:
                first = newest_calls(log, wanted, earlier, follower.newest + 1).calls[::-1]
    except BaseException:
        follower.close()
        raise
    return follower, first


def _central(name: str, config: Config) -> ModuleType:
    """Return a module of the central log; only now: psycopg may be missing, and takes a while."""
    if not config.ship.dsn:
        raise UsageError("--central: there is no central log; allowed where ship.dsn names one")
    return import_module(f"screener.storage.central.{name}")


def keys_for(log: CallLog | sqlite3.Connection, config: Config, tell: Tell) -> Keys:
    """Return the keys of the log, and tell which calls they do not open; raises as `keys_of`."""
    held = EdgeLog(log) if isinstance(log, sqlite3.Connection) else log
    keys = held.keys(Path(config.storage.keys))
    if note := held.closed_to(keys):
        tell(note)
    return keys


def caller_named(number: str, config: Config, option: str) -> CallerId:
    """Read a number in any writing; raises ScreenerError where it identifies nobody."""
    caller = NumberPlan(config.settings.region).read(number)
    if not caller.identity:
        raise ScreenerError(f"{option}: this names no caller; allowed is a telephone number")
    return caller
