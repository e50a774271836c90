"""The log's tail played to an engine at its start, within a deadline.

Calls later than the tables are known of are counted again; of those shortly before, only what no
table keeps is taken: the pressure and the captcha lane's places. Reading is `log_tail`'s, where
the tables come from is left to `state_restore`.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from math import inf
from pathlib import Path

from screener.core.engine import Engine
from screener.core.lane import watchdog_s
from screener.core.outcome import ENDS_OF_CHALLENGE, Outcome
from screener.core.recorded import RecordedCall
from screener.storage.keys import Keys
from screener.storage.log_file import connect
from screener.storage.log_tail import (
    BEYOND_ALL,
    Arrival,
    Span,
    Tail,
    read_arrivals,
    read_outcomes,
    read_tail,
)
from screener.storage.recorded_rows import ReadTally, RowReader

WARM_UP_WINDOWS = 15
"""Windows of the pressure's decaying count; what came before them weighs less than 1e-6."""
MOST_ARRIVALS = 3_000
"""Calls read for the pressure, with the page that passes it; where more come it is full anyway."""
LATE_CALLS = 50_000
"""Rows before the oldest replayed call whose outcomes may have come since."""

_LOOK_EVERY = 64
_MANY = 1 << 62

Told = tuple[float, str, Outcome]
_Step = Arrival | RecordedCall | Told


@dataclass(frozen=True, slots=True)
class Known:
    """As of when the tables are known, seconds since 1970; by default they are empty."""

    counters: float = -inf
    callers: float = -inf


class Deadlines:
    """How long the log may be read (a third of `limit_s` seconds), and how long all may take."""

    def __init__(self, timer: Callable[[], float], limit_s: float) -> None:
        self._timer = timer
        now = timer()
        self._read_until, self._play_until = now + limit_s / 3.0, now + limit_s
        self._playing_since: float | None = None

    def reading_is_over(self) -> bool:
        """Say whether what was read so far must do."""
        return self._timer() >= self._read_until

    def room_for(self, played: int) -> int:
        """Return how many more steps there is time for, at the pace of those played."""
        now = self._timer()
        if self._playing_since is None:
            self._playing_since = now
        spent, left = now - self._playing_since, max(self._play_until - now, 0.0)
        if left <= 0.0:
            return 0
        return int(played * left / spent) if spent > 0.0 else _MANY


@dataclass(slots=True)
class Replayed:
    """How many calls were counted again and outcomes learned; `skipped` could not be used.

    `missed` says what there was no time for; empty where that is nothing.
    """

    calls: int = 0
    outcomes: int = 0
    skipped: int = 0
    missed: str = ""


class TailReplay:
    """Plays what happened until `until` (seconds since 1970) to an engine."""

    def __init__(self, engine: Engine, known: Known, until: float) -> None:
        self._engine = engine
        self._known = known
        self._until = until
        self._done = Replayed()

    def run(self, path: Path, keys: Keys, deadlines: Deadlines) -> Replayed:
        """Read the log and play it; raises sqlite3.Error and OSError."""
        with closing(connect(path)) as connection:
            rows = RowReader(keys, self._engine.plan, ReadTally())
            span = Span(self._known.counters, self._until)
            tail = read_tail(connection, rows, span, deadlines.reading_is_over)
            before, told = self._read_around(connection, tail)
        self._done.skipped = tail.unreadable
        self._done.missed = "" if tail.whole else "no time for all of the log"
        self._play_all(list(_steps([*before, *tail.calls], told)), deadlines)
        return self._done

    def _play_all(self, steps: list[_Step], deadlines: Deadlines) -> None:
        place = played = 0
        while place < len(steps):
            room = deadlines.room_for(played)
            if room < len(steps) - place:
                # The newest say most of who calls too often now: the oldest are left out.
                place = len(steps) - room
                self._done.missed = "no time to play all of the log"
            for step in steps[place : place + _LOOK_EVERY]:
                self._play(step)
            place, played = place + _LOOK_EVERY, played + _LOOK_EVERY

    def _read_around(
        self, connection: sqlite3.Connection, tail: Tail
    ) -> tuple[list[Arrival], list[Told]]:
        """Return the calls before the tail that weigh on the pressure, and all that was told."""
        settings, seqs = self._engine.settings, [one.seq for one in tail.calls]
        begin = self._known.counters
        if begin == -inf or not tail.whole:
            begin = tail.calls[0].call.arrived_at if tail.calls else self._until
        asked = watchdog_s(settings.captcha)
        warm = max(settings.pressure.window * WARM_UP_WINDOWS, asked)
        before = read_arrivals(
            connection, Span(begin - warm, begin), min(seqs, default=BEYOND_ALL), MOST_ARRIVALS
        )
        lowest = min((one.seq for one in before), default=tail.lowest)
        if self._known.callers == -inf:
            first, since = min(seqs, default=BEYOND_ALL), -inf
        else:
            first = min(lowest, tail.lowest) - LATE_CALLS
            since = min(self._known.callers, begin - asked)
        told = read_outcomes(connection, Span(since, self._until), max(first, 1))
        return before, told

    def _play(self, step: _Step) -> None:
        try:
            match step:
                case RecordedCall():
                    self._engine.recall(step.call, step.load, step.action, step.would)
                    self._done.calls += 1
                case Arrival():
                    self._engine.recall_pressure(step.call, step.load, step.action, step.would)
                case _:
                    self._play_outcome(*step)
        except Exception:  # noqa: BLE001 - whatever is wrong with one row, the others count
            self._done.skipped += 1

    def _play_outcome(self, at: float, call_id: str, outcome: Outcome) -> None:
        if at <= self._known.callers:
            if outcome.event in ENDS_OF_CHALLENGE:
                self._engine.lane.free(call_id)
        elif self._engine.report(call_id, outcome, at):
            self._done.outcomes += 1
        else:
            self._done.skipped += 1


def _steps(calls: list[Arrival | RecordedCall], told: list[Told]) -> Iterator[_Step]:
    """Yield both in order of time, a call before what became of it."""
    waiting = iter(told)
    soonest = next(waiting, None)
    for call in calls:
        while soonest is not None and soonest[0] < call.call.arrived_at:
            yield soonest
            soonest = next(waiting, None)
        yield call
    if soonest is not None:
        yield soonest
    yield from waiting
