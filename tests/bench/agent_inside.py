"""The agent's insides without its wires: the whole service over tables of the default size.

For benchmarks that play calls faster than a socket brings them. The log is set to warnings.
"""

import logging
from dataclasses import dataclass

from screener.core.call import Facts
from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.settings import Mode, Settings
from screener.service.feed import Feed
from screener.service.history import take_history
from screener.service.journal import write_decision
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from tests.bench.as_agent import agent_memory
from tests.bench.callers import known
from tests.builders import DAY, HandClock

TRUNK = "trunk-a"


@dataclass(frozen=True, slots=True)
class Inside:
    """A service with what a benchmark wants to look at; time moves by hand."""

    service: ScreeningService
    memory: Memory
    clock: HandClock

    def screen(self, number: str, step_s: float) -> tuple[str, str]:
        """Screen one call `step_s` after the one before; return its id and verdict."""
        self.clock.now += step_s
        facts = Facts(number=number, did="6515392200", trunk=TRUNK, source="127.0.0.1")
        answer = self.service.screen(facts)
        return answer["SCREENER_ID"], answer["SCREENER_VERDICT"]

    def teach(self, count: int) -> int:
        """Tell of two served calls of each of the first known callers; return how many count."""
        now = self.clock.now
        records: list[dict[str, object]] = [
            {
                "caller": known(index),
                "at": now - days * DAY,
                "outcome": "answered",
                "talk_s": 120,
                "trunk": TRUNK,
            }
            for days in (10, 2)
            for index in range(count)
        ]
        return take_history(self.service.engine, records) // 2


def fill_counters(memory: Memory, now: float) -> None:
    """Fill the counters to their bound with entries like real ones, so that each new one evicts."""
    bound = Settings().tables.counters
    for index in range(bound):
        memory.counters.put(f"number||4/600,12/86400,10/600\x1f+1200{index:07}", (now,) * 3)


def inside() -> Inside:
    """Build it, enforcing, with the default settings."""
    logging.getLogger("screener").setLevel(logging.WARNING)
    settings, clock = Settings(mode=Mode.ENFORCE), HandClock()
    memory = agent_memory(settings)
    sinks = (write_decision, Feed())
    service = ScreeningService(Engine(settings, memory), clock, Tally(), sinks)
    return Inside(service, memory, clock)
