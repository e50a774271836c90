"""Cells of `shared_rules` as rows of an SQLite table, bounded in time and in bytes.

Transactions, and when to purge, are `shared_sqlite`'s.
"""

import sqlite3
from collections.abc import Sequence

MOST_BYTES = 1 << 30
"""How large the file's used part gets before counters that end soonest are let go."""

_AT_ONCE = 256
_COUNTERS = ("c:", "c;")  # all that begins with the first


class SqliteCells:
    """Rows of the table `cells`; raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, most_bytes: int) -> None:
        self._connection = connection
        self._most_bytes = most_bytes

    def get(self, key: str, now: float) -> bytes | None:
        """See `shared_rules.Cells`."""
        asked = "SELECT value FROM cells WHERE key = ? AND ends > ?"
        row = self._connection.execute(asked, (key, now)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, key: str, value: bytes, ends: float) -> None:
        """See `shared_rules.Cells`."""
        told = "INSERT OR REPLACE INTO cells VALUES (?, ?, ?)"
        self._connection.execute(told, (key, value, ends))

    def drop(self, key: str) -> None:
        """See `shared_rules.Cells`."""
        self._connection.execute("DELETE FROM cells WHERE key = ?", (key,))

    def between(
        self, first: str, last: str, now: float, limit: int
    ) -> Sequence[tuple[str, bytes, float]]:
        """See `shared_rules.Cells`."""
        return self._connection.execute(
            "SELECT key, value, ends FROM cells WHERE key > ? AND key < ? AND ends > ?"
            " ORDER BY key LIMIT ?",
            (first, last, now, limit),
        ).fetchall()

    def ended(self, key: str) -> float:
        """See `shared_rules.Cells`."""
        asked = "SELECT ends FROM cells WHERE key = ?"
        row = self._connection.execute(asked, (key,)).fetchone()
        return 0.0 if row is None else float(row[0])

    def purge(self, now: float) -> None:
        """Let go of some that have ended, and where the file is full of counters that end soon.

        Bounded work: as many at once as were written since the last time, and more.
        """
        told = "DELETE FROM cells WHERE key IN (SELECT key FROM cells WHERE ends <= ?"
        self._connection.execute(f"{told} ORDER BY ends LIMIT {_AT_ONCE})", (now,))
        if self._used() > self._most_bytes:
            # The plus keeps SQLite from sorting millions of counters (1.5 s) to find the first.
            asked = "SELECT key FROM cells WHERE +key > ? AND +key < ? ORDER BY ends"
            told = f"DELETE FROM cells WHERE key IN ({asked} LIMIT {_AT_ONCE * 4})"  # noqa: S608 - numbers of ours
            self._connection.execute(told, _COUNTERS)

    def _used(self) -> int:
        pages, free, size = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size
