"""Filters of the calls page that people kept under a name: their own, and shared ones.

A filter is kept as the query of its address, in which a number stands as a pseudonym only. What
a query means is the page's business.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from screener.errors import ScreenerError
from screener.storage.transaction import transaction
from screener.storage.web_file import told

MOST = 50
"""Filters of one person."""
LONGEST_NAME = 40
LONGEST_QUERY = 1_000

_TABLE = """
CREATE TABLE IF NOT EXISTS filters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    shared INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT
"""


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """One kept filter; `shared` ones are shown to everybody."""

    number: int
    owner: str
    name: str
    query: str
    shared: bool


class WebFilters:
    """The kept filters of one site, over a connection of `open_web`; raises ScreenerError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        self._make()

    @told
    def seen_by(self, owner: str) -> list[SavedFilter]:
        """Return the person's own filters and the shared ones of others, by name."""
        rows = self._connection.execute(
            "SELECT number, owner, name, query, shared FROM filters WHERE owner = ? OR shared "
            "ORDER BY owner <> ?, name COLLATE NOCASE, number",
            (owner, owner),
        )
        return [
            SavedFilter(number, by, name, query, bool(all_))
            for number, by, name, query, all_ in rows
        ]

    @told
    def save(self, owner: str, name: str, query: str, *, shared: bool) -> None:
        """Keep a filter; one of the same person and name is replaced."""
        name = name.strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise ScreenerError(f"a filter's name has 1 to {LONGEST_NAME} printable characters")
        if len(query) > LONGEST_QUERY:
            raise ScreenerError("this filter is too long to be kept")
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO filters (owner, name, query, shared) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (owner, name) DO UPDATE SET query = excluded.query, "
                "shared = excluded.shared",
                (owner, name, query, int(shared)),
            )
            held = self._connection.execute(
                "SELECT count(*) FROM filters WHERE owner = ?", (owner,)
            ).fetchone()[0]
            if held > MOST:
                raise ScreenerError(f"you have {MOST} filters already: delete one first")

    @told
    def delete(self, owner: str, number: int) -> bool:
        """Delete a person's own filter; say whether there was one."""
        done = self._connection.execute(
            "DELETE FROM filters WHERE number = ? AND owner = ?", (number, owner)
        )
        return done.rowcount > 0

    @told
    def _make(self) -> None:
        self._connection.execute(_TABLE)
