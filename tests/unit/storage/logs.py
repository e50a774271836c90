"""Real logs for tests of the storage: decisions to write, and a log opened beside its upkeep."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from screener.core.call import Facts, read_call
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.settings import Mode, Settings
from screener.storage.decision_log import DecisionLog
from screener.storage.log_upkeep import LogUpkeep
from screener.storage.retention import Retention
from tests.builders import NOW, HandClock, an_engine

ENGINE = an_engine(Settings(mode=Mode.ENFORCE))


def decided(call_id: str, number: str = "+16515550142", **facts: str) -> Decision:
    """Return the decision on a call, judged by one engine that many tests share."""
    return at(NOW, call_id, number, **facts)


def at(moment: float, call_id: str, number: str = "+16515550142", **facts: str) -> Decision:
    told = Facts(**{"number": number, "did": "+16515392200", "trunk": "trunk-a", **facts})
    call, load = read_call(told, ENGINE.plan, call_id=call_id, now=moment)
    return ENGINE.assess(call, load)


def refused(decision: Decision) -> Decision:
    """Return the decision as one that dropped the call."""
    strict = Engine(Settings(mode=Mode.ENFORCE), ENGINE._memory)
    dropped = strict.assess(replace(decision.call, name=""), decision.load, malformed=False).verdict
    action = type(dropped.action)("drop")
    return replace(decision, verdict=replace(dropped, action=action, would=action))


class OpenLog:
    """A log in a folder with a clock and a timer moved by hand, opened unless told otherwise."""

    def __init__(
        self, folder: Path, *, queue: int = 1_000, retention: Retention | None = None
    ) -> None:
        self.path = folder / "state" / "decisions.db"
        self.keys = folder / "keys.json"
        self.clock, self.timer = HandClock(), HandClock(0.0)
        self.decisions = DecisionLog(self.path, self.clock, queue, timer=self.timer)
        self.upkeep = LogUpkeep(
            self.decisions, self.keys, retention or Retention(), self.clock, timer=self.timer
        )

    def settle(self, rounds: int = 20) -> None:
        """Let time pass, and with it what the timer and the upkeep do."""
        for _ in range(rounds):
            self.timer.now += 1.0
            self.upkeep.step()
            self.decisions.flush()

    def ids(self) -> list[str]:
        return [str(row[0]) for row in self.ask("SELECT id FROM calls ORDER BY seq")]

    def ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        other = sqlite3.connect(self.path)
        try:
            return other.execute(sql, values).fetchall()
        finally:
            other.close()

    def ask_to(self, sql: str, *values: object) -> None:
        """Change the log as another program would."""
        other = sqlite3.connect(self.path, isolation_level=None)
        try:
            other.execute(sql, values)
        finally:
            other.close()

    def bytes(self) -> bytes:
        """Return all that stands in the files of the log."""
        return b"".join(one.read_bytes() for one in sorted(self.path.parent.iterdir()))


@contextmanager
def a_log(folder: Path, *, queue: int = 1_000) -> Iterator[OpenLog]:
    log = OpenLog(folder, queue=queue)
    log.upkeep.step()
    try:
        yield log
    finally:
        log.upkeep.close()
