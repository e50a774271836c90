"""Verdicts on callers whose crowd swells: challenged, told busy or served later, never dropped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.lane import LANE_FULL
from screener.core.policy import (
    EXEMPT,
    MIDDLE_PRIORITY,
    Circumstances,
    Policy,
    Verdict,
    priority_of,
)
from screener.core.pressure import Pressure
from screener.core.score import Score
from screener.core.settings import Action, Mode, Treatment
from screener.core.signals import Signal
from tests.unit.core.rulings import CALM, FULL_ARRIVALS, FULL_TRUNK, RISING, RULES


def in_a_crowd(own: float, crowd: float) -> Score:
    """Return a score with what speaks against the caller, and what against its crowd."""
    parts = (
        Signal("suspect", "number", own, "because"),
        Signal("swollen-crowd", "crowd", crowd, "because"),
    )
    return Score(own + crowd, own + crowd, parts, crowd, crowd)


def judge_crowd(
    own: float, crowd: float, pressure: Pressure = FULL_ARRIVALS, **others: object
) -> Verdict:
    seen = Circumstances(pressure, **others)  # type: ignore[arg-type]  # the test names real fields
    return Policy(RULES, Mode.ENFORCE, "abc123").judge(in_a_crowd(own, crowd), seen)


def test_a_caller_is_challenged_for_its_crowd_and_dropped_for_what_it_did_itself() -> None:
    assert judge_crowd(0.0, 14.0).action is Action.CHALLENGE
    assert judge_crowd(6.9, 14.0).action is Action.CHALLENGE
    assert judge_crowd(7.0, 14.0).action is Action.DROP


def test_nobody_is_refused_for_good_for_what_others_like_it_do() -> None:
    assert judge_crowd(7.0, 14.0).treatment is Treatment.BUSY
    assert judge_crowd(12.0, 14.0).treatment is Treatment.REFUSE


def test_where_challenges_are_futile_the_next_call_tells_more() -> None:
    verdict = judge_crowd(1.0, 8.0, futile=True)
    assert (verdict.action, verdict.treatment) == (Action.DROP, Treatment.BUSY)
    assert verdict.reasons == ("come-again", "swollen-crowd", "suspect")
    assert verdict.priority == 0


def test_futile_or_not_who_needs_no_challenge_and_who_is_exempt_gets_in() -> None:
    assert judge_crowd(0.1, 0.2, futile=True).action is Action.ADMIT
    exempt = judge_crowd(1.0, 8.0, futile=True, unasked=EXEMPT)
    assert (exempt.action, exempt.reasons[0]) == (Action.ADMIT, "exempt")


@pytest.mark.parametrize(
    ("own", "pressure", "flooded", "action"),
    [
        (0.2, FULL_ARRIVALS, False, Action.ADMIT),
        (0.2, FULL_ARRIVALS, True, Action.DROP),
        # A rush that fills the trunk turns nobody away whose crowd only seems a little large.
        (0.2, FULL_TRUNK, False, Action.ADMIT),
        (0.6, FULL_TRUNK, False, Action.DROP),
    ],
)
def test_without_a_place_a_crowd_waits_last_in_line_unless_it_floods(
    own: float, pressure: Pressure, *, flooded: bool, action: Action
) -> None:
    verdict = judge_crowd(own, 4.0, pressure, unasked=LANE_FULL, flooded=flooded)
    assert (verdict.action, verdict.priority) == (action, 0)
    assert verdict.reasons[0] == LANE_FULL


def test_no_key_is_a_way_in_only_where_no_crowd_floods_and_there_is_room_behind() -> None:
    assert judge_crowd(1.0, 4.0).no_key
    assert not judge_crowd(1.0, 4.0, flooded=True).no_key
    assert not judge_crowd(1.0, 4.0, FULL_TRUNK).no_key


def test_a_pass_clears_of_its_crowd_as_far_as_it_tells() -> None:
    worthless, little, telling = (
        judge_crowd(1.0, 8.0, pass_worth=worth) for worth in (0.0, 5.0, 9.0)
    )
    assert worthless.once_passed == worthless.priority == 1
    assert worthless.once_passed < little.once_passed < telling.once_passed == MIDDLE_PRIORITY


def test_without_come_again_who_would_be_told_so_is_challenged() -> None:
    policy = Policy(replace(RULES, come_again=False), Mode.ENFORCE, "x")
    verdict = policy.judge(in_a_crowd(1.0, 8.0), Circumstances(FULL_ARRIVALS, futile=True))
    assert (verdict.action, verdict.reasons[0]) == (Action.CHALLENGE, "score")


def test_who_is_doubted_may_be_served_in_turn_by_the_settings() -> None:
    policy = Policy(replace(RULES, doubted_last=False), Mode.ENFORCE, "x")
    verdict = policy.judge(in_a_crowd(1.0, 8.0), Circumstances(FULL_ARRIVALS))
    assert verdict.priority == verdict.once_passed == MIDDLE_PRIORITY


@given(st.floats(-10, 20), st.floats(0.01, 14), st.floats(0, 9))
def test_a_pass_never_costs_a_place_and_a_doubted_crowd_waits_behind_the_others(
    own: float, crowd: float, worth: float
) -> None:
    verdict = judge_crowd(own, crowd, pass_worth=worth)
    assert verdict.priority <= verdict.once_passed <= MIDDLE_PRIORITY
    assert verdict.priority < priority_of(0.0)
    assert priority_of(own + crowd, crowd=crowd) <= priority_of(own)


@given(st.floats(-10, 6.9), st.floats(0, 14), st.sampled_from([CALM, RISING, FULL_ARRIVALS]))
def test_whatever_its_crowd_does_a_caller_of_good_conduct_is_never_dropped(
    own: float, crowd: float, pressure: Pressure
) -> None:
    assert judge_crowd(own, crowd, pressure).action is not Action.DROP
