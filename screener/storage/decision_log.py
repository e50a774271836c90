"""The decision log: every call and outcome is in the kernel's hands before the verdict leaves.

Written in the thread of the event loop, one short INSERT a call, and never waited for: what the
database cannot take now (locked, full, broken, away) is queued in bounded memory and written
when it can again. Opening, checkpoints and purges are left to `log_upkeep` in its own thread.
"""

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from screener.core.decision import Decision
from screener.core.outcome import Outcome
from screener.storage.facets import block_of, outcome_facet
from screener.storage.log_file import identity_of, is_broken, passes, words_for
from screener.storage.log_rows import INSERT, Fault, Row, RowMaker

log = logging.getLogger("screener.log")

GATE_S = 0.02
"""The longest that a call waits for a step of our own upkeep before it is queued instead."""
RETRY_S = 0.05
BATCH = 100
BATCH_IN_CALL = 10
"""Queued entries written at once: by the timer, and on the way of a call (about 40 us each)."""
TELL_AFTER_S = 1.0
TELL_EVERY_S = 60.0
SEEN_BLOCKS = 4
SEEN_FACETS = 4_096
NO_FACETS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Event:
    """What became of a call, and when (seconds since 1970)."""

    call_id: str
    at: float
    outcome: Outcome


Entry = Decision | Event | Fault


@dataclass(frozen=True, slots=True)
class Store:
    """An open database, what makes its rows, and which file it was when it was opened."""

    connection: sqlite3.Connection
    maker: RowMaker
    file: tuple[int, int] | None


