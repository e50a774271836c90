from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from screener.core.call import Load
from screener.core.center_counts import CenterLedger
from screener.core.engine import Engine
from screener.core.settings import Settings
from screener.core.usual import QUARTER_S
from tests.builders import NOW, a_call, a_memory

if TYPE_CHECKING:
    from screener.core.memory import Memory

BEGIN = NOW - NOW % QUARTER_S


class Edge:
    def __init__(self, settings: Settings | None = None) -> None:
        self.memory: Memory = a_memory()
        self.engine = Engine(settings or Settings(), self.memory)
        self.ledger = CenterLedger(self.engine, self.memory, BEGIN)

    def came(self, now: float, number: int = 42) -> None:
        self.engine.decide(a_call(f"+1651555{number:04}", arrived_at=now), Load())

    def tell(self, other: "Edge", now: float) -> None:
        other.ledger.fold(other.engine, self.ledger.draw(self.engine, now), now)


def test_arrivals_of_all_edges_make_the_pressure() -> None:
    east, north, alone = Edge(), Edge(), Edge()
    for place in range(40):
        now = BEGIN + 1.0 + place
        (east if place % 2 else north).came(now, place)
        alone.came(now, place)
        east.tell(north, now)
        north.tell(east, now)
    now = BEGIN + 41.0
    expected = alone.engine.pressure(Load(), now)
    assert expected.arrivals > 0.0
    for edge in (east, north):
        assert edge.engine.pressure(Load(), now).arrivals == pytest.approx(expected.arrivals)
        assert edge.engine.pressure(Load(), now).level is expected.level


def test_arrivals_told_late_are_faded() -> None:
    east, north = Edge(), Edge()
    east.came(BEGIN + 1.0)
    delta = east.ledger.draw(east.engine, BEGIN + 1.0)
    north.ledger.fold(north.engine, delta, BEGIN + 61.0)
    assert north.engine.gauge.arrivals(BEGIN + 61.0) == pytest.approx(
        east.engine.gauge.arrivals(BEGIN + 61.0)
    )


def test_calls_of_the_quarter_are_those_of_all_edges_and_counted_once() -> None:
    east, north = Edge(), Edge()
    for place in range(5):
        east.came(BEGIN + place, place)
    north.came(BEGIN + 2.0, 77)
    for _ in range(3):
        east.tell(north, BEGIN + 10.0)
        north.tell(east, BEGIN + 10.0)
    assert (east.memory.usual.came, north.memory.usual.came) == (6, 6)
    north.came(BEGIN + QUARTER_S + 1.0, 78)
    north.tell(east, BEGIN + QUARTER_S + 2.0)
    assert (east.memory.usual.since, east.memory.usual.came) == (BEGIN + QUARTER_S, 1)
    east.came(BEGIN + QUARTER_S + 3.0)
    east.tell(north, BEGIN + QUARTER_S + 4.0)
    assert north.memory.usual.came == 2


def test_an_edge_without_calls_turns_the_quarter_with_the_others() -> None:
    east, north = Edge(), Edge()
    for quarter in range(3):
        begins = BEGIN + quarter * QUARTER_S
        for place in range(4):
            east.came(begins + place, place)
        east.tell(north, begins + 5.0)
    assert north.memory.usual.usual == east.memory.usual.usual
    assert any(north.memory.usual.usual)


def test_what_is_told_of_a_quarter_that_is_over_counts_for_none() -> None:
    east, north = Edge(), Edge()
    east.came(BEGIN + 1.0)
    late = east.ledger.draw(east.engine, BEGIN + 2.0)
    north.came(BEGIN + QUARTER_S + 1.0)
    north.ledger.fold(north.engine, late, BEGIN + QUARTER_S + 2.0)
    assert north.memory.usual.came == 1


def test_a_reload_goes_on_with_what_was_told() -> None:
    east, north = Edge(), Edge()
    east.came(BEGIN + 1.0)
    settings = Settings()
    settings = replace(settings, crowds=replace(settings.crowds, fast=30.0))
    successor = east.engine.succeed(settings)
    successor.take_over()
    east.engine = successor
    east.tell(north, BEGIN + 2.0)
    assert north.memory.crowds.few["wnew"].fast == pytest.approx(0.967, abs=0.02)
    assert not east.ledger.draw(east.engine, BEGIN + 3.0)
