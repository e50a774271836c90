"""Recorded calls and outcomes read back in order of time, as an engine can play them again.

Reads in bounded memory whatever the log holds: rows are written somewhat out of order, and
imported calls stand elsewhere in the file, so moments are sorted first (8 bytes a call), a span
of hours at a time, and rows fetched in small pages. No statement stays open between two events:
who plays for minutes does not hold up the agent's checkpoints. Writing is `decision_log`'s.
"""

import heapq
import json
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace

from screener.core.number import NumberPlan
from screener.core.outcome import LONGEST_TALK_S, Event, Outcome
from screener.core.recorded import RecordedCall, RecordedOutcome
from screener.storage.facets import hour_facet, seqs_of
from screener.storage.keys import Keys
from screener.storage.recorded_rows import READ, ReadTally, RowReader

__all__ = [
    "ReadTally",
    "Recorded",
    "RecordedCall",
    "RecordedOutcome",
    "hours_held",
    "read_events",
    "read_outcomes",
]

SPAN_BLOCKS = 64
"""Blocks of calls whose moments are sorted at once, where more bring no more order."""

PAGE = 512

_HOUR_S = 3_600.0
_LATEST = 1e12
_EVENTS = {event.value: event for event in Event}
_CLEARED = "not_spam"
"""The event of a call that a person called no spam."""
_ROWS = (
    f"SELECT {', '.join(READ)} FROM calls WHERE seq IN (SELECT value FROM json_each(?)) "  # noqa: S608 - our own column names
    "AND error IS NULL ORDER BY at, abs(seq)"
)
_OUTCOMES = (
    "SELECT call_seq, at, event, talk_s FROM outcomes "
    "WHERE call_seq IN (SELECT value FROM json_each(?)) ORDER BY call_seq, at, rowid"
)
_IN_RANGES = (
    "SELECT seq FROM json_each(?) AS both CROSS JOIN calls "
    "ON seq BETWEEN json_extract(both.value, '$[0]') AND json_extract(both.value, '$[1]') "
    "WHERE at >= ? AND at > ? AND at < ? AND error IS NULL"
)
_TOLD = " AND EXISTS (SELECT 1 FROM outcomes WHERE call_seq = seq)"
_IN_ORDER = " ORDER BY at, abs(seq)"
_LATE = "SELECT DISTINCT call_seq FROM outcomes WHERE call_seq BETWEEN ? AND ? AND at > ?"


Recorded = RecordedCall | RecordedOutcome
_Waiting = tuple[float, int, RecordedOutcome]


def hours_held(connection: sqlite3.Connection) -> tuple[float, float] | None:
    """Return when the log's first hour begins and its last one ends; None for an empty log."""
    first, last = connection.execute(
        "SELECT min(facet), max(facet) FROM facets WHERE facet BETWEEN 'hour:' AND 'hour:~'"
    ).fetchone()
    return None if first is None else (_hour(first), _hour(last) + _HOUR_S)


def read_events(
    connection: sqlite3.Connection,
    keys: Keys,
    plan: NumberPlan,
    *,
    after: float,
    until: float | None = None,
    tally: ReadTally | None = None,
) -> Iterator[Recorded]:
    """Yield every call and outcome later than `after` and before `until`, in order of time.

    Both are seconds since 1970. An outcome never comes before its call; of a call that came
    before `after`, only what became of it since; a call itself tells all that became of it. Calls
    that a fault of ours let pass are left out, and so is what is told of them. Raises
    sqlite3.Error.
    """
    reader = _Reader(connection, RowReader(keys, plan, tally or ReadTally()), after)
    end = _LATEST if until is None else until
    waiting = reader.late_outcomes()
    for row in reader.calls(after, end):
        while waiting and waiting[0][0] <= row.call.arrived_at:
            yield heapq.heappop(waiting)[2]
        yield row
        for found in reader.later_outcomes(row):
            heapq.heappush(waiting, found)
    while waiting and waiting[0][0] < end:
        yield heapq.heappop(waiting)[2]


def read_outcomes(
    connection: sqlite3.Connection,
    keys: Keys,
    plan: NumberPlan,
    *,
    until: float,
    tally: ReadTally | None = None,
) -> Iterator[RecordedOutcome]:
    """Yield the outcomes before `until` alone, as `read_events` does.

    Calls without one are not read: for learning from what is past.
    """
    reader = _Reader(connection, RowReader(keys, plan, tally or ReadTally()), -1.0)
    waiting: list[_Waiting] = []
    for row in reader.calls(-1.0, until, with_outcome=True):
        while waiting and waiting[0][0] <= row.call.arrived_at:
            yield heapq.heappop(waiting)[2]
        for found in reader.later_outcomes(row):
            heapq.heappush(waiting, found)
    while waiting and waiting[0][0] < until:
        yield heapq.heappop(waiting)[2]


