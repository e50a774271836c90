from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.crowd import KNOWN, NEW, Crowd
from screener.core.crowd_deltas import ALL, CrowdLedger, counts_of
from screener.core.crowd_kinds import MOST_CROWDS
from screener.core.crowds import CrowdBook, CrowdMemory, CrowdView
from screener.core.demand import JOINT, key_of
from screener.core.settings import Settings
from screener.storage.memory import SegmentedTable
from tests.builders import NOW, a_call

SETTINGS = Settings()


class Counting:
    """One edge's crowds with its ledger, or one alone for all calls."""

    def __init__(self, *, shares: bool = True) -> None:
        self.memory = CrowdMemory(SegmentedTable[Crowd](1_000, 0))
        self.book = CrowdBook(SETTINGS.crowds, SETTINGS.site, self.memory)
        self.ledger = CrowdLedger(self.memory, SETTINGS.crowds, NOW) if shares else None

    def came(self, now: float, who: str, trunk: str, *, event: int = 0, number: int = 0) -> None:
        call = a_call(f"+1651555{number:04}", trunk=trunk, arrived_at=now)
        key = key_of(JOINT, who, call.attestation, trunk)
        self.book.count(call, CrowdView(who, key), usual=event != 1)
        if event == 2:
            self.book.challenged(key, passed=number % 2 == 0, now=now)
        if event == 3:
            self.book.busied(key, now)
        if event == 4:
            self.book.returned(key, now)

    def counts(self, now: float) -> dict[str, tuple[float, ...]]:
        fading = self.book._fading
        found: dict[str, tuple[float, ...]] = {}
        held = {ALL: self.memory.all, **self.memory.few}
        held |= self.memory.prefixes.entries(protected=False)
        for key, crowd in held.items():
            crowd.fade(fading, now)
            found[key] = counts_of(crowd)
        return found


def exchange(several: list[Counting], now: float) -> None:
    """Let each edge tell what it counted, and all others take it."""
    deltas = [one.ledger.draw(now) for one in several if one.ledger is not None]
    for place, delta in enumerate(deltas):
        for other, one in enumerate(several):
            if other != place and one.ledger is not None:
                one.ledger.fold(delta, now)


calls = st.lists(
    st.tuples(
        st.floats(0.0, 20.0),
        st.integers(0, 2),
        st.sampled_from([NEW, KNOWN]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 4),
        st.integers(0, 30_000).map(lambda one: one % 10_000),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(calls, st.sampled_from([0.5, 1.0, 7.3]))
def test_edges_that_exchange_hold_what_one_edge_with_all_calls_holds(
    stream: list[tuple[float, int, str, str, int, int]], every: float
) -> None:
    edges, alone = [Counting() for _ in range(3)], Counting(shares=False)
    now = NOW
    told_at = NOW
    for gap, edge, who, trunk, event, number in stream:
        now += gap
        while told_at + every <= now:
            told_at += every
            exchange(edges, told_at)
        edges[edge].came(now, who, trunk, event=event, number=number)
        alone.came(now, who, trunk, event=event, number=number)
    exchange(edges, now)
    expected = alone.counts(now + 1.0)
    for one in edges:
        found = one.counts(now + 1.0)
        assert found.keys() == expected.keys()
        for key, counts in expected.items():
            assert found[key] == pytest.approx(counts, rel=1e-9, abs=1e-9)


def test_what_came_from_others_is_not_told_again() -> None:
    east, north = Counting(), Counting()
    east.came(NOW, NEW, "a")
    assert east.ledger is not None
    assert north.ledger is not None
    delta = east.ledger.draw(NOW)
    assert north.ledger.fold(delta, NOW) == 1.0
    assert not north.ledger.draw(NOW + 1.0)
    assert not east.ledger.draw(NOW + 1.0)


def test_what_is_told_late_is_faded_to_the_time_it_happened() -> None:
    east, north = Counting(), Counting()
    east.came(NOW, NEW, "a")
    assert east.ledger is not None
    assert north.ledger is not None
    delta = east.ledger.draw(NOW)
    north.ledger.fold(delta, NOW + 60.0)
    found, expected = north.counts(NOW + 60.0), east.counts(NOW + 60.0)
    assert found == {key: pytest.approx(counts) for key, counts in expected.items()}


def test_a_memory_with_a_past_tells_only_what_is_new() -> None:
    one = Counting(shares=False)
    one.came(NOW - 10.0, NEW, "a")
    ledger = CrowdLedger(one.memory, SETTINGS.crowds, NOW)
    one.came(NOW, NEW, "a")
    delta = ledger.draw(NOW)
    assert delta.few["wnew"].fast == pytest.approx(1.0)
    assert delta.few["wnew"].usual == pytest.approx(1.0)


def test_crowds_of_others_are_bounded_as_our_own() -> None:
    east, north = Counting(), Counting()
    for trunk in range(MOST_CROWDS):
        east.came(NOW, NEW, str(trunk))
        north.came(NOW, NEW, f"other {trunk}")
    assert east.ledger is not None
    assert north.ledger is not None
    north.ledger.fold(east.ledger.draw(NOW), NOW)
    assert len(north.memory.few) <= MOST_CROWDS + 5


def test_a_reload_changes_how_fast_counts_fade() -> None:
    one = Counting()
    one.came(NOW, NEW, "a")
    assert one.ledger is not None
    one.ledger.reconfigure(replace(SETTINGS.crowds, fast=30.0))
    assert one.ledger.draw(NOW + 30.0).few["wnew"].fast == pytest.approx(0.3679, abs=1e-3)
