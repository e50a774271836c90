from dataclasses import replace
from itertools import pairwise

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.settings import Level, Mode, Settings
from screener.service.figures import FRESH_S, FigureReader, Figures
from screener.service.tally import Tally
from tests.builders import HandClock, a_call, a_memory


def as_told(load: Load) -> Load:
    return load


class Read:
    """A reader over an engine, with a clock moved by hand."""

    def __init__(self) -> None:
        self.clock, self.tally = HandClock(), Tally()
        self.engine = Engine(Settings(mode=Mode.ENFORCE), a_memory())
        self.reader = FigureReader(lambda: self.engine, self.tally, as_told, self.clock)

    def call(self, number: str, call_id: str, trunk: str = "trunk-a") -> None:
        call = a_call(number, call_id=call_id, trunk=trunk, arrived_at=self.clock.now)
        decision = self.engine.decide(call, Load())
        self.tally(replace(decision, latency_s=0.001))

    def figures(self) -> Figures:
        return self.reader()


def test_an_agent_that_has_done_nothing_tells_zeros_and_its_size() -> None:
    told = Read().figures()
    assert told.verdicts == told.would == {"admit": 0, "challenge": 0, "drop": 0}
    assert (told.level, told.pressure) == (Level.CALM, 0.0)
    assert (told.places_taken, told.is_attacked, told.incidents) == (0, False, 0)
    assert told.places > 0
    assert told.swollen == {}
    assert told.latency[-1][1] == 0


def test_a_flood_shows_in_every_figure() -> None:
    read = Read()
    for place in range(100):
        read.clock.now += 30.0
        read.call(f"+1612{place % 9 + 2}55{place:04}", f"calm-{place}", f"trunk-{place % 3}")
    for place in range(600):
        read.clock.now += 0.1
        read.call(f"+1612{place % 7 + 2}55{place:04}", f"flood-{place}", "trunk-0")
    told = read.figures()
    assert sum(told.verdicts.values()) == 700
    assert told.latency[-1][1] == 700
    assert 0.69 < told.latency_sum < 0.71
    assert told.is_attacked
    assert told.incidents == 1
    assert told.excess_per_s > 1.0
    assert sum(told.swollen.values()) > 0
    assert 0 < told.places_taken <= told.places
    assert told.pressure > 0.0


def test_what_swelled_long_ago_is_not_told_as_of_now() -> None:
    read = Read()
    read.call("+16125550142", "one")
    read.clock.now += 2 * FRESH_S
    assert read.figures().swollen == {}


def test_latencies_rise_and_the_last_edge_has_all_of_them() -> None:
    read = Read()
    for seconds in (0.0, 1e-5, 0.004, 0.2, 3_600.0):
        read.tally.latency.add(seconds)
    told = read.figures().latency
    assert all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(told))
    assert told[-1][1] == 5
