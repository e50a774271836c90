from math import sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from screener.core.swelling import (
    BELIEF,
    LEAST_EXPECTED,
    People,
    Share,
    excess,
    expected,
    log_odds,
    people_of,
)

USUAL = (0.4, 0.3, 0.2, 0.07, 0.03)
TAUGHT = 5_000.0
SURE = 3.5
counts = st.floats(0.0, 1e6)
parts = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=12)


def shares(calls: float, times: tuple[float, ...] = (1.0,) * 5) -> list[Share]:
    """Return five crowds that bring their usual part of so many calls, some of them more."""
    return [
        Share(calls * usual * more, usual, TAUGHT * usual)
        for usual, more in zip(USUAL, times, strict=True)
    ]


def test_before_any_call_was_seen_what_is_believed_is_told() -> None:
    assert people_of([], 90.0).told_by == BELIEF
    assert people_of([], 90.0).calls == pytest.approx((BELIEF + sqrt(BELIEF)) * 30.0)


@given(st.floats(30.0, 1e5), st.floats(0.0, 100.0))
def test_a_rush_of_people_is_all_people_and_no_crowd_of_it_exceeds(
    calls: float, times: float
) -> None:
    rush = shares(calls * times)
    people = people_of(rush, calls)
    assert not [one for one in rush if excess(one, people, SURE)]


@given(st.floats(100.0, 1e5), st.integers(1, 4), st.floats(3.0, 1e4))
def test_what_one_crowd_brings_more_says_little_of_how_many_people_there_are(
    calls: float, place: int, times: float
) -> None:
    swollen = shares(calls, tuple(times if n == place else 1.0 for n in range(5)))
    people = people_of(swollen, calls)
    assert people.calls <= 1.25 * calls + 4.0 * sqrt(calls)
    others = [one for n, one in enumerate(swollen) if n != place]
    assert not [one for one in others if excess(one, people, SURE)]


@given(parts, st.lists(counts, min_size=12, max_size=12), st.floats(0.1, 1e4))
def test_people_are_told_whatever_crowds_bring(
    usual: list[float], calls: list[float], believed: float
) -> None:
    whole = sum(usual)
    crowds = [Share(came, part / whole, 100.0) for came, part in zip(calls, usual, strict=False)]
    people = people_of(crowds, believed)
    assert people.calls > 0.0
    assert people.told_by >= BELIEF


@given(counts, st.floats(0.0, 1.0), st.floats(0.0, 1e5))
def test_every_crowd_may_bring_a_little(calls: float, usual: float, of_people: float) -> None:
    people = People(of_people, 20.0)
    assert expected(Share(calls, usual, 9.0), people) >= LEAST_EXPECTED


@given(counts, counts, st.floats(0.0, 1.0), st.floats(0.0, 1e5), st.floats(0.0, 1e5))
def test_more_calls_are_never_less_excess(
    calls: float, more: float, usual: float, of_people: float, taught: float
) -> None:
    people = People(of_people, 20.0)
    fewer = excess(Share(calls, usual, taught), people, SURE)
    assert 0.0 <= fewer <= excess(Share(calls + more, usual, taught), people, SURE)
    assert fewer <= calls


@given(counts, st.floats(0.0, 1.0), st.floats(0.0, 1e5), st.floats(0.0, 10.0))
def test_who_must_be_surer_sees_no_more_excess(
    calls: float, usual: float, of_people: float, surer: float
) -> None:
    one, people = Share(calls, usual, 50.0), People(of_people, 20.0)
    assert excess(one, people, SURE + surer) <= excess(one, people, SURE)


def test_what_was_taught_by_few_calls_is_less_sure() -> None:
    people = People(100.0, 1_000.0)
    taught = [excess(Share(60.0, 0.2, by), people, SURE) for by in (2.0, 20.0, 2_000.0)]
    assert taught == sorted(taught)
    assert taught[0] == 0.0 < taught[-1]


@given(st.floats(1e-6, 1e9), st.floats(1e-6, 1e9))
def test_odds_turned_round_change_their_sign(one: float, other: float) -> None:
    assume(one != other)
    assert log_odds(one, other) == pytest.approx(-log_odds(other, one))
    assert (log_odds(one, other) > 0.0) is (one > other)


def test_odds_are_finite_where_nothing_was_seen() -> None:
    assert log_odds(0.0, 0.0) == 0.0
    assert -40.0 < log_odds(0.0, 1e6) < log_odds(1e6, 0.0) < 40.0
