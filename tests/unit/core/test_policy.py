import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.lane import LANE_FULL, NUMBER_LANE_FULL
from screener.core.policy import (
    EXEMPT,
    MIDDLE_PRIORITY,
    Circumstances,
    Policy,
    Verdict,
    has_no_room_behind,
    priority_of,
)
from screener.core.pressure import Pressure
from screener.core.score import Score
from screener.core.settings import (
    SEVERITY,
    Action,
    Level,
    Mode,
    Overflow,
    PolicySettings,
    Thresholds,
    Treatment,
)
from screener.core.signals import Signal
from tests.unit.core.rulings import CALM, FULL_ARRIVALS, FULL_TRUNK, RISING, RULES


def a_score(points: float, *, counts: bool = True) -> Score:
    part = Signal("suspect", "number", points, "because", counts)
    return Score(points if counts else 0.0, points, (part,))


def judge(
    points: float,
    pressure: Pressure = CALM,
    *,
    mode: Mode = Mode.ENFORCE,
    counts: bool = True,
    unasked: str = "",
    allowed: bool = False,
    **others: bool,
) -> Verdict:
    seen = Circumstances(pressure, unasked, allowed, **others)
    return Policy(RULES, mode, "abc123").judge(a_score(points, counts=counts), seen)


def judge_unasked(points: float, pressure: Pressure, unasked: str, when_full: Overflow) -> Verdict:
    policy = Policy(RULES, Mode.ENFORCE, "abc123", when_full=when_full)
    return policy.judge(a_score(points), Circumstances(pressure, unasked))


@pytest.mark.parametrize(
    ("points", "pressure", "action"),
    [
        (4.99, CALM, Action.ADMIT),
        (5.0, CALM, Action.CHALLENGE),
        (14.0, CALM, Action.DROP),
        (0.99, RISING, Action.ADMIT),
        (1.0, RISING, Action.CHALLENGE),
        (9.0, RISING, Action.DROP),
        (0.49, FULL_ARRIVALS, Action.ADMIT),
        (0.5, FULL_ARRIVALS, Action.CHALLENGE),
        (7.0, FULL_ARRIVALS, Action.DROP),
    ],
)
def test_the_thresholds_of_the_level_decide(
    points: float, pressure: Pressure, action: Action
) -> None:
    verdict = judge(points, pressure)
    assert verdict.action is action
    assert verdict.thresholds == RULES.thresholds[pressure.level]


def test_a_verdict_carries_what_explains_it() -> None:
    verdict = judge(8.0)
    assert verdict.reasons == ("score", "suspect")
    assert verdict.config_hash == "abc123"
    assert verdict.pressure == CALM


def test_a_permanent_allow_beats_everything() -> None:
    verdict = judge(99.0, FULL_TRUNK, allowed=True, unasked=LANE_FULL, malformed=True)
    assert verdict.action is Action.ADMIT
    assert verdict.priority == 10


def test_in_observe_mode_a_call_is_admitted_and_the_record_says_what_would_have_been() -> None:
    verdict = judge(99.0, mode=Mode.OBSERVE, counts=False)
    assert (verdict.action, verdict.would) == (Action.ADMIT, Action.DROP)
    assert verdict.reasons == ("observe", "score", "suspect")
    assert verdict.treatment is None


def test_in_observe_mode_even_a_threshold_below_zero_challenges_nobody() -> None:
    rules = PolicySettings(thresholds=dict.fromkeys(Level, Thresholds(-5.0, 14.0)))
    verdict = Policy(rules, Mode.OBSERVE, "x").judge(Score(0.0, 0.0, ()), Circumstances(CALM))
    assert verdict.action is Action.ADMIT


def test_one_enforced_signal_acts_while_all_else_is_observed() -> None:
    assert judge(99.0, mode=Mode.OBSERVE, counts=True).action is Action.DROP


def test_an_observed_signal_does_not_act_while_all_else_is_enforced() -> None:
    verdict = judge(99.0, mode=Mode.ENFORCE, counts=False)
    assert (verdict.action, verdict.would) == (Action.ADMIT, Action.DROP)


def test_a_malformed_caller_gets_the_treatment_of_its_own() -> None:
    assert judge(0.0, malformed=True).action is RULES.malformed
    assert judge(0.0, malformed=True).reasons[0] == "malformed-caller"
    assert judge(0.0, malformed=True, mode=Mode.OBSERVE).action is Action.ADMIT


