"""The end of the decision log, read from its newest row back until the rows are old enough.

For a start, which has little time: no index on time is needed, nothing is read that is not
wanted, and when the time is up the newest rows are there. Whoever wants all of the log in order
has `recorded`.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from screener.core.call import Attestation, Call, Load
from screener.core.number import CallerClass, CallerId
from screener.core.outcome import Outcome, read_outcome
from screener.core.recorded import RecordedCall
from screener.core.settings import Action
from screener.storage.recorded_rows import READ, RowReader

PAGE = 512
"""Rows that are read at once; rows stand out of order by less, unless a disk was away for long."""

_CALLS = (
    f"SELECT {', '.join(READ)} FROM calls "  # noqa: S608 - our own column names
    "WHERE seq > 0 AND seq < ? AND error IS NULL ORDER BY seq DESC LIMIT ?"
)
_ARRIVALS = (
    "SELECT seq, id, at, verdict, would, queue_waiting, operators_logged_in, operators_ready, "
    "channels_in_use FROM calls WHERE seq > 0 AND seq < ? AND error IS NULL "
    "ORDER BY seq DESC LIMIT ?"
)
# What was dated back by whole seconds may stand a little before its call.
_OUTCOMES = (
    "SELECT CASE WHEN typeof(calls.at) = 'real' THEN max(calls.at, outcomes.at) "
    "ELSE outcomes.at END AS moment, id, event, talk_s FROM outcomes JOIN calls ON seq = call_seq "
    "WHERE call_seq >= ? AND outcomes.at > ? AND outcomes.at <= ? "
    "ORDER BY moment, outcomes.rowid"
)
_AT = READ.index("at")
BEYOND_ALL = 1 << 62
"""No row has this seq, nor a larger one."""

_NOBODY = CallerId(CallerClass.ABSENT, "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class Span:
    """Moments later than `after` and not later than `until`, seconds since 1970."""

    after: float
    until: float

    def holds(self, at: object) -> bool:
        """Say whether the moment lies in it."""
        return isinstance(at, int | float) and self.after < at <= self.until


class Arrival(NamedTuple):
    """What pressure and captcha lane need of a call: all but who called."""

    seq: int
    call: Call
    load: Load
    action: Action
    would: Action


@dataclass(frozen=True, slots=True)
class Tail:
    """Calls in order of time; `whole` says whether all that was asked for was read.

    `lowest` is the oldest row that was looked at: what is older is still to be read.
    `unreadable` counts the rows that could not be read.
    """

    calls: list[RecordedCall]
    lowest: int
    whole: bool
    unreadable: int = 0


def read_tail(
    connection: sqlite3.Connection, rows: RowReader, span: Span, is_over: Callable[[], bool]
) -> Tail:
    """Read the newest calls of the span, as many as there is time for. Raises sqlite3.Error."""
    found: list[RecordedCall] = []
    lowest, unreadable = BEYOND_ALL, 0
    while True:
        page = connection.execute(_CALLS, (lowest, PAGE)).fetchall()
        wanted = [row for row in page if span.holds(row[_AT])]
        for row in wanted:
            try:
                found.append(rows.call(row))
            except Exception:  # noqa: BLE001 - whatever is wrong with one row, the others count
                unreadable += 1
        lowest = page[-1][0] if page else lowest
        whole = not wanted
        if whole or is_over():
            found.sort(key=lambda one: (one.call.arrived_at, one.seq))
            return Tail(found, lowest, whole, unreadable)


def read_arrivals(
    connection: sqlite3.Connection, span: Span, before: int, most: int
) -> list[Arrival]:
    """Return the calls of the span from rows older than `before`, without who called.

    In order of time, `most` of them at the most, which reading takes some 5 us each. Raises
    sqlite3.Error.
    """
    found: list[Arrival] = []
    while len(found) < most:
        page = connection.execute(_ARRIVALS, (before, PAGE)).fetchall()
        wanted = [row for row in page if span.holds(row[2])]
        if not wanted:
            break
        found += map(_arrival, wanted)
        before = page[-1][0]
    return sorted(found, key=lambda one: (one.call.arrived_at, one.seq))


def read_outcomes(
    connection: sqlite3.Connection, span: Span, first: int
) -> list[tuple[float, str, Outcome]]:
    """Return moment, call id and outcome of what was told in the span, in order of time.

    None comes before its call. Of the calls from row `first` on. Raises sqlite3.Error.
    """
    told = connection.execute(_OUTCOMES, (first, span.after, span.until)).fetchall()
    read = ((at, call_id, read_outcome(str(event), str(talk))) for at, call_id, event, talk in told)
    return [(at, call_id, outcome) for at, call_id, outcome in read if outcome is not None]


def _arrival(row: tuple[object, ...]) -> Arrival:
    seq, call_id, at, verdict, would = row[:5]
    call = Call(
        call_id=str(call_id),
        caller=_NOBODY,
        name="",
        did="",
        trunk="",
        source="",
        attestation=Attestation.NONE,
        origid="",
        arrived_at=float(str(at)),
    )
    load = Load(*(count if isinstance(count, int) else None for count in row[5:]))
    return Arrival(int(str(seq)), call, load, _action(verdict), _action(would))


def _action(word: object) -> Action:
    try:
        return Action(str(word))
    except ValueError:
        return Action.ADMIT
