"""Files of numbers to import: told apart by content, every row understood or refused.

The writing is `protocol.list_files`'s, but for Asterisk's own database file, which is SQLite and
opened read-only. A list is taken whole: what is wrong is told with its line, numbers never.
"""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from screener.core.call import inert
from screener.core.lists import ALLOWED_ENTRIES, Entry, Exact, ListAction, Pattern, parse_entry
from screener.core.number import CallerClass, NumberPlan
from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.list_files import (
    REMARK_LIMIT,
    BadRow,
    Item,
    ListDecoder,
    ListForm,
    ListRow,
    Skipped,
    astdb_item,
    encode_astdb,
    encode_csv,
)
from screener.service.review_rules import refusal

__all__ = ["ListForm", "ListRead", "encode_astdb", "encode_csv", "read_content", "read_list"]

MOST_ENTRIES = 1_000_000
MOST_BYTES = 256 * 1024 * 1024
MOST_PATTERNS = 100
"""Every call is compared with each, which takes 60 us for so many; prefixes and ranges are free."""
MOST_TOLD = 20

_PIECE = 1_048_576
_SQLITE = b"SQLite format 3\0"
_LEAST_DIGITS = 3
_LONGEST_ENTRY = 100
_ACTIONS = frozenset(action.value for action in ListAction)