def test_a_moderate_drop_is_busy_so_that_the_caller_may_redial() -> None:
    verdict = judge(8.0, FULL_ARRIVALS)
    assert verdict.treatment is Treatment.BUSY
    assert verdict.sip_code == 0


def test_a_hopeless_score_is_refused_with_the_configured_code() -> None:
    verdict = judge(15.0)
    assert verdict.treatment is Treatment.REFUSE
    assert verdict.sip_code == RULES.refuse_code


@pytest.mark.parametrize(
    ("why", "when_full", "pressure", "action"),
    [
        (LANE_FULL, Overflow.FOLLOW, FULL_ARRIVALS, Action.ADMIT),
        (LANE_FULL, Overflow.FOLLOW, FULL_TRUNK, Action.DROP),
        (LANE_FULL, Overflow.ADMIT, FULL_TRUNK, Action.ADMIT),
        (LANE_FULL, Overflow.BUSY, FULL_ARRIVALS, Action.DROP),
        (NUMBER_LANE_FULL, Overflow.FOLLOW, FULL_ARRIVALS, Action.DROP),
        (NUMBER_LANE_FULL, Overflow.ADMIT, FULL_TRUNK, Action.ADMIT),
        (NUMBER_LANE_FULL, Overflow.BUSY, FULL_ARRIVALS, Action.DROP),
    ],
)
def test_who_finds_no_place_is_admitted_last_in_line_or_told_busy_as_the_settings_say(
    why: str, when_full: Overflow, pressure: Pressure, action: Action
) -> None:
    verdict = judge_unasked(3.0, pressure, why, when_full)
    assert verdict.action is action
    assert verdict.priority == 0
    assert verdict.reasons == (why, "suspect")
    assert verdict.treatment is (Treatment.BUSY if action is Action.DROP else None)


def test_no_place_is_never_a_reason_to_refuse_for_good() -> None:
    rules = PolicySettings(thresholds=dict.fromkeys(Level, Thresholds(1.0, 99.0)), refuse_from=12.0)
    policy = Policy(rules, Mode.ENFORCE, "x", when_full=Overflow.BUSY)
    verdict = policy.judge(a_score(50.0), Circumstances(CALM, NUMBER_LANE_FULL))
    assert verdict.treatment is Treatment.BUSY


@pytest.mark.parametrize("why", [LANE_FULL, EXEMPT])
def test_who_needs_no_challenge_does_not_care_about_the_lane(why: str) -> None:
    assert judge(-4.0, FULL_TRUNK, unasked=why) == judge(-4.0, FULL_TRUNK)
    assert judge(8.0, FULL_TRUNK, unasked=why) == judge(8.0, FULL_TRUNK)


@pytest.mark.parametrize("when_full", Overflow)
def test_who_is_exempt_from_challenges_keeps_the_priority_of_its_score(when_full: Overflow) -> None:
    verdict = judge_unasked(3.0, FULL_TRUNK, EXEMPT, when_full)
    assert (verdict.action, verdict.would) == (Action.ADMIT, Action.ADMIT)
    assert verdict.reasons == ("exempt", "suspect")
    assert verdict.priority == priority_of(3.0) == MIDDLE_PRIORITY - 1


def test_a_malformed_caller_needs_a_place_like_anybody_and_is_still_told_as_one() -> None:
    verdict = judge(0.0, FULL_TRUNK, malformed=True, unasked=LANE_FULL)
    assert verdict.action is Action.DROP
    assert verdict.reasons[:2] == ("lane-full", "malformed-caller")


def test_there_is_no_room_behind_once_queue_or_trunk_are_full() -> None:
    assert has_no_room_behind(FULL_TRUNK)
    assert has_no_room_behind(Pressure(Level.FULL, 1.0, queue=1.0))
    assert not has_no_room_behind(FULL_ARRIVALS)
    assert not has_no_room_behind(CALM)


def test_a_closed_site_drops_whoever_calls_with_its_own_treatment() -> None:
    for points in (-10.0, 3.0, 15.0):
        verdict = judge(points, closed=True)
        assert (verdict.action, verdict.would) == (Action.DROP, Action.DROP)
        assert (verdict.reasons[0], verdict.treatment) == ("closed", Treatment.ANNOUNCE)
        assert (verdict.priority, verdict.sip_code) == (0, 0)
    assert judge(0.0, malformed=True, closed=True).reasons[0] == "closed"


def test_a_closed_site_may_refuse_with_the_configured_code() -> None:
    policy = Policy(RULES, Mode.ENFORCE, "x", when_closed=Treatment.REFUSE)
    verdict = policy.judge(a_score(0.0), Circumstances(CALM, closed=True))
    assert (verdict.treatment, verdict.sip_code) == (Treatment.REFUSE, RULES.refuse_code)


