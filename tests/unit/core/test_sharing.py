from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Attestation
from screener.core.outcome import Event, Outcome
from screener.core.reputation import Standing, is_blocked
from screener.core.settings import ReputationSettings
from screener.core.shared import SharedStanding
from screener.core.sharing import (
    MOST_GOOD,
    Known,
    adds_to,
    arrived,
    cleared,
    of_own,
    read_standing,
    read_tats,
    taught,
    teaches,
    united,
    write_standing,
)
from tests.builders import DAY, NOW, a_call

RULES = ReputationSettings()
SERVED = Outcome(Event.ANSWERED, talk_s=90.0)
PASSED = Outcome(Event.CHALLENGE_PASSED)
FAILED = Outcome(Event.CHALLENGE_FAILED)
BLOCKED = Standing(NOW, bad=2.0, blocked_until=NOW + RULES.block_for)

AHEAD = st.floats(-86_400.0, 86_400.0)
ANY = st.floats(allow_nan=True, allow_infinity=True)


def after(*events: tuple[float, Outcome], known: Known | None = None) -> Known:
    known = known or Known()
    for at, outcome in events:
        known = taught(known, outcome, RULES, at=at, trunk="trunk-a")
    return known


def blocks(known: Known, now: float = NOW) -> bool:
    return known.standing is not None and is_blocked(known.standing, RULES, now)


@given(AHEAD)
def test_what_is_written_is_read_as_it_was_whatever_the_stores_clock_says(ahead: float) -> None:
    standing = Standing(NOW, 2.0, 1.0, NOW - DAY, NOW - 9.0, NOW - 50.0, NOW + 60.0, "trunk-a")
    shared = write_standing(Known(standing, NOW - 50.0), version=7, ahead_s=ahead)
    known = read_standing(shared, RULES, ahead_s=ahead, now=NOW)
    assert known.cleared_at == pytest.approx(NOW - 50.0, abs=1e-3)
    assert known.standing is not None
    assert known.standing.trunk == "trunk-a"
    for name in ("at", "first_good", "last_good", "passed_at", "blocked_until"):
        told = getattr(known.standing, name)
        assert told == pytest.approx(getattr(standing, name), abs=1e-3)


def test_never_stays_never_by_any_clock() -> None:
    shared = write_standing(Known(Standing(NOW)), version=1, ahead_s=-3_600.0)
    known = read_standing(shared, RULES, ahead_s=7_200.0, now=NOW + 9_000.0)
    assert known.cleared_at == 0.0
    assert known.standing is not None
    assert (known.standing.passed_at, known.standing.blocked_until) == (0.0, 0.0)


def test_a_clearing_without_a_standing_is_kept() -> None:
    shared = write_standing(Known(None, NOW), version=1, ahead_s=0.0)
    assert read_standing(shared, RULES, ahead_s=0.0, now=NOW) == Known(None, NOW)


def test_nothing_and_what_is_no_number_are_nothing_known() -> None:
    assert read_standing(None, RULES, ahead_s=0.0, now=NOW) == Known()
    for value in (nan, inf, -inf):
        broken = SharedStanding(1, (NOW, value, 0.0, 0.0, 0.0, 0.0, 0.0))
        assert read_standing(broken, RULES, ahead_s=0.0, now=NOW) == Known()


@given(st.lists(ANY, max_size=9), ANY, st.text(max_size=200), AHEAD)
def test_whatever_a_store_says_moves_a_standing_no_further_than_the_settings_allow(
    fields: list[float], cleared_at: float, trunk: str, ahead: float
) -> None:
    shared = SharedStanding(3, tuple(fields), trunk, cleared_at)
    known = read_standing(shared, RULES, ahead_s=ahead, now=NOW)
    assert 0.0 <= known.cleared_at <= NOW
    one = known.standing
    if one is not None:
        assert 0.0 <= one.good <= MOST_GOOD
        assert 0.0 <= one.bad <= RULES.block_after * RULES.failed_challenge
        assert one.blocked_until <= NOW + RULES.block_for
        assert 0.0 <= one.first_good <= one.last_good <= NOW
        assert 0.0 <= one.passed_at <= NOW
        assert 0.0 < one.at <= NOW
        assert one.trunk.isprintable()
        assert len(one.trunk) <= 80


@given(st.lists(ANY, max_size=3), AHEAD)
def test_tats_of_a_store_fill_a_window_and_no_more(tats: list[float], ahead: float) -> None:
    windows = ((3, 60.0), (10, 3_600.0))
    found = read_tats(tuple(tats), windows, ahead_s=ahead, now=NOW)
    if found is not None:
        assert all(
            tat == 0.0 or NOW < tat <= NOW + per
            for tat, (_, per) in zip(found, windows, strict=True)
        )


