"""Killing agents under load: whether any call whose verdict left is missing from the log.

200 calls/s to a real agent, which is killed (SIGKILL) at a random moment and started again, over
and over, on one log; then the same while a second process holds the database locked all along. And
what a lock of a minute costs the calls: the delay of verdicts during it, beside before and after.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from itertools import count
from pathlib import Path

from screener.errors import MissingPartError
from tests.bench.agents import OurAgent
from tests.bench.figures import Scale, quantile, show
from tests.bench.log_callers import RATE, Callers
from tests.unit.agents import ended

SEED = 20_161_101
_LIVES_S = (0.4, 2.0)
"""From the first call to the kill, at random in between."""

_DRAIN_LIMIT_S = 60.0
_LOCKER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], 30.0, isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
held.execute("ROLLBACK")
"""


def run_kills(scale: Scale) -> None:
    """Kill, count and print."""
    rows = []
    for name, kills, locked in (
        ("as it is", scale.of(50, 2), False),
        ("locked by others all along", scale.of(10, 2), True),
    ):
        with tempfile.TemporaryDirectory(prefix="screener-bench-") as folder:
            rows.append((name, *_killed(Path(folder) / "agent", kills, locked=locked)))
    columns = ("database", "kills", "verdicts that left", "missing", "there twice", "start, s max")
    show(f"log-kills: {RATE:.0f} calls/s, kill -9 at random moments (seed {SEED})", columns, rows)


def run_lock(scale: Scale) -> None:
    """Lock, measure, kill in the middle of another lock, and print."""
    indices = count()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        agent = stack.enter_context(OurAgent(folder / "agent"))
        with Callers(agent.port, indices) as warm_up:
            time.sleep(scale.of(3, 1))
        before = _calls_for(agent, indices, scale.of(20, 2))
        with locked_by_others(_database(agent)):
            during = _calls_for(agent, indices, scale.of(60, 3))
            waiting = _log_status(agent)
        began = time.monotonic()
        after = _calls_for(agent, indices, scale.of(20, 2))
        _wait_until_written(agent)
        drained_s = time.monotonic() - began
        phases = {"not locked, before": before, "locked": during, "not locked, after": after}
        acknowledged = [one for calls in (warm_up, *phases.values()) for one in calls.ids]
        missing = set(acknowledged) - set(_ids(agent))
    base = quantile([*before.delays_ms, *after.delays_ms], 0.99)
    rows = [
        (
            name,
            len(calls.ids),
            calls.unanswered,
            *(quantile(calls.delays_ms, share) for share in (0.5, 0.99, 0.999)),
            max(calls.delays_ms, default=0.0),
            f"{quantile(calls.delays_ms, 0.99) / base:.2f} x",
        )
        for name, calls in phases.items()
    ]
    columns = (
        "delay of verdicts, ms",
        *("verdicts", "without", "p50", "p99", "p99.9", "max", "p99 to not locked"),
    )
    show(f"log-lock: {RATE:.0f} calls/s, database locked EXCLUSIVE by others", columns, rows)
    print(
        f"  at the end of the lock: {waiting}\n  rows missing: {len(missing)};"
        f" all written at most {drained_s:.1f} s after the lock"
    )


def _killed(folder: Path, kills: int, *, locked: bool) -> tuple[int, int, int, int, float]:
    chance, indices = random.Random(SEED), count()  # noqa: S311 - moments, no secrets
    acknowledged: set[str] = set()
    slowest = 0.0
    agent = OurAgent(folder)
    try:
        agent.start()
        with locked_by_others(_database(agent)) if locked else nullcontext():
            for _ in range(kills):
                with Callers(agent.port, indices) as calls:
                    time.sleep(chance.uniform(*_LIVES_S))
                    os.kill(agent.pid, signal.SIGKILL)
                    ended(agent)
                acknowledged |= set(calls.ids)
                began = time.monotonic()
                agent.start()
                slowest = max(slowest, time.monotonic() - began)
        _wait_until_open(agent)
        _wait_until_written(agent)
    finally:
        agent.stop()
    held = _ids(agent)
    missing = acknowledged - set(held)
    return kills, len(acknowledged), len(missing), len(held) - len(set(held)), slowest


@contextmanager
def locked_by_others(database: Path) -> Iterator[None]:
    """Hold a database locked by a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", _LOCKER, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            if child.stdout.readline() != b"locked\n":
                raise MissingPartError("the second process did not get its lock")
            yield
        finally:
            child.stdin.close()
            child.wait()


def _database(agent: OurAgent) -> Path:
    return agent.config.parent / "state" / "decisions.db"


def _calls_for(agent: OurAgent, indices: Iterator[int], seconds: float) -> Callers:
    with Callers(agent.port, indices) as calls:
        time.sleep(seconds)
    return calls


def _log_status(agent: OurAgent) -> dict[str, object]:
    told = agent.ask({"op": "status"})["decision_log"]
    if not isinstance(told, dict):
        raise MissingPartError("the agent's status has another shape")
    return told


def _wait_until_open(agent: OurAgent) -> None:
    deadline = time.monotonic() + _DRAIN_LIMIT_S
    while _log_status(agent)["rows"] is None:
        if time.monotonic() > deadline:
            raise MissingPartError(f"the log is not open after {_DRAIN_LIMIT_S:g} s")
        time.sleep(0.05)


def _wait_until_written(agent: OurAgent) -> None:
    deadline = time.monotonic() + _DRAIN_LIMIT_S
    while _log_status(agent)["queued"]:
        if time.monotonic() > deadline:
            raise MissingPartError(f"rows wait longer than {_DRAIN_LIMIT_S:g} s")
        time.sleep(0.05)


def _ids(agent: OurAgent) -> list[str]:
    with closing(sqlite3.connect(_database(agent))) as log:
        return [row[0] for row in log.execute("SELECT id FROM calls")]