class _Reader:
    """Pages of rows and their outcomes over one connection."""

    def __init__(self, connection: sqlite3.Connection, rows: RowReader, after: float) -> None:
        self._connection = connection
        self._rows = rows
        self._after = after
        self._told = 0

    def calls(
        self, after: float, until: float, *, with_outcome: bool = False
    ) -> Iterator[RecordedCall]:
        """Yield the calls later than `after` and before `until`, in order of time."""
        which = _IN_RANGES + (_TOLD if with_outcome else "") + _IN_ORDER
        for begin, end, blocks in self._spans(after, until):
            bounds = (json.dumps(_ranges(blocks)), begin, after, min(end, until))
            seqs = array("q", (row[0] for row in self._connection.execute(which, bounds)))
            for start in range(0, len(seqs), PAGE):
                yield from self._page(seqs[start : start + PAGE])

    def later_outcomes(self, row: RecordedCall) -> Iterator[_Waiting]:
        """Yield what became of a call after `after`, for a heap."""
        for told in row.outcomes:
            if told.at > self._after:
                self._told += 1
                yield told.at, self._told, told

    def late_outcomes(self) -> list[_Waiting]:
        """Return the outcomes after `after` of calls that came up to a day before it."""
        waiting: list[_Waiting] = []
        since = self._after - LONGEST_TALK_S
        blocks = {block for _, found in self._hours(since, self._after) for block in found}
        for low, high in _ranges(blocks):
            late = self._connection.execute(_LATE, (low, high, self._after)).fetchall()
            seqs = [row[0] for row in late]
            for start in range(0, len(seqs), PAGE):
                for row in self._page(seqs[start : start + PAGE]):
                    if row.call.arrived_at <= self._after:
                        waiting += self.later_outcomes(row)
        heapq.heapify(waiting)
        return waiting

    def _page(self, seqs: Sequence[int]) -> Iterator[RecordedCall]:
        asked = (json.dumps(list(seqs)),)
        rows = self._connection.execute(_ROWS, asked).fetchall()
        told: dict[int, list[tuple[float, str, float]]] = {}
        for seq, *event in self._connection.execute(_OUTCOMES, asked).fetchall():
            told.setdefault(seq, []).append((event[0], event[1], event[2]))
        for row in map(self._rows.call, rows):
            yield _with_outcomes(row, told[row.seq]) if row.seq in told else row

    def _spans(self, after: float, until: float) -> Iterator[tuple[float, float, set[int]]]:
        """Yield spans of hours with the blocks that hold their calls.

        A span grows as long as it stays small or further hours stand in the same blocks, as in a
        log without any order.
        """
        begin, end, held = 0.0, 0.0, set[int]()
        for hour, blocks in self._hours(after, until):
            if held and not (blocks <= held or len(held | blocks) <= SPAN_BLOCKS):
                yield begin, end, held
                begin, held = hour, set()
            begin, end = (begin if held else hour), hour + _HOUR_S
            held = held | blocks
        if held:
            yield begin, end, held

    def _hours(self, after: float, until: float) -> list[tuple[float, set[int]]]:
        found: dict[float, set[int]] = {}
        for facet, block in self._connection.execute(
            "SELECT facet, block FROM facets WHERE facet BETWEEN ? AND ?",
            (hour_facet(max(after, 0.0)), hour_facet(min(max(until, 0.0), _LATEST))),
        ).fetchall():
            found.setdefault(_hour(facet), set()).add(block)
        return sorted(found.items())


def _with_outcomes(row: RecordedCall, told: list[tuple[float, str, float]]) -> RecordedCall:
    call = row.call
    outcomes = tuple(
        RecordedOutcome(
            # Told by another clock, or brought in: it cannot have happened before the call.
            max(at, call.arrived_at),
            call.call_id,
            call.caller.identity,
            call.trunk,
            Outcome(_EVENTS[word], talk_s),
            call.arrived_at,
        )
        for at, word, talk_s in told
        if word in _EVENTS
    )
    cleared = any(word == _CLEARED for _, word, _ in told)
    return replace(row, outcomes=outcomes, cleared=cleared)


def _hour(facet: str) -> float:
    return int(facet.partition(":")[2]) * _HOUR_S


def _ranges(blocks: set[int]) -> list[tuple[int, int]]:
    """Return the blocks as ranges of seq, neighbours joined."""
    joined: list[tuple[int, int]] = []
    for block in sorted(blocks):
        low, high = seqs_of(block)
        if joined and joined[-1][1] == low - 1:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined
