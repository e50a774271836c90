from dataclasses import replace

import pytest

from screener.core.call import Load
from screener.core.center_baseline import (
    FRESH_S,
    adopt,
    adopt_prefixes,
    baseline_of,
    is_better,
    prefixes_of,
)
from screener.core.crowd_kinds import MOST_CROWDS
from screener.core.engine import Engine
from screener.core.settings import Settings
from tests.builders import NOW, a_call, a_memory


class Edge:
    def __init__(self, calls: int = 0) -> None:
        self.memory = a_memory()
        self.engine = Engine(Settings(), self.memory)
        self.now = NOW
        for number in range(calls):
            self.now = NOW + number * 60.0
            called = f"+1651{number * 37 % 1_000:03}{number:04}"
            self.engine.decide(a_call(called, arrived_at=self.now), Load())


def test_who_begins_goes_on_from_another_as_if_it_had_counted_itself() -> None:
    old, young = Edge(100), Edge()
    baseline = baseline_of(old.engine, old.memory, {"old": 7}, old.now)
    prefixes = prefixes_of(old.engine, old.memory.crowds.prefixes.entries(protected=False), old.now)
    assert is_better(baseline, young.engine, young.memory, old.now)
    adopt(baseline, young.engine, young.memory, old.now)
    adopt_prefixes(prefixes, old.now, young.memory)
    for number in range(5):
        call = a_call(f"+1651{number * 37:03}9999", arrived_at=old.now + 30.0 * (number + 1))
        told = [one.engine.decide(call, Load()).verdict for one in (old, young)]
        assert told[0].score == told[1].score
    assert young.memory.usual.came == old.memory.usual.came
    assert dict(baseline.seen) == {"old": 7}


def test_crowds_stay_the_objects_that_the_rules_hold() -> None:
    old, young = Edge(50), Edge(3)
    held = dict(young.memory.crowds.few)
    adopt(baseline_of(old.engine, old.memory, {}, old.now), young.engine, young.memory, old.now)
    for key, crowd in held.items():
        assert young.memory.crowds.few[key] is crowd
    before = young.memory.crowds.few["wnew"].slow
    young.engine.decide(a_call("+16519990000", arrived_at=old.now), Load())
    assert young.memory.crowds.few["wnew"].slow == pytest.approx(before + 1.0)


def test_who_knows_more_keeps_its_own() -> None:
    old, young = Edge(100), Edge(20)
    theirs = baseline_of(young.engine, young.memory, {}, young.now)
    assert not is_better(theirs, old.engine, old.memory, old.now)


def test_a_fresh_baseline_of_about_as_many_calls_is_taken_a_stale_one_is_not() -> None:
    one, other = Edge(100), Edge(90)
    fresh = replace(baseline_of(other.engine, other.memory, {}, other.now), at=one.now)
    assert is_better(fresh, one.engine, one.memory, one.now)
    stale = replace(fresh, at=one.now - FRESH_S - 1.0)
    assert not is_better(stale, one.engine, one.memory, one.now)


def test_a_baseline_of_others_is_bounded_as_our_own() -> None:
    old, young = Edge(50), Edge()
    baseline = baseline_of(old.engine, old.memory, {}, old.now)
    counts = baseline.few["wnew"]
    many = replace(baseline, few={f"t{place}": counts for place in range(2 * MOST_CROWDS)})
    adopt(many, young.engine, young.memory, old.now)
    assert len(young.memory.crowds.few) == MOST_CROWDS


def test_a_week_of_another_zone_is_not_taken_over_ours() -> None:
    old, young = Edge(50), Edge(1)
    baseline = baseline_of(old.engine, old.memory, {}, old.now)
    baseline.week.timezone = "Europe/Berlin"
    before = young.memory.usual.copy()
    adopt(baseline, young.engine, young.memory, old.now)
    assert young.memory.usual == before
