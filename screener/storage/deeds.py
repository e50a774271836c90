"""Reading the audit: what was done, by whom and why. Writing and verifying it is `audit`'s."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

_ENTRIES = "SELECT place, at, who, what, reason, target, digest FROM audit ORDER BY place"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the audit: its place from 1, when (seconds since 1970), and the deed.

    `target` is a call id or a pseudonym; `digest` is in hex, as the log word AUDIT tells it.
    """

    place: int
    at: float
    who: str
    what: str
    reason: str
    target: str
    digest: str


def entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    """Yield the entries, oldest first, whole or not. Raises sqlite3.Error."""
    for place, at, who, what, reason, target, digest in connection.execute(_ENTRIES):
        told = digest.hex() if isinstance(digest, bytes) else str(digest)
        yield Entry(int(place), float(at), str(who), str(what), str(reason), str(target), told)
