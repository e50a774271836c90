"""The decision log: every call and outcome is in the kernel's hands before the verdict leaves.

All in the thread of the event loop, and nothing is waited for. An entry goes into a spill file
(`waiting`), safe from kill -9, and a moment later with its neighbours into the database, in one
transaction: alone it took four times as long there (measured). What the database cannot take then
(locked, full, broken, away) stays and is written when it can again. Opening, hints,
checkpoints and purges are left to `log_upkeep`.
"""

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from screener.core.decision import Decision
from screener.core.outcome import Outcome
from screener.storage.log_file import identity_of, is_broken, passes, words_for
from screener.storage.log_rows import Fault, RowMaker
from screener.storage.log_writer import Entry, Event, LogWriter
from screener.storage.spill import spill_base
from screener.storage.waiting import Waiting

log = logging.getLogger("screener.log")

RETRY_S = 0.05
SECURE_S = 1.0
"""How often entries that only memory holds are tried again with the disk."""
GATHER_S = 0.2
"""How long an entry waits for its neighbours, seconds: so long other programs do not see it. A
transaction of one row touches a third of what a whole call does, and at 100 calls/s that is
shared by some twenty (counted in cache lines)."""
BATCH_GATHERED = 32
"""So many do not wait longer, and are written at once, in under a millisecond. With all of 50 ms at
once the slowest of a hundred calls took 5 ms where it had taken 1.7 (measured, one session after
the other); in batches of 16 a row took a sixth longer."""
BATCH = 64
BATCH_IN_CALL = 4
"""Entries that waited for the database written at once: by the timer, and on the way of a call."""
TELL_AFTER_S = 1.0
TELL_EVERY_S = 60.0

Raw = Decision | Fault | Event


@dataclass(frozen=True, slots=True)
class Store:
    """An open database, what writes to it, and which file it was when it was opened."""

    connection: sqlite3.Connection
    writer: LogWriter
    file: tuple[int, int] | None


