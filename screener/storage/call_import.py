"""Calls of earlier days written into the log, below the agent's own and in steps between its own.

Newest first and downwards, so that an import that was cut short is completed by the next one in
the same order. What is there already is found by its id and left, but for an outcome that is now
known better. Gathering the calls is left to `call_staging`.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from threading import Lock

from screener.core.number import CallerId, NumberPlan
from screener.core.outcome import Event
from screener.core.past_call import PastCall
from screener.storage.call_staging import CallStaging
from screener.storage.facets import block_of, hour_facet, outcome_facet, seqs_of
from screener.storage.log_hints import ID, fill, give_hints, hinted_calls, hinted_up_to
from screener.storage.log_rows import COLUMNS, OWN, Row, RowMaker

LEAST_CALLS, MOST_CALLS = 4, 64
"""Calls written at once; the agent's own rows wait in memory meanwhile."""

STEP_S = 0.008
"""Steps that took longer are followed by smaller ones, those of less than half by larger ones."""

CHECKPOINT_CALLS = 20_000
"""After so many calls the write-ahead log is moved into the database (some 20 MB)."""

OWN_PAGE = 5_000
_SEEN_FACETS = 4_096
_ID = OWN.index("id")
_INSERT = f"INSERT INTO calls (seq, {', '.join(COLUMNS)}) VALUES (?{', ?' * len(COLUMNS)})"  # noqa: S608 - our own column names


@dataclass(slots=True)
class Written:
    """What an import came to so far.

    Of the `new` calls some were `answered`, some `abandoned`, and of the rest nothing is known;
    of those that were `there` some had their outcome `mended`.
    """

    new: int = 0
    answered: int = 0
    abandoned: int = 0
    there: int = 0
    mended: int = 0

    def count(self, call: PastCall) -> None:
        """Count a call that is new."""
        self.new += 1
        if call.ending.outcome is not None:
            answered = call.ending.outcome.event is Event.ANSWERED
            self.answered += answered
            self.abandoned += not answered


@dataclass(frozen=True, slots=True)
class _Entry:
    call: PastCall
    row: Row


