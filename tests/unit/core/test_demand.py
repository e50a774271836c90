from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.crowd import KNOWN, NEW, Crowd
from screener.core.demand import (
    BY_ATTESTATION,
    BY_PREFIX,
    BY_TRUNK,
    BY_WHO,
    JOINT,
    NO_DOUBT,
    Belief,
    Demand,
    doubt_of,
    key_of,
    look_around,
    prior_of,
    share_of,
    who_in,
)
from screener.core.settings import CrowdSettings
from screener.core.swelling import People, Share
from tests.builders import NOW

RULES = CrowdSettings()
BELIEVED = Belief(0.2, 0.5, 0.4)
TAUGHT = 4_000.0
PER_S = 0.3
"""Calls of people, 1/s."""
MIX = {
    (KNOWN, "A", "pri-1"): 0.25,
    (KNOWN, "none", "sip-a"): 0.15,
    (NEW, "A", "pri-1"): 0.30,
    (NEW, "B", "sip-a"): 0.15,
    (NEW, "none", "sip-a"): 0.10,
    ("withheld", "A", "pri-1"): 0.05,
}
Part = tuple[str, str, str]

FLOODED = (NEW, "none", "sip-a")
names = st.text(st.characters(min_codepoint=0x20, exclude_characters="\x7f"), max_size=20)


def crowds_of(parts: dict[Part, float], times: float = 1.0) -> dict[str, Crowd]:
    """Return the crowds of calls that come so many times as usual, parted as usual."""
    few: dict[str, Crowd] = {}
    for part, share in parts.items():
        bring(few, part, times * PER_S * share, usual=TAUGHT * share)
    return few


def bring(few: dict[str, Crowd], part: Part, per_s: float, *, usual: float = 0.0) -> None:
    """Let so many calls of one joint crowd come for long, in each crowd they belong to."""
    sides = zip((BY_WHO, BY_ATTESTATION, BY_TRUNK), part, strict=True)
    for key in [key_of(JOINT, *part), *(key_of(side, name) for side, name in sides)]:
        crowd = few.setdefault(key, Crowd(NOW))
        crowd.fast += per_s * RULES.fast
        crowd.slow += per_s * RULES.slow
        crowd.usual += usual


def demand_of(few: dict[str, Crowd], taught: float = TAUGHT) -> Demand:
    return look_around(few, taught, BELIEVED, RULES, NOW)


@given(names, names, names)
def test_a_key_tells_who_is_in_its_crowd_and_keys_of_other_crowds_differ(
    who: str, attestation: str, trunk: str
) -> None:
    key = key_of(JOINT, who, attestation, trunk)
    assert who_in(key) == who_in(key_of(BY_WHO, who)) == who
    assert key != key_of(JOINT, who, attestation + trunk)
    assert key[0] != key_of(BY_PREFIX, who)[0]


def test_more_speaks_for_a_known_caller_than_for_a_new_one() -> None:
    assert prior_of(key_of(JOINT, KNOWN, "A", "x"), RULES) == RULES.odds_known
    assert prior_of(key_of(JOINT, NEW, "A", "x"), RULES) == RULES.odds


def test_before_any_call_the_kinds_of_callers_have_the_share_that_is_believed() -> None:
    whos = (KNOWN, NEW, "withheld", "anonymous", "absent", "foreign")
    parts = [share_of(key_of(BY_WHO, who), Crowd(), 0.0, 0.0, 0.4).usual for who in whos]
    assert parts[:2] == [pytest.approx(0.4), pytest.approx(0.5)]
    assert all(0.0 < part < 0.1 for part in parts[2:])
    assert 0.9 < sum(parts) <= 1.0


@pytest.mark.parametrize("times", [0.2, 1.0, 3.0, 10.0, 30.0, 100.0])
def test_a_rush_of_people_swells_no_crowd(times: float) -> None:
    demand = demand_of(crowds_of(MIX, times))
    assert demand.swollen == {}
    assert demand.swollen_per_s == demand.flood_per_s == 0.0
    assert demand.slow.calls == pytest.approx(times * PER_S * RULES.slow, rel=0.35)


