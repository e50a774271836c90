"""Writing to an open log: a call with its features, and what became of it.

One `LogWriter` a connection, used by one thread at a time. What cannot be written now is left to
`decision_log`, which keeps it in `waiting`; how a row is made is `log_rows`'s.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from screener.core.outcome import Outcome
from screener.storage.facets import block_of, outcome_facet
from screener.storage.log_binding import Bound, Statements
from screener.storage.log_hints import ID, calls_with, hinted_calls, hinted_up_to
from screener.storage.log_rows import OWN, Row, Sort
from screener.storage.recent_ids import BLOCK_BITS, MOST_BLOCKS, RecentIds
from screener.storage.transaction import transaction

SEEN_BLOCKS = 4
SEEN_FACETS = 4_096
# What is below 1 is for imported calls, even when they are all that there is; and a place that
# had its hints is not given again, or the call there would have none.
_NEWEST = (
    "SELECT max(ifnull((SELECT max(seq) FROM calls), 0), 0, "
    "ifnull((SELECT CAST(up_to AS INTEGER) FROM hinted), 0))"
)
_UNFIT = (sqlite3.IntegrityError, sqlite3.DataError, ValueError, OverflowError)
"""What is raised where a row is one that no database would take."""
_ID: Final = OWN.index("id")
_AT: Final = OWN.index("at")


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


@dataclass(slots=True, eq=False)
class _Seen:
    """What a block of calls is known to hold: features, and sorts of rows whose features it has."""

    facets: set[str]
    sorts: set[Sort]


class LogWriter:
    """Writes entries over one connection in autocommit, which stays the caller's.

    `hinted` is set by whoever gives calls their hints: up to which place they have them.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Remembers the calls there that have no hints yet; raises sqlite3.Error."""
        self.connection = connection
        self._cursor = connection.cursor()
        self.hinted = hinted_up_to(connection)
        self._seen: dict[int, _Seen] = {}
        self._statements = Statements()
        self._recent = RecentIds(*_newest_ids(connection, self.hinted))

    def write(self, entries: Sequence[Entry], *, unless_there: bool = False) -> Written:
        """Write all of the entries or none; with `unless_there`, only those not written yet.

        Raises sqlite3.Error where nothing was written.
        """
        try:
            if unless_there:
                return self._write_apart(entries, unless_there=True)
            try:
                return self._write_together(entries)
            except _UNFIT:
                # One that is unfit must not hold up those behind it.
                self._seen = {}
                return self._write_apart(entries, unless_there=False)
        except BaseException:
            self._seen = {}  # what was noted belongs to a transaction that did not happen
            raise

    def _write_together(self, entries: Sequence[Entry]) -> Written:
        done = Written()
        with transaction(self.connection):
            for kind, run in groupby(entries, type):
                if kind is Row:
                    self._write_calls([entry for entry in run if isinstance(entry, Row)], done)
                else:
                    for entry in run:
                        self._write_one(entry, done, unless_there=False)
        return done

    def _write_apart(self, entries: Sequence[Entry], *, unless_there: bool) -> Written:
        done = Written()
        with transaction(self.connection):
            for entry in entries:
                self._write_one(entry, done, unless_there=unless_there)
        return done

    def _write_calls(self, rows: Sequence[Row], done: Written) -> None:
        first = self._newest() + 1
        # Made first: a row must never be there without its features, or no search would find it.
        fresh: dict[int, dict[Sort, frozenset[str]]] = {}
        for seq, row in enumerate(rows, first):
            block, sort = block_of(seq), row.sort
            seen = self._seen.get(block)
            if seen is None or sort not in seen.sorts:
                fresh.setdefault(block, {})[sort] = row.facets
        self._insert(rows, first)
        for seq, row in enumerate(rows, first):
            self._recent.add(str(row.own[_ID]), seq)
        for block, found in fresh.items():
            self._add_facets(block, found)
        self._recent.forget_up_to(self.hinted)
        done.calls += len(rows)

    def _insert(self, rows: Sequence[Row], first: int) -> None:
        """Insert rows from this place on; those of one statement go in one run."""
        lasting, run = "", list[list[Bound]]()
        for seq, row in enumerate(rows, first):
            statement, values = self._statements.bound(seq, row)
            if statement is not lasting and run:
                self._cursor.executemany(lasting, run)
                run = []
            lasting = statement
            run.append(values)
        self._cursor.executemany(lasting, run)

    def _write_one(self, entry: Entry, done: Written, *, unless_there: bool) -> None:
        try:
            if unless_there and self._is_there(entry):
                return
            if isinstance(entry, Event):
                self._write_event(entry, done)
            else:
                self._write_calls([entry], done)
        except UnicodeDecodeError:
            raise sqlite3.DatabaseError("SQLite quotes what is no text") from None
        except _UNFIT:
            done.refused += 1

    def _newest(self) -> int:
        return int(self.connection.execute(_NEWEST).fetchone()[0])

    def _add_facets(self, block: int, found: dict[Sort, frozenset[str]]) -> None:
        seen = self._seen.get(block)
        if seen is None:
            seen = self._seen[block] = _Seen(set(), set())
        facets = set[str]().union(*found.values()) - seen.facets
        if facets:
            pairs = [(facet, block) for facet in facets]
            self.connection.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?)", pairs)
        if len(seen.facets) < SEEN_FACETS:
            seen.facets |= facets
        if len(seen.sorts) < SEEN_FACETS:
            seen.sorts |= found.keys()
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
            return found.fetchone() is not None
        # By its time as well: a call that failed before it had an id has an empty one.
        call_id, at = str(entry.own[_ID]), entry.own[_AT]
        return any(self._holds(seq, "at = ?", at) for seq in self._places_of(call_id))

    def _seq_of(self, call_id: str) -> int | None:
        return next(self._places_of(call_id), None)

    def _places_of(self, call_id: str) -> Iterator[int]:
        """Yield where a call with this id stands, newest first."""
        if not call_id or self._recent.since > self.hinted:
            yield from calls_with(self.connection, ID, call_id)
            return
        recent = self._recent.seq_of(call_id)
        if recent is not None and self._holds(recent, "id = ?", call_id):
            yield recent
        for seq in hinted_calls(self.connection, ID, call_id, top=self.hinted):
            if seq != recent:
                yield seq

    def _holds(self, seq: int, condition: str, value: object) -> bool:
        sql = f"SELECT 1 FROM calls WHERE seq = ? AND {condition}"  # noqa: S608 - our own words
        return self.connection.execute(sql, (seq, value)).fetchone() is not None


def _newest_ids(connection: sqlite3.Connection, hinted: int) -> tuple[int, list[tuple[str, int]]]:
    """Return above which place all calls without hints are known by their ids, and these."""
    most = MOST_BLOCKS << BLOCK_BITS
    found = connection.execute(
        "SELECT id, seq FROM calls WHERE seq > ? ORDER BY seq DESC LIMIT ?", (hinted, most)
    ).fetchall()
    return (hinted if len(found) < most else found[-1][1]), found[::-1]
