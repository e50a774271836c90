"""An agent's insides for tests of what outlives it: engine, log and keeper in one folder."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from screener.core.call import Facts, read_call
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.outcome import Outcome
from screener.core.settings import Mode, Settings
from screener.storage.state_keeper import StateKeeper
from screener.storage.state_restore import Restored, Sources, restore
from tests.builders import a_memory
from tests.unit.storage.logs import OpenLog

if TYPE_CHECKING:
    from screener.core.memory import Memory

SETTINGS = Settings(mode=Mode.ENFORCE)


class Life:
    """One life of an agent in the folder of a log; `log.clock` is its clock."""

    def __init__(self, log: OpenLog, settings: Settings = SETTINGS) -> None:
        self.log = log
        self.memory: Memory = a_memory()
        self.engine = Engine(settings, self.memory)
        self.sources = Sources(log.path.parent / "state", log.path, log.keys)
        self.keeper = StateKeeper(
            self.sources.state, log.keys, self.memory, log.clock, timer=log.timer
        )
        self._placed = 0

    def call(self, number: str = "+16515550142", call_id: str = "", **facts: str) -> Decision:
        """Decide a call and record it."""
        decision = self.decide(number, call_id, **facts)
        self.log.decisions(decision)
        self.keeper(decision)
        return decision

    def decide(self, number: str, call_id: str, **facts: str) -> Decision:
        """Decide a call that nobody records."""
        told = Facts(**{"number": number, "did": "+16515392200", "trunk": "trunk-a", **facts})
        now = self.log.clock.now
        call, load = read_call(told, self.engine.plan, call_id=call_id, now=now)
        return self.engine.decide(call, load)

    def report(self, call_id: str, outcome: Outcome) -> bool:
        """Learn what became of a call and record it, as the service does."""
        known = self.engine.report(call_id, outcome, self.log.clock.now)
        if known:
            self.log.decisions.outcome(call_id, outcome)
            self.keeper.told(call_id, outcome)
        return known

    def save(self) -> bool:
        return asyncio.run(self.keeper.save())

    def reborn(self, settings: Settings = SETTINGS) -> tuple["Life", Restored]:
        """Return the next life, which knows what this one left on the disk, and what that was."""
        after = Life(self.log, settings)
        found = restore(after.engine, after.memory, after.sources, self.log.clock.now)
        return after, found


def folder_of(path: Path) -> OpenLog:
    """Return an open log in a folder; close its upkeep at the end."""
    log = OpenLog(path)
    log.upkeep.step()
    return log
