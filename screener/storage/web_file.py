"""The database file of the web admin: opened or made, brought to the present schema.

Who may sign in stands in it, so it is never set aside and begun anew by itself: that would turn
a damaged file into a site without users. What stands in it is left to `web_users` and others.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from screener.errors import ScreenerError
from screener.storage.pragmas import set_pragmas
from screener.storage.private_file import make_private
from screener.storage.review_file import trouble
from screener.storage.sql_script import statements
from screener.storage.transaction import transaction

WEB_FILE = "web.db"
"""Its name in the storage folder."""

MIGRATIONS = ("web_schema.sql",)
"""The scripts from nothing to version 1, from 1 to 2, and so on; each is run once, forward."""

WAIT_S = 5.0

_PRAGMAS = (
    "journal_mode = WAL",
    # FULL: a user who was disabled is so after a power cut, too.
    "synchronous = FULL",
    "secure_delete = ON",
    "foreign_keys = ON",
)

P = ParamSpec("P")
T = TypeVar("T")


def open_web(path: Path, *, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """Open the file, made with mode 0600 where there is none, in autocommit.

    Any thread may use the connection, one at a time; locks of others are waited for `wait_s`
    seconds. Raises MissingPartError where its folder cannot be made or written, ScreenerError
    where the file is not ours, of a later version, damaged or locked.
    """
    make_private(path)
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, wait_s, isolation_level=None, check_same_thread=False)
        set_pragmas(connection, _PRAGMAS, wait_s=wait_s)
        _migrate(connection)
        version = _version(connection)
    except (sqlite3.Error, ValueError) as error:
        if connection is not None:
            connection.close()
        raise trouble(path, error) from error
    if version != len(MIGRATIONS):
        connection.close()
        raise ScreenerError(
            f"{path} is of version {version}; this program reads {len(MIGRATIONS)}: use the "
            "program that wrote it"
        )
    return connection


@contextmanager
def whole(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Do several things as one transaction; raises ScreenerError where it cannot be kept."""
    try:
        with transaction(connection):
            yield
    except sqlite3.Error as error:
        raise trouble(path, error) from error


class OfFile(Protocol):
    """A store whose troubles are told with the path of its file."""

    path: Path


Store = TypeVar("Store", bound=OfFile)


def told(method: Callable[Concatenate[Store, P], T]) -> Callable[Concatenate[Store, P], T]:
    """Have a method of a store raise ScreenerError, with its file's path, for what SQLite says."""

    def telling(self: Store, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(self, *args, **kwargs)
        except (sqlite3.Error, ValueError) as error:
            raise trouble(self.path, error) from error

    telling.__doc__ = method.__doc__
    return telling


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) >= len(MIGRATIONS):
        return
    # Of two that make it at once, the second waits for the lock and then finds it made.
    with transaction(connection):
        version = _version(connection)
        for script in MIGRATIONS[version:]:
            text = files("screener.storage").joinpath(script).read_text("utf-8")
            for statement in statements(text):
                connection.execute(statement)
        connection.execute("UPDATE schema_version SET version = ?", (len(MIGRATIONS),))


def _version(connection: sqlite3.Connection) -> int:
    # Any table without this one is another program's file; an empty file is a new one.
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return 0
    ((version,),) = connection.execute("SELECT version FROM schema_version").fetchall()
    return int(version)
