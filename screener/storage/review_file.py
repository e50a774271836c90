"""The database file of reviews: opened or made, brought to the schema it must have.

Apart from the decision log, so that it outlives a log that is set aside; never set aside itself,
as nobody could tell again what people decided. What stands in it is left to `review_store`.
"""

import sqlite3
from importlib.resources import files
from pathlib import Path

from screener.errors import ScreenerError
from screener.storage.log_file import words_for
from screener.storage.pragmas import set_pragmas
from screener.storage.private_file import make_private
from screener.storage.sql_script import statements
from screener.storage.transaction import transaction

REVIEW_FILE = "review.db"
"""Its name in the storage folder."""

MIGRATIONS = ("review_schema.sql", "review_schema_2.sql")
"""The scripts from nothing to version 1 and on; each is run once, forward."""

VERSION = len(MIGRATIONS)
_PRAGMAS = (
    "journal_mode = WAL",
    # FULL, unlike the decision log: a review is told to be kept only once it is on the disk.
    "synchronous = FULL",
    "secure_delete = ON",
    "cache_size = -32768",
)


def open_reviews(path: Path, *, wait_s: float) -> sqlite3.Connection:
    """Open the file, made with mode 0600 where there is none, in autocommit.

    Locks of others are waited for `wait_s` seconds. Raises MissingPartError where its folder
    cannot be made or written, ScreenerError where the file is not ours, damaged or locked.
    """
    make_private(path)
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, wait_s, isolation_level=None, check_same_thread=False)
        set_pragmas(connection, _PRAGMAS, wait_s=wait_s)
        _make(connection)
        found = connection.execute("SELECT version FROM schema_version").fetchall()
    except (sqlite3.Error, ValueError) as error:
        if connection is not None:
            connection.close()
        raise trouble(path, error) from error
    if found != [(VERSION,)]:
        connection.close()
        raise ScreenerError(
            f"{path} is of another version than {VERSION}, which this program reads"
        )
    return connection


def trouble(path: Path, error: Exception) -> ScreenerError:
    """Return what to tell of a failed read or write."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return ScreenerError(f"{path} is locked by another program: nothing was done; try again")
    if code == sqlite3.SQLITE_FULL:
        return ScreenerError(f"{path}: the disk is full; nothing was done")
    return ScreenerError(
        f"{path} cannot be read or written ({words_for(error)}); nothing was done. Where it is "
        "damaged, put a copy of it back, or move it away to begin anew"
    )


def _make(connection: sqlite3.Connection) -> None:
    """Bring the file to the present schema, as a whole."""
    if _version(connection) >= VERSION:
        return
    # Of two that make it at once, the second waits for the lock and then finds it made.
    with transaction(connection):
        for script in MIGRATIONS[_version(connection) :]:
            text = files("screener.storage").joinpath(script).read_text("utf-8")
            for statement in statements(text):
                connection.execute(statement)
        connection.execute("UPDATE schema_version SET version = ?", (VERSION,))


def _version(connection: sqlite3.Connection) -> int:
    """Return the file's version, 0 for a new one; raises sqlite3.Error where it is not ours."""
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return 0
    ((version,),) = connection.execute("SELECT version FROM schema_version").fetchall()
    return int(version)