class DecisionLog:
    """A `DecisionSink`, and `outcome` an `OutcomeSink`, over one database file.

    `capacity` bounds what waits; what finds no room pushes the oldest out, which is counted in
    `not_recorded`. `gate` is held by whoever writes; the upkeep takes it for short steps, and a
    call that finds it closed does not wait for it: its row does. Until it is told how to `gather`,
    an entry is written at once.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float],
        capacity: int,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.gate = Lock()
        self.counted: int | None = None
        self.purged = 0
        self.not_recorded = 0
        self.broken = False
        self.written = 0
        self._clock = clock
        self._timer = timer
        self._capacity = capacity
        self._maker: RowMaker | None = None
        self._early: deque[Raw] = deque()
        self._waiting = Waiting(spill_base(path), capacity)
        self._store: Store | None = None
        self._discarded: deque[sqlite3.Connection] = deque()
        self._retry_at = 0.0
        self._secure_at = 0.0
        self._troubled_at: float | None = None
        self._told_at: float | None = None
        self._told_lost = 0
        self._why = "it is not open yet"
        self._later: Callable[[float, Callable[[], None]], object] | None = None
        self._is_gathering = False

    def gather(self, later: Callable[[float, Callable[[], None]], object] | None) -> None:
        """Write entries together from now on; `later` calls a function after so many seconds.

        With None, what waits is left to `flush`, which another thread may then call.
        """
        self._later = later
        self._is_gathering = False

    def __call__(self, decision: Decision) -> None:
        """Record one decision."""
        self._take(decision)

    def outcome(self, call_id: str, outcome: Outcome) -> None:
        """Record what became of a call."""
        at = outcome.happened_at(self._clock())
        self._take(Event(call_id, at, Outcome(outcome.event, outcome.talk_s)))

    def fault(self, call_id: str, uniqueid: str, error: str) -> None:
        """Record a call that was let pass undecided; `error` is a word, without caller data."""
        self._take(Fault(call_id, self._clock(), uniqueid, error))

    def forget(self, number_key: bytes) -> int:
        """Take a caller's calls, by pseudonym, out of what waits; return how many.

        For the thread of the event loop. What the database holds is `subjects.Subjects.erase`'s,
        and comes after this: an entry that waits could be written in between.
        """
        self._make_rows(len(self._early))
        return self._waiting.forget(number_key)

    @property
    def queued(self) -> int:
        """How many entries wait for the database."""
        return len(self._early) + len(self._waiting)

    @property
    def not_durable(self) -> int:
        """How many of them only memory holds: a kill would lose these."""
        return len(self._early) + self._waiting.not_durable

    @property
    def needs_opening(self) -> bool:
        """Whether there is no database to write to."""
        return self._store is None

    @property
    def rows(self) -> int | None:
        """How many calls the log holds; None until the upkeep has counted them."""
        return None if self.counted is None else self.counted + self.written - self.purged

    def snapshot(self) -> dict[str, object]:
        """Return what `status` shows; `rows` is None until they are counted."""
        return {
            "rows": self.rows,
            "queued": self.queued,
            "not_durable": self.not_durable,
            "not_recorded": self.not_recorded,
        }

    def flush(self) -> None:
        """Write a batch of what waits, if it is time to try; call it now and then."""
        now = self._timer()
        if self.queued and now >= self._retry_at and not self._is_gathering:
            self._drain(BATCH)
        if self.queued and now >= self._secure_at:
            self._secure_at = now + SECURE_S
            self._waiting.secure(BATCH)
        self._tell()

    def use(self, maker: RowMaker) -> None:
        """Make rows with these keys from now on; until then a decision waits in memory only."""
        self._maker = maker

    def adopt(self, connection: sqlite3.Connection, maker: RowMaker) -> None:
        """Take over a database that the upkeep opened; in its thread."""
        self.use(maker)
        writer = LogWriter(connection)
        self._retry_at, self.broken = 0.0, False
        self.counted, self.purged, self.written = None, 0, 0
        self._store = Store(connection, writer, identity_of(self.path))

    def hinted_up_to(self, seq: int) -> None:
        """Take note that calls up to that place are found by their hints now; from any thread."""
        store = self._store
        if store is not None:
            store.writer.hinted = seq

    def discard(self) -> None:
        """Let go of the database; closing it may wait for the disk and is left to a thread."""
        store, self._store = self._store, None
        if store is not None:
            self._discarded.append(store.connection)

    def close_discarded(self) -> None:
        """Close what was let go; in a thread."""
        while self._discarded:
            self._discarded.popleft().close()

    def close(self) -> None:
        """Let go of the spill files; what still waits there is for the next start."""
        if self.queued:
            self._warn()
        self._waiting.close()

    def _take(self, raw: Raw) -> None:
        if self._maker is None or self._early:
            if len(self._early) >= self._capacity:
                self._early.popleft()
                self.not_recorded += 1
            self._early.append(raw)
        else:
            entry = self._made(raw, self._maker)
            if entry is None:
                return
            if self._later is None and not self._waiting and self._write([entry]):
                return
            self._put(entry)
            if self._later is not None and self._troubled_at is None and not self.not_durable:
                self._gather()
                return
        if self._troubled_at is None:
            self._troubled_at = self._timer()
        if self._timer() >= self._retry_at:
            self._drain(BATCH_IN_CALL)

    def _gather(self) -> None:
        if self._later is None:
            return
        if not self._is_gathering:
            self._is_gathering = True
            self._later(GATHER_S, self._write_gathered)
        elif len(self._waiting) == BATCH_GATHERED:
            self._later(0.0, self._write_batch)

    def _write_gathered(self) -> None:
        self._is_gathering = False
        self._write_batch()
        if self._waiting and self._troubled_at is None:
            self._gather()

    def _write_batch(self) -> None:
        if self._later is None or self._timer() < self._retry_at:
            return
        self._drain(BATCH_GATHERED)
        if len(self._waiting) >= BATCH_GATHERED and self._troubled_at is None:
            self._later(0.0, self._write_batch)  # between two batches calls have their turn

    def _put(self, entry: Entry) -> None:
        if not self._waiting.put(entry):
            self.not_recorded += 1

    def _made(self, raw: Raw, maker: RowMaker) -> Entry | None:
        """Return what is written of it; None where that cannot be made, which is counted."""
        try:
            if isinstance(raw, Decision):
                return maker.of_decision(raw)
            return raw if isinstance(raw, Event) else maker.of_fault(raw)
        except (ValueError, OverflowError):
            self.not_recorded += 1
            return None

    def _make_rows(self, most: int) -> None:
        """Make rows of what came before the keys were known, and bring them to the disk."""
        maker = self._maker
        if maker is None:
            return
        for _ in range(min(most, len(self._early))):
            entry = self._made(self._early.popleft(), maker)
            if entry is not None:
                self._put(entry)

    def _drain(self, most: int) -> None:
        self._make_rows(most)
        batch = self._waiting.first(most)
        if batch and not self._write(batch):
            if self._troubled_at is None:
                self._troubled_at = self._timer()
            return
        self._waiting.done(len(batch))
        if not self.queued:
            if self._told_at is not None:
                log.info("LOG-RESUMED %s not_recorded=%d", self.path, self.not_recorded)
            self._troubled_at = self._told_at = None

    def _write(self, entries: Sequence[Entry]) -> bool:
        """Write all of the entries or none; return whether they are done with."""
        store = self._store
        if store is None or not self._is_in_place(store):
            return False
        if not self.gate.acquire(blocking=False):
            self._why = "its own upkeep holds it"
            return False
        try:
            done = store.writer.write(entries)
        except (sqlite3.Error, OSError) as error:
            return self._failed(error)
        finally:
            self.gate.release()
        self.written += done.calls
        self.not_recorded += done.refused
        return True

    def _is_in_place(self, store: Store) -> bool:
        # SQLite goes on writing to a file that was moved or removed, and nobody would read it.
        if identity_of(self.path) == store.file:
            return True
        self.discard()
        return self._put_off("it was moved or removed")

    def _failed(self, error: Exception) -> bool:
        self.broken = is_broken(error, self.path)
        if not passes(error):
            self.discard()
        return self._put_off(words_for(error))

    def _put_off(self, why: str) -> bool:
        self._why = why
        self._retry_at = self._timer() + RETRY_S
        return False

    def _tell(self) -> None:
        now = self._timer()
        lasting = self._troubled_at is not None and now - self._troubled_at >= TELL_AFTER_S
        if not lasting and self.not_recorded == self._told_lost:
            return
        if self._told_at is not None and now - self._told_at < TELL_EVERY_S:
            return
        self._told_at, self._told_lost = now, self.not_recorded
        self._warn()

    def _warn(self) -> None:
        log.warning(
            "LOG-TROUBLE %s queued=%d not_recorded=%d not_durable=%d why=%s",
            self.path,
            self.queued,
            self.not_recorded,
            self.not_durable,
            self._why,
        )