def test_tats_are_read_by_this_edges_clock() -> None:
    found = read_tats((NOW + 30.0, NOW - 5.0), ((3, 60.0), (9, 60.0)), ahead_s=7_200.0, now=NOW)
    assert found == (NOW + 60.0, NOW + 60.0)
    assert read_tats((NOW + 30.0,), ((3, 60.0),), ahead_s=-20.0, now=NOW) == (NOW + 10.0,)


def test_only_ends_of_challenges_and_served_calls_teach() -> None:
    taught_by = {event for event in Event if teaches(Outcome(event, talk_s=90.0), RULES)}
    assert taught_by == {Event.CHALLENGE_PASSED, Event.CHALLENGE_FAILED, Event.ANSWERED}
    assert not teaches(Outcome(Event.ANSWERED, talk_s=2.0), RULES)


@given(st.permutations([(NOW, FAILED), (NOW + 5.0, FAILED), (NOW + 9.0, SERVED)]))
def test_failures_shortly_after_one_another_block_in_whatever_order_they_are_told(
    events: list[tuple[float, Outcome]],
) -> None:
    assert blocks(after(*events), NOW + 10.0)


def test_a_failure_told_hours_late_weighs_what_is_left_of_it() -> None:
    known = after((NOW, FAILED), (NOW - 4 * 3_600.0, FAILED))
    assert known.standing is not None
    assert known.standing.bad == pytest.approx(1.0, abs=0.01)
    assert not blocks(known)


@given(st.permutations([(NOW, FAILED), (NOW + 5.0, FAILED), (NOW + 9.0, PASSED)]))
def test_who_passed_is_clear_of_what_was_before_in_whatever_order_it_is_told(
    events: list[tuple[float, Outcome]],
) -> None:
    known = after(*events)
    assert not blocks(known, NOW + 10.0)
    assert known.cleared_at == NOW + 9.0
    assert known.standing is not None
    assert known.standing.passed_at == NOW + 9.0


def test_a_pass_told_late_ends_no_block_of_after_it() -> None:
    known = after((NOW, FAILED), (NOW + 5.0, FAILED), (NOW - 60.0, PASSED))
    assert blocks(known, NOW + 10.0)
    assert known.cleared_at == NOW - 60.0


def test_an_old_pass_does_not_shorten_a_newer_one() -> None:
    known = after((NOW, PASSED), (NOW - 3_600.0, PASSED))
    assert known.standing is not None
    assert known.standing.passed_at == NOW
    assert known.cleared_at == NOW


def test_whom_a_person_clears_is_clear_and_stays_so_for_what_was_before() -> None:
    known = cleared(Known(BLOCKED), at=NOW + 1.0)
    assert not blocks(after((NOW - 1.0, FAILED), (NOW, FAILED), known=known), NOW + 2.0)
    assert cleared(Known(), at=NOW) == Known(None, NOW)


def test_a_block_that_the_store_lacks_is_united_with_what_it_says() -> None:
    theirs = Known(Standing(NOW, good=3.0, first_good=NOW - DAY, last_good=NOW - 9.0))
    known = united(theirs, of_own(BLOCKED), RULES, now=NOW)
    assert blocks(known)
    assert known.standing is not None
    assert known.standing.good == pytest.approx(3.0)
    assert adds_to(known, theirs, now=NOW)


def test_a_block_from_before_the_caller_was_cleared_is_not_united_with_anything() -> None:
    theirs = Known(Standing(NOW + 5.0, passed_at=NOW + 5.0), NOW + 5.0)
    assert not blocks(united(theirs, of_own(BLOCKED), RULES, now=NOW + 6.0), NOW + 6.0)
    assert not blocks(united(Known(None, NOW + 5.0), of_own(BLOCKED), RULES, now=NOW + 6.0))
    passed = replace(BLOCKED, blocked_until=0.0, bad=0.0, passed_at=NOW + 5.0)
    assert not blocks(united(Known(BLOCKED), of_own(passed), RULES, now=NOW + 6.0))


def test_what_both_know_adds_nothing() -> None:
    theirs = Known(Standing(NOW, 2.0, 1.0, NOW - DAY, NOW - 9.0, NOW - 50.0, NOW + 60.0), 0.0)
    known = united(theirs, of_own(theirs.standing), RULES, now=NOW + 1.0)
    assert not adds_to(known, theirs, now=NOW + 1.0)
    assert not adds_to(Known(), theirs, now=NOW)


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [True, False])
def test_one_that_knows_nothing_changes_nothing(*, ours: bool, theirs: bool) -> None:
    said, own = Known(BLOCKED if theirs else None), Known(BLOCKED if ours else None)
    assert blocks(united(said, own, RULES, now=NOW)) == (ours or theirs)


def test_a_call_that_comes_later_is_the_same_in_all_else() -> None:
    call = a_call("+16515550142", name="Ann", origid="o", uniqueid="1.1", linkedid="1.0")
    told = replace(call, source="192.0.2.1", sip_call_id="x@y", attestation=Attestation.FULL)
    assert arrived(told, NOW + 9.0) == replace(told, arrived_at=NOW + 9.0)
