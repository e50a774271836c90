from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import Event, Outcome
from screener.core.reputation import (
    Standing,
    decayed,
    is_blocked,
    is_known,
    learned,
    pardoned,
    passed_lately,
    usual_calls,
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
    for event in (Event.ABANDONED, Event.CHALLENGE_ABANDONED, Event.QUEUE_JOINED):
        assert learned(None, Outcome(event), RULES, now=NOW) is None


def test_silence_is_neither_a_failed_challenge_nor_a_passed_one() -> None:
    silent = Outcome(Event.CHALLENGE_SILENT)
    assert learned(None, silent, RULES, now=NOW) is None
    failed = after((NOW, FAILED))
    assert learned(failed, silent, RULES, now=NOW + 1.0) is failed


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


BLOCK, HALF_LIFE = RULES.block_for, RULES.bad_half_life


def test_two_failed_challenges_block_for_a_while_and_one_does_not() -> None:
    assert not is_blocked(after((NOW, FAILED)), RULES, NOW)
    twice = after((NOW, FAILED), (NOW + 60.0, FAILED))
    assert is_blocked(twice, RULES, NOW + 60.0)
    assert is_blocked(twice, RULES, NOW + 60.0 + BLOCK - 0.1)
    assert not is_blocked(twice, RULES, NOW + 60.0 + BLOCK)


@pytest.mark.parametrize(
    ("gap", "blocked"), [(0.0, True), (HALF_LIFE - 1.0, True), (HALF_LIFE + 1.0, False)]
)
def test_a_failure_counts_for_a_block_for_one_half_life(gap: float, *, blocked: bool) -> None:
    assert is_blocked(after((NOW, FAILED), (NOW + gap, FAILED)), RULES, NOW + gap) is blocked


def test_a_pass_or_a_pardon_ends_a_block() -> None:
    blocked = after((NOW, FAILED), (NOW + 1.0, FAILED))
    passed = learned(blocked, PASSED, RULES, now=NOW + 2.0)
    assert passed is not None
    for cleared in (passed, pardoned(blocked)):
        assert not is_blocked(cleared, RULES, NOW + 2.0)
        again = learned(cleared, FAILED, RULES, now=NOW + 3.0)
        assert again is not None
        assert not is_blocked(again, RULES, NOW + 3.0)


@pytest.mark.parametrize("block_after", [1, 3, 5])
def test_so_many_failures_in_a_row_block_and_one_fewer_does_not(block_after: int) -> None:
    rules = replace(RULES, block_after=block_after)
    standing: Standing | None = None
    for count in range(1, block_after + 1):
        standing = learned(standing, FAILED, rules, now=NOW + count)
        assert standing is not None
        assert is_blocked(standing, rules, NOW + count) is (count == block_after)


@pytest.mark.parametrize(
    "rules", [replace(RULES, block_after=0), replace(RULES, failed_challenge=0.0)]
)
def test_where_no_failure_is_to_block_none_does(rules: ReputationSettings) -> None:
    standing: Standing | None = None
    for second in range(9):
        standing = learned(standing, FAILED, rules, now=NOW + second)
        assert standing is not None
        assert not is_blocked(standing, rules, NOW + second)
    assert not is_blocked(after((NOW, FAILED), (NOW, FAILED)), replace(RULES, block_after=0), NOW)


def test_ten_thousand_failures_are_forgotten_as_soon_as_two() -> None:
    framed = after(*((NOW + n / 10.0, FAILED) for n in range(10_000)))
    at = NOW + 999.9
    twice = after((at, FAILED), (at, FAILED))
    assert (framed.bad, framed.blocked_until) == (twice.bad, twice.blocked_until)


def test_what_was_added_up_under_other_settings_fades_and_is_not_cut() -> None:
    much = Standing(at=NOW, bad=9.0)
    more = learned(much, FAILED, RULES, now=NOW)
    assert more is not None
    assert more.bad == 9.0


@given(
    st.lists(
        st.tuples(st.floats(0.0, 2 * DAY), st.sampled_from([SERVED, PASSED, FAILED])),
        min_size=1,
        max_size=40,
    )
)
def test_nobody_is_blocked_for_longer_than_so_long_after_the_last_failure(
    events: list[tuple[float, Outcome]],
) -> None:
    standing = after(*((NOW + at, outcome) for at, outcome in events))
    last = max((at for at, outcome in events if outcome is FAILED), default=-BLOCK)
    assert not is_blocked(standing, RULES, NOW + last + BLOCK)
    assert 0.0 <= standing.bad <= 2.0


def test_a_number_that_many_people_share_usually_brings_many_calls() -> None:
    shared = after(*((NOW + hour * 3_600.0, SERVED) for hour in range(73)))
    assert shared is not None
    assert usual_calls(shared, RULES, NOW + 3 * DAY, DAY) == pytest.approx(24.0, rel=0.05)
    assert usual_calls(shared, RULES, NOW + 3 * DAY, 600.0) == pytest.approx(1.0 / 6.0, rel=0.05)
    assert usual_calls(shared, RULES, NOW + 400 * DAY, DAY) < 1.0


def test_nothing_is_usual_of_who_was_not_served_on_two_days() -> None:
    burst = after(*((NOW + minute * 60.0, SERVED) for minute in range(60)))
    assert burst is not None
    assert usual_calls(burst, RULES, NOW + 3_600.0, DAY) == 0.0
    assert usual_calls(Standing(at=NOW), RULES, NOW, DAY) == 0.0