def test_a_permanent_allow_is_let_in_also_while_closed() -> None:
    verdict = judge(99.0, allowed=True, closed=True)
    assert (verdict.action, verdict.reasons[0]) == (Action.ADMIT, "always-allowed")


@pytest.mark.parametrize("counts", [True, False])
def test_observing_admits_also_while_closed_and_says_what_would_have_been(counts: bool) -> None:
    verdict = judge(0.4, mode=Mode.OBSERVE, counts=counts, closed=True)
    assert (verdict.action, verdict.would) == (Action.ADMIT, Action.DROP)
    assert verdict.reasons == ("observe", "closed", "suspect")
    assert verdict.treatment is None


def test_an_enforced_signal_acts_while_closed_hours_are_only_observed() -> None:
    verdict = judge(99.0, mode=Mode.OBSERVE, counts=True, closed=True)
    assert (verdict.action, verdict.reasons[0]) == (Action.DROP, "score")


def test_a_pause_lets_in_also_while_closed() -> None:
    seen = Circumstances(CALM, paused=True, closed=True)
    verdict = Policy(RULES, Mode.ENFORCE, "x").judge(a_score(0.0), seen)
    assert (verdict.action, verdict.would) == (Action.ADMIT, Action.DROP)
    assert verdict.reasons[:2] == ("paused", "closed")


@pytest.mark.parametrize("points", [-20.0, -4.0, 0.0, 1.0, 2.0])
def test_nobody_with_nothing_against_it_is_served_before_others(points: float) -> None:
    assert judge(points).priority == MIDDLE_PRIORITY


def test_what_speaks_against_a_caller_costs_its_place_in_line() -> None:
    assert MIDDLE_PRIORITY > judge(3.0).priority > judge(4.9).priority > 0


pressures = st.sampled_from([CALM, RISING, FULL_ARRIVALS, FULL_TRUNK])
scores = st.floats(-30, 40)
whys = st.sampled_from(["", LANE_FULL, NUMBER_LANE_FULL, EXEMPT])


@given(scores, st.floats(0, 40), pressures, st.sampled_from(["", LANE_FULL, NUMBER_LANE_FULL]))
def test_a_worse_score_never_gets_a_milder_verdict(
    points: float,
    more: float,
    pressure: Pressure,
    unasked: str,
) -> None:
    mild = judge(points, pressure, unasked=unasked)
    severe = judge(points + more, pressure, unasked=unasked)
    if not unasked:
        assert SEVERITY.index(severe.action) >= SEVERITY.index(mild.action)
    assert severe.priority <= mild.priority


@given(st.lists(st.tuples(scores, pressures, whys, st.booleans()), max_size=30))
def test_what_was_judged_before_changes_no_verdict(
    calls: list[tuple[float, Pressure, str, bool]],
) -> None:
    policy = Policy(RULES, Mode.ENFORCE, "abc123")
    for points, pressure, unasked, malformed in calls:
        seen = Circumstances(pressure, unasked, malformed=malformed)
        fresh = judge(points, pressure, unasked=unasked, malformed=malformed)
        assert policy.judge(a_score(points), seen) == fresh


@given(scores)
def test_more_pressure_never_means_a_milder_verdict(points: float) -> None:
    actions = [judge(points, pressure).action for pressure in (CALM, RISING, FULL_ARRIVALS)]
    assert actions == sorted(actions, key=SEVERITY.index)


@given(scores, pressures, whys, st.booleans())
def test_observing_admits_every_call(
    points: float,
    pressure: Pressure,
    unasked: str,
    malformed: bool,
) -> None:
    verdict = judge(
        points, pressure, mode=Mode.OBSERVE, counts=False, unasked=unasked, malformed=malformed
    )
    assert verdict.action is Action.ADMIT
    assert 1 <= verdict.priority <= 10


@given(scores, pressures, whys, st.sampled_from(list(Overflow)))
def test_a_verdict_is_always_whole(
    points: float, pressure: Pressure, unasked: str, when_full: Overflow
) -> None:
    verdict = judge_unasked(points, pressure, unasked, when_full)
    assert not (unasked and verdict.action is Action.CHALLENGE)
    assert 0 <= verdict.priority <= 10
    assert (verdict.treatment is not None) == (verdict.action is Action.DROP)
    assert (verdict.sip_code != 0) == (verdict.treatment is Treatment.REFUSE)
    assert verdict.reasons
