"""The log's upkeep in a thread of its own: opening, hints, checkpoints, purges, closing.

Nothing here is waited for by a call: what comes during a step under the log's gate is put off.
What is written is `decision_log`'s, what a killed agent left `leftovers`', what is forgotten
`retention`'s.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from screener.errors import ScreenerError
from screener.storage.decision_log import DecisionLog
from screener.storage.keys import load_or_make_keys
from screener.storage.leftovers import Taken, take_in
from screener.storage.log_file import (
    BrokenLogError,
    connect,
    identity_of,
    is_broken,
    open_log,
    set_aside,
    words_for,
)
from screener.storage.log_hints import fill
from screener.storage.log_rows import RowMaker
from screener.storage.log_writer import LogWriter
from screener.storage.retention import Retention, purge, remove_old_files
from screener.storage.spill import spill_base

log = logging.getLogger("screener.log")

STEP_S = 1.0
CHECKPOINT_S = 5.0
PURGE_S = 600.0
LONG_WAL = 64 * 1024 * 1024
"""Bytes of write-ahead log from which on it is emptied, under the gate (some milliseconds)."""
LAST_STEP_S = 10.0


class LogUpkeep:
    """Looks after one `DecisionLog` until closed; `step` is one round of it."""

    def __init__(
        self,
        decisions: DecisionLog,
        keys: Path,
        retention: Retention,
        clock: Callable[[], float],
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.retention = retention
        self._decisions = decisions
        self._keys = keys
        self._clock = clock
        self._timer = timer
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._hint_at = self._checkpoint_at = self._purge_at = 0.0
        self._told = ""
        self._ending = Event()
        self._thread = Thread(target=self._run, name="log-upkeep", daemon=True)

    def prepare(self) -> None:
        """Read the keys, or make them, so that the first call can already be kept as a row.

        Takes a millisecond. Raises ScreenerError where the keys are exposed or broken: nothing
        is written with those.
        """
        with suppress(OSError):  # what the disk refuses now is tried again, and told, by `step`
            self._decisions.use(RowMaker(load_or_make_keys(self._keys)))

    def start(self) -> None:
        """Open the log, if that can be done now, and begin; raises as `prepare`."""
        self.prepare()
        self._hint_at = self._timer() + STEP_S  # a log of an earlier version may lack millions
        self.step()
        self._thread.start()

    def close(self) -> None:
        """End the thread, write what is queued, empty the write-ahead log and close the log."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(LAST_STEP_S)
        if self._thread.is_alive():
            return
        if self._decisions.needs_opening and self._decisions.queued:
            self.step()
        before = -1
        while self._decisions.queued not in {0, before}:
            before = self._decisions.queued
            self._decisions.flush()
        try:
            if self._connection is not None:
                self.empty_wal()
        except sqlite3.Error as error:
            self._tell(error)
        self._decisions.discard()
        self._decisions.close_discarded()
        self._decisions.close()
        self._drop()

    def step(self) -> None:
        """Do what is due; never raises."""
        try:
            self._decisions.close_discarded()
            if self._decisions.needs_opening:
                self._open()
            if self._is_current():
                self._keep_up()
        except (sqlite3.Error, OSError, ValueError, ScreenerError) as error:
            self._drop()
            if is_broken(error, self._decisions.path):
                self._decisions.broken = True
                self._decisions.discard()
            self._tell(error)
        else:
            self._told = ""

    def empty_wal(self) -> bool:
        """Move all into the database and cut the write-ahead log to nothing; False if in use."""
        if self._connection is None:
            return False
        # Nearly all of the work, and the waits for the disk, without the gate.
        for _ in range(2):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        with self._decisions.gate:
            found = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(found[0] == 0)

    def purge(self) -> int:
        """Forget what is over its time, and leave no bytes of it; return how many calls."""
        if self._connection is None:
            return 0
        now = self._clock()
        gone = purge(self._connection, self._decisions.gate, self.retention, now)
        self._decisions.purged += gone
        remove_old_files(self._decisions.path, now - self.retention.refused_s)
        if gone:
            self.empty_wal()
            log.info("LOG-PURGED calls=%d", gone)
        return gone

    def _run(self) -> None:
        while not self._ending.is_set():
            self.step()
            self._ending.wait(STEP_S)

    def _open(self) -> None:
        path = self._decisions.path
        keys = load_or_make_keys(self._keys)
        maker = RowMaker(keys)
        self._decisions.use(maker)  # what cannot be opened now must not keep rows from the disk
        if self._decisions.broken:
            self._set_aside("it was found damaged")
        try:
            connection = open_log(path)
        except BrokenLogError as error:
            self._set_aside(str(error))
            connection = open_log(path)
        try:
            # Before anything of this run, so that an outcome finds its call.
            taken = take_in(spill_base(path), LogWriter(connection))
            self._decisions.adopt(connection, maker)
        except BaseException:
            connection.close()
            raise
        log.info("LOG-OPEN %s%s", path, _recovered(taken))
        others = _newest_key_id(connection)
        if others not in {None, keys.key_id}:
            log.warning(
                "LOG-KEYS %s its newest numbers are sealed with the keys %s, and %s holds the "
                "keys %s: those can be neither opened nor searched for",
                *(path, others, self._keys, keys.key_id),
            )

    def _set_aside(self, why: str) -> None:
        self._drop()
        aside = set_aside(self._decisions.path)
        self._decisions.broken = False
        log.error("LOG-ASIDE %s, and a new log is begun: %s", aside, why)

    def _is_current(self) -> bool:
        path = self._decisions.path
        if self._connection is None or self._file != identity_of(path):
            self._drop()
            if self._decisions.needs_opening:
                return False
            self._connection, self._file = connect(path), identity_of(path)
        return True

    def _keep_up(self) -> None:
        connection, now = self._connection, self._timer()
        if connection is None:
            return
        if self._decisions.counted is None:
            written = self._decisions.written
            self._decisions.counted = (
                connection.execute("SELECT count(*) FROM calls").fetchone()[0] - written
            )
        if now >= self._hint_at:
            self._decisions.hinted_up_to(fill(connection, self._decisions.gate))
        if now >= self._checkpoint_at:
            self._checkpoint_at = now + CHECKPOINT_S
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            if _size(self._decisions.path) > LONG_WAL:
                self.empty_wal()
        if now >= self._purge_at:
            self._purge_at = now + PURGE_S
            self.purge()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._file = None

    def _tell(self, error: Exception) -> None:
        text = words_for(error)
        if text != self._told:
            log.warning("LOG-TROUBLE %s upkeep: %s", self._decisions.path, text)
        self._told = text


def _size(path: Path) -> int:
    try:
        return Path(f"{path}-wal").stat().st_size
    except OSError:
        return 0


def _recovered(taken: Taken) -> str:
    if taken == Taken():
        return ""
    return f" recovered={taken.calls} refused={taken.refused} unreadable={taken.unreadable}"


def _newest_key_id(connection: sqlite3.Connection) -> str | None:
    # Of the newest block only: to look further could mean to read all of the log.
    found = connection.execute(
        "SELECT key_id FROM (SELECT seq, key_id FROM calls ORDER BY seq DESC LIMIT 1024) "
        "WHERE key_id IS NOT NULL ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return str(found[0]) if found else None