class CallImport:
    """Writes staged calls through a connection of its own; `now` is when they are brought in."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        maker: RowMaker,
        plan: NumberPlan,
        now: float,
        *,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.written = Written()
        self._connection = connection
        self._maker = maker
        self._plan = plan
        self._now = now
        self._pause = pause
        self._timer = timer
        self._seen: set[tuple[str, int]] = set()

    def run(self, staging: CallStaging) -> Iterator[int]:
        """Write every staged call and yield, after each step, how many calls are done with.

        What is yielded is safe; raises sqlite3.Error where the log takes no more now.
        """
        # In a log of version 1 that no agent opened since, what was brought in has no hints yet.
        while (before := hinted_up_to(self._connection)) < 0:
            if fill(self._connection, Lock(), to_the_last=True) == before:
                break
        calls, done, moved = staging.newest_first(), 0, 0
        size = MOST_CALLS
        while step := list(islice(calls, size)):
            callers = [read_caller(call, self._plan) for call in step]
            entries = [
                _Entry(call, self._maker.of_past(call, caller, self._now))
                for call, caller in zip(step, callers, strict=True)
            ]
            staging.note_callers(callers)
            began = self._timer()
            fresh = self._write(entries)
            taken = self._timer() - began
            staging.note_fresh(fresh)
            self._pause(taken)  # at most half of the time is ours
            if taken > STEP_S:
                size = max(size // 2, LEAST_CALLS)
            elif taken < STEP_S / 2.0:
                size = min(size + LEAST_CALLS, MOST_CALLS)
            done += len(step)
            if done - moved >= CHECKPOINT_CALLS:
                moved = done
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            yield done
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _write(self, entries: list[_Entry]) -> list[str]:
        """Write all of the entries or none; return the keys of those that are new or mended."""
        before = replace(self.written)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            fresh = self._write_all(entries)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self.written = before
            self._seen.clear()
            raise
        return fresh

    def _write_all(self, entries: list[_Entry]) -> list[str]:
        lowest = self._connection.execute("SELECT min(seq) FROM calls").fetchone()[0]
        seq = top = min(1 if lowest is None else lowest, 1)
        fresh: list[str] = []
        facets: set[tuple[str, int]] = set()
        for entry in entries:
            found = self._there(str(entry.row.own[_ID]))
            if found is None:
                seq -= 1
                self._connection.execute(_INSERT, (seq, *entry.row.values))
                facets |= {(facet, block_of(seq)) for facet in entry.row.facets}
                facets |= self._add_outcome(seq, entry.call)
                self.written.count(entry.call)
            else:
                self.written.there += 1
                if found[1] is None or (held := self._mendable(found[0], entry.call)) is None:
                    continue
                facets |= self._mend(found[0], entry.call)
                if Event.ANSWERED in held:
                    continue
            fresh.append(entry.call.key)
        give_hints(self._connection, range(seq, top))
        self._add_facets(facets)
        return fresh

    def _there(self, call_id: str) -> tuple[int, float | None] | None:
        """Return place and time of import where a call is in the log already.

        Among imported calls, which all have their hints: no id of theirs is one of the agent's.
        """
        seq = next(hinted_calls(self._connection, ID, call_id, top=0), None)
        found: tuple[int, float | None] | None = self._connection.execute(
            "SELECT seq, imported_at FROM calls WHERE seq = ?", (seq,)
        ).fetchone()
        return found

    def _mendable(self, seq: int, call: PastCall) -> set[str] | None:
        """Return the events the log has where it is to have another outcome, else None."""
        if call.ending.outcome is None:
            return None
        held = self._connection.execute(
            "SELECT event, talk_s FROM outcomes WHERE call_seq = ?", (seq,)
        ).fetchall()
        told = call.ending.outcome.event.value, call.ending.outcome.talk_s
        if held and (not call.ending.certain or held == [told]):
            return None
        return {event for event, _ in held}

    def _mend(self, seq: int, call: PastCall) -> set[tuple[str, int]]:
        self._connection.execute("DELETE FROM outcomes WHERE call_seq = ?", (seq,))
        self.written.mended += 1
        return self._add_outcome(seq, call)

    def _add_outcome(self, seq: int, call: PastCall) -> set[tuple[str, int]]:
        outcome, at, _ = call.ending
        if outcome is None:
            return set()
        event = outcome.event.value
        self._connection.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?)", (seq, at, event, outcome.talk_s)
        )
        return {(outcome_facet(event), block_of(seq))}

    def _add_facets(self, facets: set[tuple[str, int]]) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO facets VALUES (?, ?)", sorted(facets - self._seen)
        )
        if len(self._seen) > _SEEN_FACETS:
            self._seen.clear()
        self._seen |= facets


def read_caller(call: PastCall, plan: NumberPlan) -> CallerId:
    """Return who called, read as an arriving call's caller is."""
    return plan.read(call.number, "withheld" if call.withheld else "")


def own_uniqueids(connection: sqlite3.Connection, first: float, last: float) -> Iterator[str]:
    """Yield the unique ids of calls that the agent itself recorded between these moments.

    In pages, so that no long reading holds the log's checkpoints up. Raises sqlite3.Error.
    """
    found = connection.execute(
        "SELECT min(block) FROM facets WHERE facet BETWEEN ? AND ? AND block >= 0",
        (hour_facet(first), hour_facet(last)),
    ).fetchone()[0]
    if found is None:
        return
    seq = max(seqs_of(found)[0], 1) - 1
    while True:
        rows = connection.execute(
            "SELECT seq, at, uniqueid FROM calls WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, OWN_PAGE),
        ).fetchall()
        yield from (uniqueid for _, at, uniqueid in rows if uniqueid and first <= at <= last)
        if len(rows) < OWN_PAGE:
            return
        seq = rows[-1][0]