@pytest.mark.parametrize("part", [part for part in MIX if part[0] != KNOWN])
@pytest.mark.parametrize("rush", [1.0, 4.0])
def test_a_flood_swells_the_crowd_that_it_chose_and_no_other(part: Part, rush: float) -> None:
    few = crowds_of(MIX, rush)
    bring(few, part, 30.0 * PER_S)
    demand = demand_of(few)
    assert set(demand.swollen) == {key_of(JOINT, *part)}
    doubt = demand.swollen[key_of(JOINT, *part)]
    assert doubt.points > 0.0
    assert 0.0 < doubt.people < 0.5
    assert demand.flood_per_s == pytest.approx(few[key_of(JOINT, *part)].fast / RULES.fast)
    # The people in it, not all of its calls, and with a margin for chance.
    assert demand.swollen_per_s < 3.0 * rush * PER_S * MIX[part] + 0.1


@given(st.floats(0.1, 100.0), st.floats(0.0, 100.0))
def test_a_larger_flood_is_doubted_no_less(flood: float, more: float) -> None:
    key = key_of(JOINT, *FLOODED)
    doubts = []
    for per_s in (flood, flood + more):
        few = crowds_of(MIX)
        bring(few, FLOODED, per_s)
        doubts.append(demand_of(few).swollen.get(key, NO_DOUBT))
    assert doubts[0].points <= doubts[1].points + 1e-9


def test_a_flood_spread_over_many_small_crowds_falls_on_all_who_are_of_its_kind() -> None:
    few = crowds_of(MIX)
    for place in range(250):
        bring(few, (NEW, "ABC"[place % 3], f"trunk-{place}"), 0.008)
    demand = demand_of(few)
    assert demand.swollen.keys() == {key_of(BY_WHO, NEW)}
    assert demand.flood_per_s >= 2.0


def test_nothing_is_unusual_before_enough_was_taught() -> None:
    few = crowds_of(MIX)
    bring(few, FLOODED, 3.0)
    assert demand_of(few, RULES.least_taught - 1.0).swollen.keys() <= {key_of(BY_WHO, NEW)}
    assert key_of(JOINT, *FLOODED) in demand_of(few, TAUGHT).swollen


def test_of_a_site_that_knows_nobody_and_saw_nothing_the_operators_tell_the_demand() -> None:
    few: dict[str, Crowd] = {}
    bring(few, FLOODED, 50.0)
    blind = look_around(few, 0.0, Belief(0.2, 0.5, 0.0), RULES, NOW)
    assert blind.fast.calls < 2.0 * 0.5 * RULES.fast
    assert blind.swollen.keys() == {key_of(BY_WHO, NEW)}


def a_demand(calls: float = 60.0) -> Demand:
    people = People(calls, 500.0), People(10.0 * calls, 500.0)
    return Demand(NOW, *people, TAUGHT, 0.4, {}, 0.0, 0.0)


def doubt(calls: float, slow: float, who: str = NEW, lenient: float = 1.0) -> float:
    one = Share(calls, 0.1, 400.0)
    key = key_of(JOINT, who, "A", "x")
    return doubt_of(one, replace(one, calls=slow), a_demand(), key, RULES, lenient).points


def test_a_crowd_of_its_usual_size_is_not_doubted_also_where_it_was_large_lately() -> None:
    assert doubt(6.0, 60.0) == 0.0
    assert doubt(RULES.still * 6.0, 5_000.0) == 0.0
    assert doubt(RULES.still * 6.0 + 1.0, 5_000.0) > 0.0


def test_known_callers_are_doubted_later_and_more_where_they_are() -> None:
    assert doubt(1_000.0, 10_000.0, KNOWN) == pytest.approx(
        doubt(1_000.0, 10_000.0) + RULES.odds_known - RULES.odds
    )


def test_whose_callers_pass_may_come_in_larger_numbers() -> None:
    assert doubt(15.0, 150.0, lenient=3.0) == 0.0 < doubt(15.0, 150.0)


@given(st.floats(0.0, 1e4), st.floats(0.0, 1e5), st.floats(0.0, 1e4), st.floats(0.0, 1e5))
def test_more_calls_are_never_doubted_less(
    fast: float, slow: float, faster: float, slower: float
) -> None:
    assert 0.0 <= max(doubt(fast, slow), 0.0) <= max(doubt(fast + faster, slow + slower), 0.0)
