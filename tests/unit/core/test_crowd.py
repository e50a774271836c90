from dataclasses import asdict
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.crowd import KNOWN, NEW, Crowd, Fading, who_of
from screener.core.number import CallerClass
from screener.core.reputation import Standing
from screener.core.settings import CrowdSettings
from tests.builders import DAY, NOW, a_call, a_caller

RULES = CrowdSettings()
FADING = Fading(RULES)
COUNTS = ("fast", "slow", "usual", "asked", "passed", "busied", "returned")
ages = st.floats(0.0, 30 * DAY)


def a_crowd() -> Crowd:
    return Crowd(
        NOW, fast=8.0, slow=8.0, usual=8.0, asked=8.0, passed=8.0, busied=8.0, returned=8.0
    )


@pytest.mark.parametrize(
    ("after", "name"),
    [
        (RULES.fast, "fast"),
        (RULES.slow, "slow"),
        *((RULES.tally, name) for name in ("asked", "passed", "busied", "returned")),
    ],
)
def test_a_count_fades_over_its_own_time(after: float, name: str) -> None:
    crowd = a_crowd()
    crowd.fade(FADING, NOW + after)
    assert getattr(crowd, name) == pytest.approx(8.0 / 2.718281828)


def test_what_is_usual_counts_half_after_its_half_life() -> None:
    crowd = a_crowd()
    crowd.fade(FADING, NOW + RULES.usual_half_life)
    assert crowd.usual == pytest.approx(4.0)


@given(ages, ages)
def test_fading_in_two_steps_is_fading_in_one_and_nothing_grows(first: float, then: float) -> None:
    stepped, at_once = a_crowd(), a_crowd()
    stepped.fade(FADING, NOW + first)
    stepped.fade(FADING, NOW + first + then)
    at_once.fade(FADING, NOW + first + then)
    for name in COUNTS:
        assert getattr(stepped, name) == pytest.approx(getattr(at_once, name), abs=1e-9)
        assert 0.0 <= getattr(stepped, name) <= 8.0


@given(ages)
def test_time_never_runs_back(earlier: float) -> None:
    crowd = a_crowd()
    crowd.fade(FADING, NOW - earlier)
    assert asdict(crowd) == asdict(a_crowd())


def test_a_call_counts_in_both_windows_and_teaches_nothing_by_itself() -> None:
    crowd = Crowd(NOW)
    crowd.called(FADING, NOW)
    assert (crowd.fast, crowd.slow, crowd.usual) == (1.0, 1.0, 0.0)
    assert crowd.last_call == NOW


def a_row(gaps: list[float]) -> Crowd:
    """Return a crowd after calls with these gaps."""
    crowd, now = Crowd(NOW), NOW
    for gap in [0.0, *gaps]:
        now += gap
        crowd.called(FADING, now)
    return crowd


def test_of_few_calls_no_cadence_is_told() -> None:
    assert a_row([1.0] * 23).unevenness is None
    assert a_row([1.0] * 24).unevenness is not None


def test_a_machine_that_calls_like_a_clock_is_even_and_people_are_not() -> None:
    drawn = Random(5)  # noqa: S311 - a test's own course of events, the same each time
    machine = a_row([0.25] * 100).unevenness
    people = a_row([drawn.expovariate(4.0) for _ in range(400)]).unevenness
    assert machine is not None
    assert people is not None
    assert machine == pytest.approx(0.0, abs=0.01)
    assert 0.6 < people < 1.6


def test_a_call_from_before_the_last_one_is_no_gap() -> None:
    crowd = a_row([1.0] * 30)
    before = crowd.gap, crowd.square, crowd.gaps
    crowd.called(FADING, NOW - 50.0)
    assert (crowd.gap, crowd.square, crowd.gaps) == before


def standing(good: float, first_good: float) -> Standing:
    return Standing(at=NOW, good=good, first_good=first_good, last_good=NOW - 60.0)


@pytest.mark.parametrize(
    ("earlier", "who"),
    [
        (None, NEW),
        (Standing(at=NOW, bad=1.0), NEW),
        (standing(1.0, NOW - DAY + 1.0), NEW),
        (standing(1.0, NOW - DAY), KNOWN),
        (standing(0.4, NOW - DAY), NEW),
    ],
)
def test_nobody_gets_among_the_known_in_the_time_of_one_attack(
    earlier: Standing | None, who: str
) -> None:
    assert who_of(a_call(), earlier, DAY) == who


@pytest.mark.parametrize("kind", [kind for kind in CallerClass if kind is not CallerClass.VALID])
def test_who_shows_no_usual_number_is_of_its_own_kind(kind: CallerClass) -> None:
    assert who_of(a_call(caller=a_caller(kind=kind)), None, DAY) == kind.value


def test_who_names_nobody_is_never_known() -> None:
    hidden = a_call(caller=a_caller(kind=CallerClass.WITHHELD))
    assert who_of(hidden, standing(3.0, NOW - 9 * DAY), DAY) == "withheld"


def test_a_customer_abroad_is_known() -> None:
    abroad = a_call(caller=a_caller("+442071234567", CallerClass.FOREIGN))
    assert who_of(abroad, standing(3.0, NOW - 9 * DAY), DAY) == KNOWN


def test_a_number_that_failed_a_challenge_stays_in_its_kind() -> None:
    nobodys = a_call(caller=a_caller("+19995550142", CallerClass.UNALLOCATED))
    assert who_of(nobodys, Standing(at=NOW, bad=1.0), DAY) == "unallocated"


@given(st.lists(ages, min_size=1, max_size=8))
def test_crowds_of_many_ages_fade_together_as_each_does_alone(earlier: list[float]) -> None:
    together, shared = [a_crowd() for _ in earlier], Fading(RULES)
    for crowd, age in zip(together, earlier, strict=True):
        crowd.at = NOW - age
        crowd.fade(shared, NOW)
        alone = a_crowd()
        alone.at = NOW - age
        alone.fade(Fading(RULES), NOW)
        assert asdict(crowd) == asdict(alone)
