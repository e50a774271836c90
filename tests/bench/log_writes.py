"""Writing the decision log: rows a second beside bare SQLite, and what one row costs a verdict.

The first table writes decisions as fast as they go: gathered as the agent does, each at once as
before, and in the spill file while others lock the database; the peer inserts ready rows into the
same table, one commit each. The second makes
500 calls/s while 100,000 old calls are purged and checkpoints follow: as it is, where a row that
finds the gate closed goes into the spill file; waiting for the gate as it was before, 20 ms at
most; and with nothing else going on.
"""

import logging
import sqlite3
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median

from screener.core.decision import Decision
from screener.service.collector import collect_rarely, keep_what_is
from screener.storage.decision_log import BATCH_GATHERED, DecisionLog
from screener.storage.keys import Keys, load_keys
from screener.storage.log_file import connect
from screener.storage.log_rows import RowMaker, insert
from screener.storage.log_upkeep import LogUpkeep
from screener.storage.log_writer import LogWriter
from screener.storage.retention import Retention
from tests.bench.callers import spoofed
from tests.bench.figures import Scale, quantile, show
from tests.builders import NOW, HandClock
from tests.unit.storage.logs import at

ROUNDS = 5
RATE = 500.0
OLD_GATE_S = 0.02
FLUSH_S = 0.1
_LATER = NOW + 31 * 86_400.0
"""When all calls of NOW are over their time."""

_AFTER_S = 2.0
_PURGE_LIMIT_S = 60.0
_SWITCH_S = 0.0005
"""As `screener serve` sets it."""


class _PatientGate:
    """The gate as it was: a call that finds it closed waits 20 ms before its row is put off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquire(self, *, blocking: bool) -> bool:
        return self._lock.acquire(timeout=-1 if blocking else OLD_GATE_S)

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def run(scale: Scale) -> None:
    """Measure and print."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    collect_rarely()  # as the agent does
    logging.disable(logging.WARNING)  # that rows are put off is what is measured
    try:
        _run_rows(scale.of(10_000, 300))
        _run_upkeep(scale)
    finally:
        logging.disable(logging.NOTSET)
        sys.setswitchinterval(before)


def _run_rows(rows: int) -> None:
    decisions = _decisions(rows, NOW)
    keep_what_is()
    cases: dict[str, Callable[[Path, list[Decision]], list[float]]] = {
        "peer: bare INSERT of ready rows": _bare,
        "decision log, as the agent has it": _gathered,
        "decision log, each row at once": _logged,
        "decision log, locked by others": _spilled,
    }
    rates: dict[str, list[float]] = {name: [] for name in cases}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            with tempfile.TemporaryDirectory(prefix="screener-bench-") as folder:
                took = case(Path(folder) / "state" / "decisions.db", decisions)
            rates[name].append(len(took) / sum(took) * 1e6)
            times[name] += took
    peer = median(rates["peer: bare INSERT of ready rows"])
    table = [
        (
            name,
            round(median(rates[name])),
            f"{median(rates[name]) / peer:.2f} x",
            *(quantile(times[name], share) for share in (0.5, 0.99, 0.999)),
            max(times[name]),
        )
        for name in cases
    ]
    columns = ("one row, us", "rows/s", "to peer", "p50", "p99", "p99.9", "max")
    show(f"log-writes: medians of {ROUNDS} interleaved rounds of {rows:,} rows", columns, table)


def _bare(path: Path, decisions: list[Decision]) -> list[float]:
    with _a_log(path, HandClock()) as (_, upkeep):
        maker = RowMaker(load_keys(upkeep._keys))
        made = [maker.of_decision(decision).values for decision in decisions]
        rows = iter([(seq, *values) for seq, values in enumerate(made, 1)])
        with closing(connect(path)) as connection:
            return _timed(lambda: connection.execute(insert(), next(rows)), len(decisions))


def _gathered(path: Path, decisions: list[Decision]) -> list[float]:
    """Time rows that are gathered; writing them together falls to the last of each batch."""
    due: deque[Callable[[], None]] = deque()
    with _a_log(path, HandClock()) as (log, _):
        log.gather(lambda seconds, then: due.append(then) if not seconds else None)
        left = iter(decisions)

        def one() -> None:
            log(next(left))
            while due and log.queued >= BATCH_GATHERED:
                due.popleft()()

        took = _timed(one, len(decisions))
        log.gather(None)
    return took


