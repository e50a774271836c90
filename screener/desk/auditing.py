"""The audit of a site: the deeds of both books, and whether each of them is whole.

Deeds stand in two books, each a chain of its own: the decision log's and the reviews'. Writing
them is left to whoever does something; how they are shown to the commands and the pages.
"""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from screener.config.load import Config
from screener.desk.cells import shown
from screener.desk.log_reading import reading
from screener.desk.moments import utc
from screener.errors import MissingPartError, ScreenerError
from screener.storage.audit import Audit
from screener.storage.deeds import (
    LOG_BOOK,
    REVIEW_BOOK,
    Entry,
    Sought,
    entries,
    kinds,
    newest,
)
from screener.storage.keys import Keys, load_keys
from screener.storage.log_keys import closed_to, keys_of
from screener.storage.log_query import open_to_read
from screener.storage.review_file import REVIEW_FILE, trouble
from screener.storage.site_files import LOG_FILE

COLUMNS = ("at", "book", "place", "who", "what", "reason", "target")
"""What a table and a CSV show; a target is a call's id, a pseudonym or a review's number.

JSON has the digest too.
"""

BOOKS = (LOG_BOOK, REVIEW_BOOK)

Places = dict[str, int]
"""For each book the place before which its next page goes on."""


@dataclass(slots=True)
class Verified:
    """How many entries each whole book has, and what is wrong with the others."""

    whole: dict[str, int] = field(default_factory=dict)
    troubles: list[ScreenerError] = field(default_factory=list)

    @property
    def told(self) -> str:
        """Return in words what was found whole."""
        counts = ", ".join(f"{book} {count}" for book, count in self.whole.items())
        return f"{sum(self.whole.values())} entries ({counts}), all of them whole"

    @property
    def wrong(self) -> tuple[str, ...]:
        """Return in words what is wrong, each once; nothing where all is whole."""
        return tuple(dict.fromkeys(str(error) for error in self.troubles))

    def raise_troubles(self) -> None:
        """Raise ScreenerError where anything is wrong."""
        if self.troubles:
            raise type(self.troubles[0])("\n".join(self.wrong))


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Deeds, newest first, and where the page after them begins, None after the last."""

    deeds: list[Entry]
    before: Places | None


def all_of(config: Config) -> tuple[list[Entry], Verified]:
    """Return the deeds of both books by time, as far as they can be read, and if they are whole.

    Raises MissingPartError where there is no book.
    """
    found: list[Entry] = []
    verified = Verified()
    for book in _books_of(config):
        try:
            with _opened(book, config) as connection:
                found += entries(connection, book)
                _verify(verified, book, connection, config)
        except ScreenerError as error:
            verified.troubles.append(error)
    found.sort(key=lambda entry: (entry.at, entry.book, entry.place))
    return found, verified


def verify(config: Config) -> Verified:
    """Return which books are whole; raises MissingPartError where there is none."""
    verified = Verified()
    for book in _books_of(config):
        try:
            with _opened(book, config) as connection:
                _verify(verified, book, connection, config)
        except ScreenerError as error:
            verified.troubles.append(error)
    return verified


def page_of(
    config: Config, sought: Sought, *, limit: int, before: Places | None = None
) -> AuditPage:
    """Return the newest deeds of both books that are as sought.

    Raises MissingPartError where there is no book, ScreenerError where one cannot be read.
    """
    asked = before or {}
    lists = []
    for book in _books_of(config):
        with _opened(book, config) as connection:
            lists.append(newest(connection, book, sought, limit=limit, before=asked.get(book)))
    merged = list(heapq.merge(*lists, key=lambda deed: (-deed.at, deed.book)))
    deeds = merged[:limit]
    if len(merged) <= limit and all(len(found) < limit for found in lists):
        return AuditPage(deeds, None)
    return AuditPage(deeds, {**asked, **{deed.book: deed.place for deed in deeds}})


def kinds_of(config: Config) -> list[str]:
    """Return the words of all deeds in both books; raises as `page_of`."""
    found: set[str] = set()
    for book in _books_of(config):
        with _opened(book, config) as connection:
            found |= kinds(connection)
    return sorted(found)


def audit_row(entry: Entry) -> tuple[object, ...]:
    """Return a deed's `COLUMNS`."""
    when = utc(entry.at)
    return when, entry.book, entry.place, entry.who, entry.what, entry.reason, entry.target


def audit_data(deeds: Iterable[Entry]) -> list[dict[str, object]]:
    """Return deeds under the names that JSON has, in texts that steer nothing."""
    return [
        {name: shown(value) if isinstance(value, str) else value for name, value in told.items()}
        for told in map(asdict, deeds)
    ]


def _books_of(config: Config) -> list[str]:
    books = [book for book in BOOKS if _file_of(book, config).is_file()]
    if not books:
        where = config.storage.folder
        raise MissingPartError(f"there is neither {LOG_FILE} nor {REVIEW_FILE} in {where}")
    return books


def _verify(verified: Verified, book: str, connection: sqlite3.Connection, config: Config) -> None:
    verified.whole[book] = _verified(book, connection, Path(config.storage.keys))


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
