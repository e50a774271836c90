"""`screener audit`: who revealed, reviewed, imported or configured what, and whether it is whole.

Deeds stand in two books, each a chain of its own: the decision log's and the reviews'.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

import typer

from screener.cli.arguments import ConfigFile, Form, RowsForm
from screener.cli.printing import printed
from screener.config.load import Config, load_config
from screener.desk.cells import shown
from screener.desk.log_reading import reading
from screener.desk.moments import utc
from screener.errors import MissingPartError, ScreenerError
from screener.storage.audit import Audit
from screener.storage.deeds import LOG_BOOK, REVIEW_BOOK, Entry, entries
from screener.storage.keys import Keys, load_keys
from screener.storage.log_keys import closed_to, keys_of
from screener.storage.log_query import open_to_read
from screener.storage.review_file import REVIEW_FILE, trouble
from screener.storage.site_files import LOG_FILE

COLUMNS = ("at", "book", "place", "who", "what", "reason", "target")
"""What a table and a CSV show; a target is a call's id, a pseudonym or a review's number.

JSON has the digest too.
"""


def audit(config: ConfigFile = None, output: RowsForm = Form.TABLE) -> None:
    """List what people did, in the log and the reviews; verify that no entry was changed.

    Status 1 where one was changed or removed, with its place.
    """
    settled = load_config(config)
    books = [book for book in (LOG_BOOK, REVIEW_BOOK) if _file_of(book, settled).is_file()]
    if not books:
        where = settled.storage.folder
        raise MissingPartError(f"there is neither {LOG_FILE} nor {REVIEW_FILE} in {where}")
    found: list[Entry] = []
    whole: dict[str, int] = {}
    troubles: list[ScreenerError] = []
    for book in books:
        try:
            with _opened(book, settled) as connection:
                found += entries(connection, book)
                whole[book] = _verified(book, connection, Path(settled.storage.keys))
        except ScreenerError as error:
            troubles.append(error)
    found.sort(key=lambda entry: (entry.at, entry.book, entry.place))
    typer.echo(printed(output, COLUMNS, map(_row, found), _told(found), "The audit"), nl=False)
    if troubles:
        told = dict.fromkeys(str(error) for error in troubles)
        raise type(troubles[0])("\n".join(told))
    counts = ", ".join(f"{book} {count}" for book, count in whole.items())
    typer.echo(f"{sum(whole.values())} entries ({counts}), all of them whole", err=True)


def _file_of(book: str, config: Config) -> Path:
    return Path(config.storage.folder) / (LOG_FILE if book == LOG_BOOK else REVIEW_FILE)


@contextmanager
def _opened(book: str, config: Config) -> Iterator[sqlite3.Connection]:
    if book == LOG_BOOK:
        with reading(config) as connection:
            yield connection
        return
    path = _file_of(book, config)
    try:
        with closing(open_to_read(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise trouble(path, error) from error


def _verified(book: str, connection: sqlite3.Connection, path: Path) -> int:
    keys = keys_of(connection, path) if book == LOG_BOOK else _keys(path)
    try:
        return Audit(connection, keys).verify()
    except ScreenerError as error:
        told = f"{book}: {error}"
        look = closed_to if book == LOG_BOOK else _reviews_closed_to
        note = look(connection, keys)
        raise ScreenerError(
            f"{told}; or it was written under other keys, for {note}" if note else told
        ) from None


def _keys(path: Path) -> Keys:
    try:
        return load_keys(path)
    except FileNotFoundError:
        raise MissingPartError(f"there is no key file at {path}: restore it") from None
    except OSError as error:
        raise ScreenerError(f"the key file {path} cannot be read: {error.strerror}") from None


def _reviews_closed_to(connection: sqlite3.Connection, keys: Keys) -> str:
    found = connection.execute("SELECT DISTINCT key_id FROM reviews")
    others = sorted({str(row[0]) for row in found} - {keys.key_id})
    return f"some reviews are sealed with the keys {', '.join(others)}" if others else ""


def _row(entry: Entry) -> tuple[object, ...]:
    when = utc(entry.at)
    return when, entry.book, entry.place, entry.who, entry.what, entry.reason, entry.target


def _told(found: list[Entry]) -> list[dict[str, object]]:
    return [
        {name: shown(value) if isinstance(value, str) else value for name, value in told.items()}
        for told in map(asdict, found)
    ]
