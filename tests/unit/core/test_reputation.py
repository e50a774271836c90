import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import Event, Outcome
from screener.core.reputation import (
    Standing,
    decayed,
    is_known,
    learned,
    passed_lately,
)
from screener.core.settings import ReputationSettings
from tests.builders import DAY, NOW

RULES = ReputationSettings()
SERVED = Outcome(Event.ANSWERED, talk_s=90.0)
PASSED = Outcome(Event.CHALLENGE_PASSED)
FAILED = Outcome(Event.CHALLENGE_FAILED)


def after(*events: tuple[float, Outcome]) -> Standing:
    """Return the standing after events at the given times, which must teach something."""
    standing: Standing | None = None
    for at, outcome in events:
        standing = learned(standing, outcome, RULES, now=at, trunk="trunk-a")
    assert standing is not None
    return standing


def test_a_caller_served_on_two_days_is_known() -> None:
    assert is_known(after((NOW, SERVED), (NOW + 2 * DAY, SERVED)), RULES, NOW + 2 * DAY)


@given(st.permutations([0.0, 3.0, 9.0, 30.0]))
def test_calls_teach_the_same_in_whatever_order_they_are_told(days: list[float]) -> None:
    told = after(*((NOW + day * DAY, SERVED) for day in days))
    lived = after(*((NOW + day * DAY, SERVED) for day in sorted(days)))
    assert (told.first_good, told.last_good) == (NOW, NOW + 30 * DAY)
    assert told.good == pytest.approx(lived.good)
    assert is_known(told, RULES, NOW + 30 * DAY)


def test_a_caller_served_twice_within_an_hour_is_not_known_yet() -> None:
    assert not is_known(after((NOW, SERVED), (NOW + 3_600.0, SERVED)), RULES, NOW + DAY)


def test_a_known_caller_is_forgotten_after_months_without_a_call() -> None:
    standing = after((NOW, SERVED), (NOW + 2 * DAY, SERVED))
    assert is_known(standing, RULES, NOW + 50 * DAY)
    assert not is_known(standing, RULES, NOW + 200 * DAY)


def test_a_call_answered_for_a_few_seconds_earns_nothing() -> None:
    assert learned(None, Outcome(Event.ANSWERED, talk_s=2.0), RULES, now=NOW) is None


def test_attempts_and_hang_ups_are_no_evidence_of_a_stranger() -> None:
    for event in (Event.ABANDONED, Event.CHALLENGE_ABANDONED):
        assert learned(None, Outcome(event), RULES, now=NOW) is None


def test_a_failed_challenge_weighs_less_by_the_minute() -> None:
    standing = after((NOW, FAILED))
    assert standing.bad == 1.0
    assert decayed(standing, RULES, NOW + 15 * 60.0).bad == 0.5
    assert decayed(standing, RULES, NOW + 3_600.0).bad < 0.07


def test_a_victim_of_spoofing_who_passes_is_cleared_at_once() -> None:
    framed = [(NOW + second, FAILED) for second in range(1_000)]
    standing = after(*framed, (NOW + 1_000.0, PASSED))
    assert standing.bad == 0.0
    assert passed_lately(standing, RULES, NOW + 1_001.0)


def test_a_pass_is_remembered_for_its_time_and_no_longer() -> None:
    standing = after((NOW, PASSED))
    assert passed_lately(standing, RULES, NOW + RULES.pass_ttl - 1.0)
    assert not passed_lately(standing, RULES, NOW + RULES.pass_ttl)


def test_the_usual_trunk_is_the_one_of_the_last_served_call() -> None:
    standing = after((NOW, SERVED))
    moved = learned(standing, SERVED, RULES, now=NOW + DAY, trunk="trunk-b")
    assert moved is not None
    assert moved.trunk == "trunk-b"


@given(
    st.lists(
        st.tuples(st.floats(0.0, 400 * DAY), st.sampled_from([SERVED, PASSED, FAILED])),
        min_size=1,
        max_size=40,
    ),
    st.floats(0.0, 400 * DAY),
)
def test_evidence_only_fades_with_time_whatever_came_before(
    events: list[tuple[float, Outcome]], wait: float
) -> None:
    standing = after(*((NOW + at, outcome) for at, outcome in events))
    later = decayed(standing, RULES, standing.at + wait)
    assert 0.0 <= later.good <= standing.good
    assert 0.0 <= later.bad <= standing.bad
