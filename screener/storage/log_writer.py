"""Writing to an open log: a call with its features, and what became of it.

One `LogWriter` a connection, used by one thread at a time. What cannot be written now is left to
`decision_log`, which keeps it in `waiting`; how a row is made is `log_rows`'s.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from screener.core.outcome import Outcome
from screener.storage.facets import block_of, outcome_facet
from screener.storage.log_rows import COLUMNS, INSERT, Row
from screener.storage.transaction import transaction

SEEN_BLOCKS = 4
SEEN_FACETS = 4_096
_NO_FACETS: frozenset[str] = frozenset()
_ID, _AT = COLUMNS.index("id"), COLUMNS.index("at")


@dataclass(frozen=True, slots=True)
class Event:
    """What became of a call, and when (seconds since 1970)."""

    call_id: str
    at: float
    outcome: Outcome


Entry = Row | Event


@dataclass(slots=True)
class Written:
    """How many calls were written, and how many entries no log would take."""

    calls: int = 0
    refused: int = 0


class LogWriter:
    """Writes entries over one connection in autocommit, which stays the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        newest = connection.execute("SELECT max(seq) FROM calls").fetchone()[0]
        self._block = block_of(max(newest or 0, 0) + 1)
        self._seen: dict[int, set[str]] = {}

    def write(self, entries: Sequence[Entry], *, unless_there: bool = False) -> Written:
        """Write all of the entries or none; with `unless_there`, only those not written yet.

        Raises sqlite3.Error where nothing was written.
        """
        done = Written()
        try:
            if len(entries) == 1:
                self._write_one(entries[0], done, unless_there=unless_there)
            else:
                with transaction(self.connection):
                    for entry in entries:
                        self._write_one(entry, done, unless_there=unless_there)
        except BaseException:
            self._seen = {}  # what was noted belongs to a transaction that did not happen
            raise
        return done

    def _write_one(self, entry: Entry, done: Written, *, unless_there: bool) -> None:
        try:
            if unless_there and self._is_there(entry):
                return
            if isinstance(entry, Event):
                self._write_event(entry, done)
            else:
                self._write_call(entry, done)
        except UnicodeDecodeError:
            raise sqlite3.DatabaseError("SQLite quotes what is no text") from None
        except (sqlite3.IntegrityError, sqlite3.DataError, ValueError, OverflowError):
            # A row that no database would take must not hold up those behind it.
            done.refused += 1

    def _write_call(self, row: Row, done: Written) -> None:
        connection = self.connection
        if row.facets <= self._seen.get(self._block, _NO_FACETS):
            seq = connection.execute(INSERT, row.values).lastrowid or 0
            if block_of(seq) != self._block:  # another program writes to the same log
                self._add_facets(block_of(seq), row.facets)
        else:
            # A row must never be there without its features: no search would find it.
            with transaction(connection):
                seq = connection.execute(INSERT, row.values).lastrowid or 0
                self._add_facets(block_of(seq), row.facets)
        self._block = block_of(seq + 1)
        done.calls += 1

    def _add_facets(self, block: int, facets: set[str]) -> None:
        seen = self._seen.setdefault(block, set())
        pairs = [(facet, block) for facet in facets - seen]
        self.connection.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?)", pairs)
        if len(seen) < SEEN_FACETS:
            seen |= facets
        while len(self._seen) > SEEN_BLOCKS:
            del self._seen[next(iter(self._seen))]

    def _write_event(self, event: Event, done: Written) -> None:
        seq = self._seq_of(event.call_id)
        if seq is None:
            done.refused += 1
            return
        name = event.outcome.event.value
        with transaction(self.connection):
            self.connection.execute(
                "INSERT INTO outcomes VALUES (?, ?, ?, ?)",
                (seq, event.at, name, event.outcome.talk_s),
            )
            self.connection.execute(
                "INSERT OR IGNORE INTO facets VALUES (?, ?)", (outcome_facet(name), block_of(seq))
            )

    def _is_there(self, entry: Entry) -> bool:
        if isinstance(entry, Event):
            found = self.connection.execute(
                "SELECT 1 FROM outcomes WHERE call_seq = ? AND at = ? AND event = ?",
                (self._seq_of(entry.call_id), entry.at, entry.outcome.event.value),
            )
        else:
            # By its time as well: a call that failed before it had an id has an empty one.
            found = self.connection.execute(
                "SELECT 1 FROM calls WHERE id = ? AND at = ?",
                (entry.values[_ID], entry.values[_AT]),
            )
        return found.fetchone() is not None

    def _seq_of(self, call_id: str) -> int | None:
        found = self.connection.execute("SELECT seq FROM calls WHERE id = ?", (call_id,)).fetchone()
        return int(found[0]) if found else None
