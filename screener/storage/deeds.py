"""Reading the audits: what was done, by whom and why. Writing and verifying them is `audit`'s.

There are two books: deeds on the decision log stand in it, all others beside the reviews.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

LOG_BOOK, REVIEW_BOOK = "log", "review"

_ENTRIES = "SELECT place, at, who, what, reason, target, digest FROM audit ORDER BY place"


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
    for place, at, who, what, reason, target, digest in connection.execute(_ENTRIES):
        told = digest.hex() if isinstance(digest, bytes) else str(digest)
        words = (str(who), str(what), str(reason), str(target), told)
        yield Entry(book, int(place), float(at), *words)
