"""The log's database file: opened or made, brought to the present schema, set aside when broken.

Opening can take milliseconds and wait for the disk, so it belongs in a thread; what is written
to the open file is left to `decision_log`.
"""

import errno
import os
import sqlite3
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from screener.errors import ScreenerError
from screener.storage.facets import BLOCK_BITS
from screener.storage.log_hints import hinted_up_to
from screener.storage.log_rows import SHOWN, read_row
from screener.storage.pragmas import set_pragmas

MIGRATIONS = ("log_schema.sql", "log_schema_2.sql")
"""The scripts from nothing to version 1, from 1 to 2, and so on; each is run once, forward."""

SUFFIXES = ("", "-wal", "-shm")
_MOST_ASIDE = 10_000

_PRAGMAS = (
    "journal_mode = WAL",
    # NORMAL: a commit is in the hands of the kernel, safe from kill -9; a power cut can cost the
    # last seconds and no more. FULL would put a wait for the disk into every call.
    "synchronous = NORMAL",
    "wal_autocheckpoint = 0",
    "secure_delete = ON",
    "cache_size = -32768",
)

_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, 0}


class BrokenLogError(ScreenerError):
    """The file is no log of ours, or no longer a whole one."""


def connect(path: Path, *, wait_s: float = 0.0) -> sqlite3.Connection:
    """Open the file as it is, in autocommit; any thread may use the connection, one at a time.

    Raises sqlite3.Error; a lock held by others is waited for `wait_s` seconds.
    """
    connection = sqlite3.connect(path, wait_s, isolation_level=None, check_same_thread=False)
    try:
        set_pragmas(connection, _PRAGMAS, wait_s=wait_s)
    except BaseException:
        connection.close()
        raise
    return connection


def open_log(path: Path, *, wait_s: float = 0.0) -> sqlite3.Connection:
    """Open the log, made or migrated where needed, after a short look at its newest rows.

    Raises BrokenLogError where it must be set aside, sqlite3.Error or OSError where it cannot
    be opened now.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        connection = connect(path, wait_s=wait_s)
    except (sqlite3.Error, ValueError) as error:
        raise _told(error, path) from error
    try:
        _migrate(connection)
        _look(connection)
    except (sqlite3.Error, ValueError) as error:
        connection.close()
        raise _told(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def set_aside(path: Path) -> Path:
    """Rename the file and its companions to `NAME.corrupt-N`; return the new path."""
    for number in range(1, _MOST_ASIDE):
        aside = path.with_name(f"{path.name}.corrupt-{number}")
        if not os.path.lexists(aside):
            for suffix in SUFFIXES:
                with suppress(FileNotFoundError):
                    Path(f"{path}{suffix}").replace(f"{aside}{suffix}")
            return aside
    raise OSError(errno.EEXIST, "too many broken logs stand beside it", str(path))


def passes(error: BaseException) -> bool:
    """Whether the open database is good for another try: locked by others, or the disk full."""
    return _code(error) in _PASSING


def is_broken(error: BaseException, path: Path) -> bool:
    """Whether the error means that the file itself is damaged, and not the disk or its owner.

    A file of ours that SQLite calls read-only although we may write to it has a damaged header.
    """
    code = _code(error)
    if code == sqlite3.SQLITE_READONLY:
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return code in _BROKEN


def words_for(error: Exception) -> str:
    """Return what happened, for a log line; SQLite's own message can quote what stands in a row."""
    if isinstance(error, sqlite3.Error):
        return str(getattr(error, "sqlite_errorname", type(error).__name__))
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}"
    return str(error) if isinstance(error, ScreenerError) else type(error).__name__


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return which file stands at the path now; None where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - asked for each row: a fifth of what Path.stat takes
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _code(error: BaseException) -> int | None:
    if isinstance(error, ValueError):  # text in the file, or a message that quotes it, is no UTF-8
        return 0
    if isinstance(error, sqlite3.DatabaseError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF
    return None


def _told(error: Exception, path: Path) -> Exception:
    if is_broken(error, path):
        return BrokenLogError(f"{path} is damaged ({words_for(error)})")
    return error


def _migrate(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise BrokenLogError(f"a log of version {version}; this program knows {len(MIGRATIONS)}")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        text = files("screener.storage").joinpath(script).read_text("utf-8")
        done = f"UPDATE schema_version SET version = {number:d}"  # noqa: S608 - a number of ours
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {text}; {done}; COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _version(connection: sqlite3.Connection) -> int:
    # Any table without this one is a log whose schema was damaged; an empty file is a new log.
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return 0
    found = connection.execute("SELECT version FROM schema_version").fetchall()
    if len(found) != 1 or not isinstance(found[0][0], int) or found[0][0] < 1:
        raise BrokenLogError("the log does not say its version")
    return int(found[0][0])


def _look(connection: sqlite3.Connection) -> None:
    newest = connection.execute(
        f"SELECT {', '.join(SHOWN)} FROM calls ORDER BY seq DESC LIMIT ?",  # noqa: S608 - our own column names
        (1 << BLOCK_BITS,),
    )
    for row in newest:
        read_row(row)
    hinted_up_to(connection)
    for table in ("outcomes", "facets", "audit", "hints"):
        connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()  # noqa: S608 - our own tables
