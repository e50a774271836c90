"""The decision log as commands open it: to read, with its keys, and in words where that fails."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from screener.config.load import Config
from screener.core.number import CallerId, NumberPlan
from screener.errors import MissingPartError, ScreenerError
from screener.storage.keys import Keys
from screener.storage.log_file import words_for
from screener.storage.log_keys import closed_to, keys_of
from screener.storage.log_query import open_to_read
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


def keys_for(connection: sqlite3.Connection, config: Config, tell: Tell) -> Keys:
    """Return the keys of the log, and tell which calls they do not open; raises as `keys_of`."""
    keys = keys_of(connection, Path(config.storage.keys))
    if note := closed_to(connection, keys):
        tell(note)
    return keys


def caller_named(number: str, config: Config, option: str) -> CallerId:
    """Read a number in any writing; raises ScreenerError where it identifies nobody."""
    caller = NumberPlan(config.settings.region).read(number)
    if not caller.identity:
        raise ScreenerError(f"{option}: this names no caller; allowed is a telephone number")
    return caller