class DecisionLog:
    """A `DecisionSink`, and `outcome` an `OutcomeSink`, over one database file.

    `capacity` bounds the queue; what finds no room pushes the oldest out, which is counted in
    `not_recorded`. `gate` is held by whoever writes; the upkeep takes it for short steps.
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
        self._clock = clock
        self._timer = timer
        self._capacity = capacity
        self._queue: deque[Entry] = deque()
        self._store: Store | None = None
        self.written = 0
        self._discarded: deque[sqlite3.Connection] = deque()
        self._seen: dict[int, set[str]] = {}
        self._block = 0
        self._retry_at = 0.0
        self._troubled_at: float | None = None
        self._told_at: float | None = None
        self._told_lost = 0
        self._why = "it is not open yet"

    def __call__(self, decision: Decision) -> None:
        """Record one decision."""
        self._take(decision)

    def outcome(self, call_id: str, outcome: Outcome) -> None:
        """Record what became of a call."""
        self._take(Event(call_id, self._clock(), outcome))

    def fault(self, call_id: str, uniqueid: str, error: str) -> None:
        """Record a call that was let pass undecided; `error` is a word, without caller data."""
        self._take(Fault(call_id, self._clock(), uniqueid, error))

    @property
    def queued(self) -> int:
        """How many entries wait for the database."""
        return len(self._queue)

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
        return {"rows": self.rows, "queued": self.queued, "not_recorded": self.not_recorded}

    def flush(self) -> None:
        """Write a batch of what is queued, if it is time to try; call it now and then."""
        if self._queue and self._timer() >= self._retry_at:
            self._drain(BATCH)
        self._tell()

    def adopt(self, connection: sqlite3.Connection, maker: RowMaker) -> None:
        """Take over a database that the upkeep opened; in its thread."""
        newest = connection.execute("SELECT max(seq) FROM calls").fetchone()[0]
        self._seen, self._block = {}, block_of((newest or 0) + 1)
        self._retry_at, self.broken = 0.0, False
        self.counted, self.purged, self.written = None, 0, 0
        self._store = Store(connection, maker, identity_of(self.path))

    def discard(self) -> None:
        """Let go of the database; closing it may wait for the disk and is left to a thread."""
        store, self._store = self._store, None
        if store is not None:
            self._discarded.append(store.connection)

    def close_discarded(self) -> None:
        """Close what was let go; in a thread."""
        while self._discarded:
            self._discarded.popleft().close()

    def _take(self, entry: Entry) -> None:
        if not self._queue and self._write([entry]):
            return
        if len(self._queue) >= self._capacity:
            self._queue.popleft()
            self.not_recorded += 1
        self._queue.append(entry)
        if self._troubled_at is None:
            self._troubled_at = self._timer()
        if self._timer() >= self._retry_at:
            self._drain(BATCH_IN_CALL)

    def _drain(self, most: int) -> None:
        batch = [self._queue[place] for place in range(min(most, len(self._queue)))]
        if not batch or not self._write(batch):
            return
        for _ in batch:
            self._queue.popleft()
        if not self._queue:
            if self._told_at is not None:
                log.info("LOG-RESUMED %s not_recorded=%d", self.path, self.not_recorded)
            self._troubled_at = self._told_at = None

    def _write(self, entries: list[Entry]) -> bool:
        """Write all of the entries or none; return whether they are done with."""
        store = self._store
        if store is None or not self._is_in_place(store):
            return False
        if not self.gate.acquire(timeout=GATE_S):
            return self._put_off("its own upkeep holds it")
        before = self.not_recorded, self.written
        try:
            if len(entries) == 1:
                self._write_one(store, entries[0])
            else:
                with _transaction(store.connection):
                    for entry in entries:
                        self._write_one(store, entry)
        except (sqlite3.Error, OSError) as error:
            self.not_recorded, self.written = before
            return self._failed(error)
        finally:
            self.gate.release()
        return True

    def _write_one(self, store: Store, entry: Entry) -> None:
        try:
            match entry:
                case Event():
                    self._write_event(store.connection, entry)
                case Fault():
                    self._write_call(store.connection, store.maker.of_fault(entry))
                case _:
                    self._write_call(store.connection, store.maker.of_decision(entry))
        except UnicodeDecodeError:
            raise sqlite3.DatabaseError("SQLite quotes what is no text") from None
        except (sqlite3.IntegrityError, sqlite3.DataError, ValueError, OverflowError):
            # A row that no database would take must not hold up those behind it.
            self.not_recorded += 1

    def _write_call(self, connection: sqlite3.Connection, row: Row) -> None:
        if row.facets <= self._seen.get(self._block, NO_FACETS):
            seq = connection.execute(INSERT, row.values).lastrowid or 0
            if block_of(seq) != self._block:  # another program writes to the same log
                self._add_facets(connection, block_of(seq), row.facets)
        else:
            # A row must never be there without its features: no search would find it.
            with _transaction(connection):
                seq = connection.execute(INSERT, row.values).lastrowid or 0
                self._add_facets(connection, block_of(seq), row.facets)
        self._block = block_of(seq + 1)
        self.written += 1

    def _add_facets(self, connection: sqlite3.Connection, block: int, facets: set[str]) -> None:
        seen = self._seen.setdefault(block, set())
        pairs = [(facet, block) for facet in facets - seen]
        connection.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?)", pairs)
        if len(seen) < SEEN_FACETS:
            seen |= facets
        while len(self._seen) > SEEN_BLOCKS:
            del self._seen[next(iter(self._seen))]

    def _write_event(self, connection: sqlite3.Connection, event: Event) -> None:
        found = connection.execute("SELECT seq FROM calls WHERE id = ?", (event.call_id,))
        call = found.fetchone()
        if call is None:
            self.not_recorded += 1
            return
        name = event.outcome.event.value
        with _transaction(connection):
            connection.execute(
                "INSERT INTO outcomes VALUES (?, ?, ?, ?)",
                (call[0], event.at, name, event.outcome.talk_s),
            )
            connection.execute(
                "INSERT OR IGNORE INTO facets VALUES (?, ?)",
                (outcome_facet(name), block_of(call[0])),
            )

    def _is_in_place(self, store: Store) -> bool:
        # SQLite goes on writing to a file that was moved or removed, and nobody would read it.
        if identity_of(self.path) == store.file:
            return True
        self.discard()
        return self._put_off("it was moved or removed")

    def _failed(self, error: Exception) -> bool:
        self._seen = {}  # what was noted belongs to a transaction that did not happen
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
        log.warning(
            "LOG-TROUBLE %s queued=%d not_recorded=%d why=%s",
            self.path,
            self.queued,
            self.not_recorded,
            self._why,
        )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; within another one, it is part of that."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