def _logged(path: Path, decisions: list[Decision]) -> list[float]:
    with _a_log(path, HandClock()) as (log, _):
        left = iter(decisions)
        return _timed(lambda: log(next(left)), len(decisions))


def _spilled(path: Path, decisions: list[Decision]) -> list[float]:
    with (
        _a_log(path, HandClock()) as (log, _),
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        left = iter(decisions)
        return _timed(lambda: log(next(left)), len(decisions))


def _run_upkeep(scale: Scale) -> None:
    old, seconds = scale.of(100_000, 2_000), scale.of(15, 1)
    calls = _decisions(2_000, _LATER)
    rows = []
    for name, gate, purged in (
        ("nothing else going on", None, 0),
        ("purge, waiting for the gate as before", _PatientGate(), old),
        ("purge, as it is", None, old),
    ):
        with tempfile.TemporaryDirectory(prefix="screener-bench-") as folder:
            rows.append((name, *_beside_upkeep(Path(folder), gate, purged, calls, seconds)))
    columns = (
        "DecisionLog.__call__, us",
        *("calls", "seconds", "p50", "p99", "p99.9", "max", "put off", "left out"),
    )
    show(f"log-writes: {RATE:.0f} calls/s beside a purge of {old:,} calls", columns, rows)


def _beside_upkeep(
    folder: Path, gate: _PatientGate | None, old: int, calls: list[Decision], seconds: float
) -> tuple[object, ...]:
    clock = HandClock(_LATER)
    with _a_log(folder / "state" / "decisions.db", clock) as (log, upkeep):
        if gate is not None:
            log.gate = gate  # type: ignore[assignment]  # it has what is used of a Lock
        if old:
            _fill(log.path, load_keys(upkeep._keys), old)
            upkeep._purge_at = 0.0  # its next step, within a second, begins to purge
        began = time.perf_counter()
        limit_s = _PURGE_LIMIT_S if old else seconds
        took: list[float] = []
        put_off = 0
        purged_at: float | None = None
        for decision in cycle(calls):
            now = time.perf_counter() - began
            if purged_at is None and old and log.purged >= old:
                purged_at = now
            if now > limit_s or (purged_at is not None and now > purged_at + _AFTER_S):
                break
            took.append(_one(partial(log, decision)))
            put_off += bool(log.queued)
            if len(took) % int(RATE * FLUSH_S) == 0:
                log.flush()
            time.sleep(max(len(took) / RATE - (time.perf_counter() - began), 0.0))
        lost = log.not_recorded
        shares = [quantile(took, share) for share in (0.5, 0.99, 0.999)]
        return len(took), round(now, 1), *shares, max(took), put_off, lost


def _fill(path: Path, keys: Keys, old: int) -> None:
    maker = RowMaker(keys)
    rows = [maker.of_decision(decision) for decision in _decisions(1_000, NOW)]
    with closing(connect(path, wait_s=5.0)) as connection:
        writer = LogWriter(connection)
        for _ in range(old // len(rows)):
            writer.write(rows)
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def _a_log(path: Path, clock: HandClock) -> Iterator[tuple[DecisionLog, LogUpkeep]]:
    """Open a log as an agent does, with its upkeep in a thread."""
    log = DecisionLog(path, clock, 100_000)
    upkeep = LogUpkeep(log, path.with_name("keys.json"), Retention(), clock)
    upkeep.start()
    try:
        yield log, upkeep
    finally:
        upkeep.close()


def _decisions(many: int, moment: float) -> list[Decision]:
    return [at(moment, f"{number:016x}", spoofed(number)) for number in range(many)]


def _timed(step: Callable[[], object], many: int) -> list[float]:
    return [_one(step) for _ in range(many)]


def _one(step: Callable[[], object]) -> float:
    started = time.perf_counter_ns()
    step()
    return (time.perf_counter_ns() - started) / 1e3
