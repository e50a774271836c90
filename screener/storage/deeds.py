"""Reading the audits: what was done, by whom and why. Writing and verifying them is `audit`'s.

There are two books: deeds on the decision log stand in it, all others beside the reviews.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LOG_BOOK, REVIEW_BOOK = "log", "review"

_COLUMNS = "SELECT place, at, who, what, reason, target, digest FROM audit"
_ENTRIES = f"{_COLUMNS} ORDER BY place"


@dataclass(frozen=True, slots=True)
class Sought:
    """What deeds must be; empty texts and None ask for nothing.

    `who` stands somewhere in the name, in any case; `since` is in seconds since 1970.
    """

    who: str = ""
    what: str = ""
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an audit: its book and its place there from 1, when, and the deed.

    `at` is in seconds since 1970. `target` is a call id, a pseudonym, or what a deed without
    either was about; `digest` is in hex, as the log word AUDIT tells it.
    """

    book: str
    place: int
    at: float
    who: str
    what: str
    reason: str
    target: str
    digest: str


def entries(connection: sqlite3.Connection, book: str) -> Iterator[Entry]:
    """Yield the entries of one book, oldest first, whole or not. Raises sqlite3.Error."""
    yield from (_entry(book, row) for row in connection.execute(_ENTRIES))


def newest(
    connection: sqlite3.Connection, book: str, sought: Sought, *, limit: int, before: int | None
) -> list[Entry]:
    """Return the newest entries of one book that are as sought, from before that place on.

    Raises sqlite3.Error.
    """
    found: list[tuple[str, object]] = []
    if before is not None:
        found.append(("place < ?", before))
    if sought.who:
        found.append(("instr(lower(who), lower(?))", sought.who))
    if sought.what:
        found.append(("what = ?", sought.what))
    if sought.since is not None:
        found.append(("at >= ?", sought.since))
    where = " AND ".join(clause for clause, _ in found) or "1"
    rows = connection.execute(
        f"{_COLUMNS} WHERE {where} ORDER BY place DESC LIMIT ?",
        (*(value for _, value in found), limit),
    )
    return [_entry(book, row) for row in rows]


def kinds(connection: sqlite3.Connection) -> set[str]:
    """Return the words of all deeds that the book holds. Raises sqlite3.Error."""
    return {str(row[0]) for row in connection.execute("SELECT DISTINCT what FROM audit")}


def _entry(book: str, row: tuple[Any, ...]) -> Entry:
    place, at, who, what, reason, target, digest = row
    told = digest.hex() if isinstance(digest, bytes) else str(digest)
    return Entry(book, int(place), float(at), str(who), str(what), str(reason), str(target), told)