@dataclass(slots=True)
class ListRead:
    """What a file holds: entries with their remarks, and what was skipped or is bad, by line.

    Of `skipped` and `problems` the first are kept as texts; the counts are of all.
    """

    entries: list[tuple[Entry, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    patterns: int = 0
    skips: int = 0
    bad: int = 0


def read_list(path: Path, form: ListForm, plan: NumberPlan, action: ListAction) -> ListRead:
    """Return what the file holds; numbers are read as the plan's region writes them.

    Raises ScreenerError where the file as a whole cannot be read or holds too much.
    """
    _refuse_odd(path)
    try:
        return _read(_items(path, form), str(path), plan, action)
    except OSError as error:
        raise ScreenerError(f"{path} cannot be read: {error.strerror}") from error


def read_content(
    content: bytes, name: str, form: ListForm, plan: NumberPlan, action: ListAction
) -> ListRead:
    """Return what the bytes of a file hold, as `read_list` does; nothing is written anywhere.

    `name` is what the problems call it. Raises ScreenerError.
    """
    return _read(_items_in(content, name, form), name, plan, action)


def _read(items: Iterator[Item], name: str, plan: NumberPlan, action: ListAction) -> ListRead:
    found = ListRead()
    try:
        for item in items:
            _take(found, item, name, plan, action)
            if len(found.entries) > MOST_ENTRIES:
                raise ScreenerError(f"{name} holds more than {MOST_ENTRIES:,} entries")
            if found.patterns > MOST_PATTERNS:
                raise ScreenerError(
                    f"{name} holds more than {MOST_PATTERNS} patterns (_...); write them as "
                    "prefixes or ranges"
                )
    except RemoteProtocolError as error:
        raise ScreenerError(f"{name}: {error}") from error
    return found


def _refuse_odd(path: Path) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such name"
        raise ScreenerError(f"{path} cannot be read: {why}") from error
    if not stat.S_ISREG(status.st_mode):
        raise ScreenerError(f"{path} is no regular file")
    if status.st_size > MOST_BYTES:
        raise ScreenerError(
            f"{path} has {status.st_size:,} bytes; allowed are {MOST_BYTES:,}: split it"
        )


def _items(path: Path, form: ListForm) -> Iterator[Item]:
    decoder, read = ListDecoder(form), 0
    with path.open("rb") as file:
        piece = file.read(_PIECE)
        if piece.startswith(_SQLITE):
            yield from _of_file(path)
            return
        while piece:
            read += len(piece)
            if read > MOST_BYTES:
                raise ScreenerError(f"{path} grew beyond {MOST_BYTES:,} bytes while it was read")
            yield from decoder.feed(piece)
            piece = file.read(_PIECE)
    yield from decoder.feed_eof()


def _items_in(content: bytes, name: str, form: ListForm) -> Iterator[Item]:
    if content.startswith(_SQLITE):
        connection = sqlite3.connect(":memory:")
        # As a database without a write-ahead log beside it: what stands there is not in the bytes.
        legacy = content[:18] + b"\1\1" + content[20:]
        try:
            connection.deserialize(legacy)
        except (sqlite3.Error, OverflowError, MemoryError):
            connection.close()
            raise ScreenerError(f"{name} is no database that can be read") from None
        yield from _of_database(connection, name)
        return
    decoder = ListDecoder(form)
    yield from decoder.feed(content)
    yield from decoder.feed_eof()


def _of_database(opened: sqlite3.Connection, name: str) -> Iterator[Item]:
    try:
        with closing(opened) as connection:
            connection.text_factory = lambda held: held.decode("utf-8", "replace")
            rows = connection.execute("SELECT key, value FROM astdb ORDER BY key")
            for place, (key, value) in enumerate(rows, start=1):
                family, _, name = str(key).removeprefix("/").partition("/")
                item = astdb_item(family, name, str(value), line=place)
                # Asterisk keeps much else in it, which is no news to who asks for the numbers.
                if not isinstance(item, Skipped) or family == "blacklist":
                    yield item
    except sqlite3.Error as error:
        raise ScreenerError(
            f"{name} is SQLite and no database of Asterisk that can be read "
            f"({getattr(error, 'sqlite_errorname', 'damaged')})"
        ) from None


def _of_file(path: Path) -> Iterator[Item]:
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True)
    except sqlite3.Error:
        raise ScreenerError(f"{path} is SQLite and cannot be opened") from None
    yield from _of_database(connection, str(path))


def _take(found: ListRead, item: Item, name: str, plan: NumberPlan, action: ListAction) -> None:
    match item:
        case Skipped(line, why):
            found.skips += 1
            if len(found.skipped) < MOST_TOLD:
                found.skipped.append(f"{name}:{line}: {why}; skipped")
        case BadRow(line, why):
            _note(found, f"{name}:{line}: {why}")
        case ListRow():
            try:
                entry = _entry(item, plan, action)
            except ValueError as error:
                _note(found, f"{name}:{item.line}: {error}")
            else:
                found.patterns += isinstance(entry, Pattern)
                found.entries.append((entry, inert(item.remark, REMARK_LIMIT)))


def _note(found: ListRead, problem: str) -> None:
    found.bad += 1
    if len(found.problems) < MOST_TOLD:
        found.problems.append(problem)


def _entry(row: ListRow, plan: NumberPlan, action: ListAction) -> Entry:
    """Return the entry of a row; raises ValueError without repeating it."""
    text = row.number
    if not text:
        raise ValueError("has no number")
    if row.action in _ACTIONS and row.action != action.value:
        raise ValueError(f"says {row.action} in its column action: import those rows apart")
    if len(text) > _LONGEST_ENTRY or not text.isprintable():
        raise ValueError(f"is no number; {ALLOWED_ENTRIES}")
    try:
        entry = parse_entry(text, plan)
    except ValueError as error:
        raise ValueError(str(error).replace(f" {text!r}", "").replace(f"{text!r} ", "")) from None
    if isinstance(entry, Exact):
        if sum(map(str.isdigit, text)) < _LEAST_DIGITS:
            raise ValueError(f"has fewer than {_LEAST_DIGITS} digits: is this a column of numbers?")
        if not row.ended and not _is_whole(text, plan):
            raise ValueError(
                "is the last line, has no end, and holds no full number that anybody can have: was "
                "the file cut off? If not, put a line end after it"
            )
    if why := refusal(entry, action, plan.region):
        raise ValueError(why)
    return entry


def _is_whole(text: str, plan: NumberPlan) -> bool:
    """Return whether a number that may have been cut is one that somebody can have.

    The beginning of a home number, without a +, could be somebody's abroad.
    """
    kind = plan.read(text).kind
    return kind is CallerClass.VALID or (kind is CallerClass.FOREIGN and text.startswith("+"))
