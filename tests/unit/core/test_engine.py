from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec
from screener.core.number import CallerClass, NumberPlan
from screener.core.outcome import ENDS_OF_CHALLENGE, Event, Outcome
from screener.core.policy import Verdict
from screener.core.redial import MOST_BUSIED
from screener.core.review import Review, read_entry
from screener.core.settings import (
    DEFAULT_SIGNALS,
    Action,
    CaptchaSettings,
    Hours,
    KeyField,
    Level,
    LimitSpec,
    Mode,
    Opening,
    Settings,
    SignalSpec,
    Site,
    Treatment,
    Window,
)
from screener.core.usual import UsualWeek
from tests.builders import DAY, NOW, a_call, a_caller, a_memory, an_engine

SERVED = Outcome(Event.ANSWERED, talk_s=90.0)
FULL_TRUNK = Load(queue_waiting=60, operators_logged_in=8, channels_in_use=46)
PERSON = "+16515550142"


def known(engine: Engine, number: str = PERSON) -> None:
    for days in (20, 6):
        engine.learn(number, SERVED, at=NOW - days * DAY)


def test_a_quiet_first_call_is_admitted() -> None:
    decision = an_engine().decide(a_call(), Load())
    assert decision.verdict.action is Action.ADMIT
    assert decision.verdict.pressure.level is Level.CALM


def test_a_flood_from_one_number_is_dropped_and_a_known_caller_still_gets_in() -> None:
    engine = an_engine()
    known(engine)
    flood = [
        engine.decide(a_call("+16515559999", arrived_at=NOW + n, call_id=f"f{n}"), Load())
        for n in range(60)
    ]
    assert flood[-1].verdict.action is Action.DROP
    assert flood[-1].verdict.reasons[1].startswith("limit:")
    person = engine.decide(a_call(arrived_at=NOW + 60.0), Load())
    assert person.verdict.action is Action.ADMIT
    assert person.verdict.priority > 5


def test_a_known_caller_is_admitted_before_a_full_trunk() -> None:
    engine = an_engine()
    known(engine)
    decision = engine.decide(a_call(), FULL_TRUNK)
    assert decision.verdict.pressure.level is Level.FULL
    assert decision.verdict.action is Action.ADMIT


def test_an_unknown_caller_is_challenged_before_a_full_trunk() -> None:
    assert an_engine().decide(a_call(), FULL_TRUNK).verdict.action is Action.CHALLENGE


def test_a_full_lane_before_a_full_trunk_says_busy_and_a_place_freed_is_taken_again() -> None:
    engine = an_engine(Settings(mode=Mode.ENFORCE, captcha=CaptchaSettings(2, places=1)))
    first = engine.decide(a_call("+16515550001", call_id="a"), FULL_TRUNK)
    second = engine.decide(a_call("+16515550002", call_id="b"), FULL_TRUNK)
    assert first.verdict.action is Action.CHALLENGE
    assert second.verdict.action is Action.DROP
    assert engine.report("a", Outcome(Event.CHALLENGE_PASSED), NOW + 5.0)
    third = engine.decide(a_call("+16515550003", arrived_at=NOW + 5.0, call_id="c"), FULL_TRUNK)
    assert third.verdict.action is Action.CHALLENGE


def test_who_passed_a_challenge_is_not_asked_again_soon() -> None:
    engine = an_engine()
    asked = engine.decide(a_call(), FULL_TRUNK)
    engine.report(asked.call.call_id, Outcome(Event.CHALLENGE_PASSED), NOW + 10.0)
    again = engine.decide(a_call(arrived_at=NOW + 60.0, call_id="again"), FULL_TRUNK)
    assert again.verdict.action is Action.ADMIT


def test_refused_attempts_are_no_evidence_against_their_caller() -> None:
    limit = LimitSpec("few", (KeyField.NUMBER,), (Window(3, 600.0),), 30.0)
    engine = an_engine(Settings(mode=Mode.ENFORCE, limits=(limit,)))
    for n in range(50):
        engine.decide(a_call(arrived_at=NOW + n, call_id=f"c{n}"), Load())
    # Three calls were let in; the 47 refused ones did not push the next chance away.
    later = engine.decide(a_call(arrived_at=NOW + 205.0, call_id="later"), Load())
    assert "limit:few" not in later.verdict.reasons


def test_a_permanent_allow_beats_a_flood_and_a_deny_list() -> None:
    lists = (
        ListSpec("pests", ListAction.DENY, (PERSON,), None, ""),
        ListSpec("relay", ListAction.ALLOW, (PERSON,), None, ""),
    )
    engine = an_engine(Settings(mode=Mode.ENFORCE, lists=lists))
    decisions = [engine.decide(a_call(call_id=f"c{n}"), FULL_TRUNK) for n in range(100)]
    assert {decision.verdict.action for decision in decisions} == {Action.ADMIT}


def test_assessing_leaves_no_trace() -> None:
    engine = an_engine()
    before = engine.assess(a_call(), Load())
    for _ in range(200):
        engine.assess(a_call(), FULL_TRUNK)
    assert engine.assess(a_call(), Load()) == before
    assert len(engine.lane) == 0


def test_in_observe_mode_everybody_is_admitted_and_the_counters_run_as_if_enforcing() -> None:
    observing, enforcing = an_engine(Settings(mode=Mode.OBSERVE)), an_engine()
    for n in range(80):
        call = a_call(arrived_at=NOW + n, call_id=f"c{n}")
        seen = observing.decide(call, Load()).verdict
        assert seen.action is Action.ADMIT
        assert seen.would is enforcing.decide(call, Load()).verdict.action


def test_an_outcome_of_a_call_nobody_knows_teaches_nothing() -> None:
    assert not an_engine().report("made-up", SERVED, NOW)


def test_a_withheld_caller_earns_no_reputation_for_its_number() -> None:
    engine = an_engine()
    engine.decide(a_call(caller=a_caller(kind=CallerClass.WITHHELD)), Load())
    assert engine.report("call-1", Outcome(Event.CHALLENGE_PASSED), NOW)
    assert "passed-challenge" not in engine.assess(a_call(), Load()).verdict.reasons


def test_other_settings_go_on_with_the_same_memory() -> None:
    engine = an_engine()
    known(engine)
    for n in range(4):
        engine.decide(a_call("+16515559999", call_id=f"c{n}"), Load())
    successor = engine.succeed(replace(engine.settings, config_hash="other"))
    successor.take_over()
    verdict = successor.assess(a_call("+16515559999"), Load()).verdict
    assert "limit:number-burst" in verdict.reasons
    assert verdict.config_hash == "other"
    assert "known-caller" in successor.assess(a_call(), Load()).verdict.reasons


def test_a_malformed_caller_is_judged_without_its_data() -> None:
    decision = an_engine().decide(a_call(), Load(), malformed=True)
    assert decision.verdict.reasons[0] == "malformed-caller"


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0.0, 30.0)), max_size=120))
def test_a_known_caller_within_its_limits_is_admitted_whatever_others_do(
    others: list[tuple[int, float]],
) -> None:
    engine = Engine(Settings(mode=Mode.ENFORCE), a_memory())
    known(engine)
    now = NOW
    for place, (number, gap) in enumerate(others):
        now += gap
        stranger = f"+1651556{number:04d}"
        engine.decide(a_call(stranger, arrived_at=now, call_id=f"c{place}"), FULL_TRUNK)
    person = engine.decide(a_call(arrived_at=now, call_id="person"), FULL_TRUNK)
    assert person.verdict.action is Action.ADMIT


def spam(engine: Engine, calls: int = 30, number: str = PERSON) -> Action:
    """Return the verdict on the last of so many calls, one a second."""
    return [
        engine.decide(a_call(number, arrived_at=NOW + n, call_id=f"{number}-{n}"), Load())
        for n in range(calls)
    ][-1].verdict.action


def a_review(action: ListAction, until: float | None = None, number: str = PERSON) -> Review:
    return Review(1, action, read_entry(number, NumberPlan("US")), until)


def test_an_allow_of_a_person_beats_the_limits_and_a_deny_of_the_file_while_it_lasts() -> None:
    pests = (ListSpec("pests", ListAction.DENY, (PERSON,)),)
    engine = an_engine(Settings(mode=Mode.ENFORCE, lists=pests))
    assert engine.assess(a_call(), Load()).verdict.action is Action.DROP
    engine._memory.reviews.put(a_review(ListAction.ALLOW, until=NOW + 3_600.0))
    assert spam(engine) is Action.ADMIT
    assert engine.assess(a_call(arrived_at=NOW + 3_600.0), Load()).verdict.action is Action.DROP


def test_a_permanent_allow_of_the_file_beats_a_persons_deny() -> None:
    engine = an_engine()
    engine._memory.reviews.put(a_review(ListAction.DENY, number="911"))
    emergency = a_call(caller=engine.plan.read("911"))
    assert engine.assess(emergency, Load()).verdict.action is Action.ADMIT
    engine._memory.reviews.put(a_review(ListAction.DENY))
    assert engine.assess(a_call(), Load()).verdict.action is Action.DROP


def test_a_pardon_gives_a_caller_its_first_calls_again_and_keeps_its_good_name() -> None:
    engine = an_engine()
    known(engine)
    by_did = LimitSpec("by-did", (KeyField.NUMBER, KeyField.DID), (Window(2, 600.0),), 5.0)
    settings = replace(engine.settings, limits=(*engine.settings.limits, by_did))
    engine = engine.succeed(settings)
    spam(engine)
    spam(engine, number="+16515550199")
    engine.learn(PERSON, Outcome(Event.CHALLENGE_FAILED), at=NOW)
    engine.pardon(PERSON)
    reasons = engine.assess(a_call(arrived_at=NOW + 31.0), Load()).verdict.reasons
    assert "known-caller" in reasons
    assert not [name for name in reasons if name.startswith(("limit:", "failed-"))]
    other = engine.assess(a_call("+16515550199", arrived_at=NOW + 31.0), Load()).verdict.reasons
    assert "limit:by-did" in other


def test_who_is_forgotten_is_a_stranger_again_and_no_outcome_is_awaited() -> None:
    engine = an_engine()
    known(engine)
    engine.decide(a_call(), Load())
    engine.forget(PERSON)
    assert "new-caller" in engine.assess(a_call(), Load()).verdict.reasons
    assert not engine.report("call-1", SERVED, NOW)


def test_in_a_pause_everybody_is_let_in_and_the_log_still_says_what_would_have_been() -> None:
    engine = an_engine()
    engine._memory.reviews.paused_until = NOW + 20.0
    paused = [
        engine.decide(a_call(arrived_at=NOW + n / 3.0, call_id=f"c{n}"), Load()).verdict
        for n in range(59)
    ]
    assert {verdict.action for verdict in paused} == {Action.ADMIT}
    assert paused[-1].would is Action.DROP
    assert paused[-1].reasons[:2] == ("paused", "score")
    after = engine.decide(a_call(arrived_at=NOW + 20.0, call_id="after"), Load()).verdict
    assert after.action is Action.DROP


def test_recalled_calls_leave_the_same_memory_as_decided_ones() -> None:
    lived, told = an_engine(), an_engine()
    for n in range(70):
        call = a_call(f"+1651555{n % 7:04d}", arrived_at=NOW + n, call_id=f"c{n}")
        verdict = lived.decide(call, FULL_TRUNK).verdict
        told.recall(call, FULL_TRUNK, verdict.action, verdict.would)
    assert len(told.lane) == len(lived.lane) > 0
    for n in range(9):
        call = a_call(f"+1651555{n:04d}", arrived_at=NOW + 80.0)
        assert told.assess(call, Load()) == lived.assess(call, Load())
    assert told.report("c3", SERVED, NOW + 90.0) == lived.report("c3", SERVED, NOW + 90.0)


def test_recalling_only_the_pressure_counts_no_caller() -> None:
    lived, told = an_engine(), an_engine()
    for n in range(40):
        call = a_call(arrived_at=NOW + n, call_id=f"c{n}")
        verdict = lived.decide(call, Load()).verdict
        told.recall_pressure(call, Load(), verdict.action, verdict.would)
    probe = a_call(arrived_at=NOW + 41.0)
    expected, seen = lived.assess(probe, Load()).verdict, told.assess(probe, Load()).verdict
    assert seen.pressure == expected.pressure
    assert seen.score.total < expected.score.total


MORNING = Hours("UTC", (Opening(0, 6, 0.0, 12 * 3_600.0),), when_closed=Treatment.BUSY)
NOON = NOW - NOW % DAY + 12 * 3_600.0


def closing_at_noon() -> Engine:
    return an_engine(Settings(mode=Mode.ENFORCE, hours=MORNING))


def test_a_call_that_comes_while_closed_is_dropped_and_leaves_no_trace() -> None:
    engine = closing_at_noon()
    for n in range(100):
        seen = engine.decide(a_call(arrived_at=NOON + n, call_id=f"c{n}"), FULL_TRUNK).verdict
        assert (seen.action, seen.reasons[0]) == (Action.DROP, "closed")
        assert seen.treatment is Treatment.BUSY
    assert len(engine._memory.counters) == len(engine._memory.calls) == len(engine.lane) == 0
    assert not engine.report("c0", SERVED, NOON + 200.0)
    opened = engine.decide(a_call(arrived_at=NOON + DAY / 2), Load()).verdict
    assert opened.action is not Action.DROP
    assert opened.reasons == ("score", "new-caller")


def test_emergency_call_backs_are_let_in_also_while_closed() -> None:
    engine = closing_at_noon()
    emergency = a_call(caller=engine.plan.read("911"), arrived_at=NOON)
    assert engine.decide(emergency, Load()).verdict.action is Action.ADMIT


def test_who_is_in_a_challenge_when_the_site_closes_may_finish_it_and_is_served() -> None:
    engine = closing_at_noon()
    asked = engine.decide(a_call(arrived_at=NOON - 5.0), FULL_TRUNK).verdict
    assert asked.action is Action.CHALLENGE
    assert engine.decide(a_call(arrived_at=NOON, call_id="x"), Load()).verdict.reasons[0] == (
        "closed"
    )
    assert engine.lane.holds("call-1")
    assert engine.report("call-1", Outcome(Event.CHALLENGE_PASSED), NOON + 10.0)
    assert not engine.lane.holds("call-1")
    assert engine.report("call-1", SERVED, NOON + 600.0)
    tomorrow = engine.assess(a_call(arrived_at=NOON + DAY / 2), Load()).verdict
    assert "served-before" in tomorrow.reasons


def test_other_opening_hours_are_in_force_after_a_reload() -> None:
    engine = an_engine()
    successor = engine.succeed(replace(engine.settings, hours=MORNING))
    successor.take_over()
    assert successor.assess(a_call(arrived_at=NOON), Load()).verdict.reasons[0] == "closed"


def a_rush(engine: Engine, since: float, name: str) -> Level:
    """Return the level after ten minutes of six times what the operators can take."""
    for n in range(162):
        number = f"+1651556{n:04d}"
        call = a_call(number, arrived_at=since + n / 0.27, call_id=f"{name}-{n}")
        decision = engine.decide(call, Load())
        engine.report(call.call_id, Outcome(Event.CHALLENGE_PASSED), call.arrived_at + 3.0)
    engine.decide(a_call(arrived_at=since + 7_200.0), Load())
    return decision.verdict.pressure.level


def test_a_rush_of_every_week_becomes_normal_and_a_reload_keeps_it() -> None:
    engine, morning = an_engine(), NOON - 6 * 3_600.0
    engine.decide(a_call(arrived_at=morning - 3_600.0), Load())
    levels = [a_rush(engine, morning + week * 7 * DAY, f"w{week}") for week in range(3)]
    assert levels[0] is Level.FULL
    assert levels[2] is Level.CALM
    successor = engine.succeed(replace(engine.settings, config_hash="other"))
    successor.take_over()
    assert a_rush(successor, morning + 21 * DAY, "next") is Level.CALM
    off = replace(engine.settings, hours=Hours(learn_arrivals=False))
    forgetful = successor.succeed(off)
    forgetful.take_over()
    assert a_rush(forgetful, morning + 28 * DAY, "off") is Level.FULL


def test_recalling_only_the_pressure_teaches_no_usual_arrivals_and_recalling_all_does() -> None:
    lived, told, warmed = an_engine(), an_engine(), an_engine()
    for n in range(120):
        call = a_call(f"+1651555{n:04d}", arrived_at=NOW + 30.0 * n, call_id=f"c{n}")
        verdict = lived.decide(call, Load()).verdict
        told.recall(call, Load(), verdict.action, verdict.would)
        warmed.recall_pressure(call, Load(), verdict.action, verdict.would)
    assert told._memory.usual == lived._memory.usual
    assert sum(lived._memory.usual.usual) > 0.0
    assert warmed._memory.usual == UsualWeek()


FAILED, PASSED = Outcome(Event.CHALLENGE_FAILED), Outcome(Event.CHALLENGE_PASSED)
LOADS = {
    Level.CALM: Load(operators_logged_in=8),
    Level.RISING: Load(queue_waiting=8, operators_logged_in=8),
    Level.FULL: FULL_TRUNK,
}
ATTACK, QUARTER_S = 10_000, 900.0


def one_at(engine: Engine, level: Level, at: float, call_id: str = "probe") -> Verdict:
    """Return what would be said of the person's call at a moment, under that pressure."""
    verdict = engine.assess(a_call(arrived_at=at, call_id=call_id), LOADS[level]).verdict
    assert verdict.pressure.level is level
    return verdict


def attacked(level: Level, gap: float, *, is_known: bool) -> tuple[Engine, float]:
    """Return an engine after so many calls under the person's number, and when the last one came.

    Whoever is asked fails, whoever is let in hangs up. The load alone makes the pressure.
    """
    engine = an_engine(Settings(mode=Mode.ENFORCE, site=Site(mean_service=0.001)))
    if is_known:
        known(engine)
    for place in range(ATTACK):
        call = a_call(arrived_at=NOW + place * gap, call_id=f"{place}")
        verdict = engine.decide(call, LOADS[level]).verdict
        assert verdict.pressure.level is level
        if verdict.action is Action.CHALLENGE:
            engine.report(call.call_id, FAILED, call.arrived_at + gap / 2.0)
        elif verdict.action is Action.ADMIT:
            engine.report(call.call_id, Outcome(Event.ABANDONED), call.arrived_at + gap / 2.0)
    return engine, NOW + ATTACK * gap


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    ("level", "gap"), [(Level.CALM, 0.07), (Level.RISING, 1.0), (Level.FULL, 1.0)]
)
def test_a_victim_of_spoofing_comes_back_within_a_quarter_of_an_hour_or_one_challenge(
    level: Level, gap: float, *, is_known: bool
) -> None:
    engine, over = attacked(level, gap, is_known=is_known)
    waits = [one_at(engine, level, over + second).action for second in range(0, 7_200, 5)]
    last_drop = max((5.0 * n for n, action in enumerate(waits) if action is Action.DROP), default=0)
    assert last_drop < QUARTER_S
    if level is Level.CALM:
        assert last_drop <= 30.0  # until the limit against floods has room again
    engine.decide(a_call(arrived_at=over + QUARTER_S, call_id="person"), LOADS[level])
    engine.report("person", PASSED, over + QUARTER_S + 10.0)
    against = ("failed-challenges", "challenge-block", "limit:")
    passed = [one_at(engine, level, over + QUARTER_S + 11.0 + n * 60.0) for n in range(121)]
    assert not [verdict for verdict in passed if verdict.action is Action.DROP]
    assert not [name for name in passed[0].reasons if name.startswith(against[:2])]
    # What limits counted says no more after two hours: twelve calls a day are one in two hours.
    assert not [name for name in passed[-1].reasons if name.startswith(against)]
    assert passed[-1].action is Action.ADMIT


@pytest.mark.parametrize("level", list(Level))
def test_who_is_blocked_is_asked_again_in_calm_and_else_told_busy_for_a_while(
    level: Level,
) -> None:
    engine = an_engine(Settings(mode=Mode.ENFORCE, site=Site(mean_service=0.001)))
    for _ in range(2):
        engine.learn(PERSON, FAILED, at=NOW)
    verdict = one_at(engine, level, NOW + 1.0)
    assert verdict.reasons[:2] == ("score", "challenge-block")
    calm = level is Level.CALM
    assert verdict.action is (Action.CHALLENGE if calm else Action.DROP)
    assert verdict.treatment is (None if calm else Treatment.BUSY)
    later = one_at(engine, level, NOW + QUARTER_S)
    assert later.action is not Action.DROP
    engine.learn(PERSON, PASSED, at=NOW + 2.0)
    assert one_at(engine, level, NOW + 3.0).action is Action.ADMIT


def test_refused_attempts_make_no_block_longer() -> None:
    engine = an_engine()
    for _ in range(2):
        engine.learn(PERSON, FAILED, at=NOW)
    for second in range(1, 600):
        refused = engine.decide(a_call(arrived_at=NOW + second, call_id=f"{second}"), FULL_TRUNK)
        assert refused.verdict.action is Action.DROP
    assert "challenge-block" in one_at(engine, Level.FULL, NOW + 899.0).reasons
    assert "challenge-block" not in one_at(engine, Level.FULL, NOW + 900.0).reasons


def test_a_pardon_ends_a_block() -> None:
    engine = an_engine()
    for _ in range(2):
        engine.learn(PERSON, FAILED, at=NOW)
    engine.pardon(PERSON)
    assert one_at(engine, Level.CALM, NOW + 1.0).action is Action.ADMIT


@pytest.mark.parametrize("event", list(Event))
def test_only_the_end_of_a_challenge_frees_its_place(event: Event) -> None:
    engine = an_engine()
    engine.decide(a_call(), FULL_TRUNK)
    assert len(engine.lane) == 1
    engine.report("call-1", Outcome(event), NOW + 5.0)
    assert len(engine.lane) == (0 if event in ENDS_OF_CHALLENGE else 1)


def test_an_outcome_is_learned_as_of_when_it_happened() -> None:
    engine = an_engine()
    engine.decide(a_call(), Load())
    engine.report("call-1", Outcome(Event.CHALLENGE_PASSED, ago_s=3_600.0), NOW + 3_600.0)
    pass_ttl = engine.settings.reputation.pass_ttl
    assert "passed-challenge" in one_at(engine, Level.CALM, NOW + pass_ttl - 1.0).reasons
    assert "passed-challenge" not in one_at(engine, Level.CALM, NOW + pass_ttl).reasons


def told_busy(engine: Engine, moments: Iterator[float], number: str = PERSON) -> None:
    """Let the number call at each moment, while every place for captchas is taken."""
    for moment in moments:
        call = a_call(number, arrived_at=moment, call_id=f"{number} {moment}")
        assert engine.decide(call, FULL_TRUNK).verdict.treatment is Treatment.BUSY


def a_full_lane() -> Engine:
    signals = DEFAULT_SIGNALS | {"redial-after-busy": SignalSpec(-0.25)}
    captcha = CaptchaSettings(places=1)
    engine = an_engine(Settings(mode=Mode.ENFORCE, captcha=captcha, signals=signals))
    engine.lane.take("somebody", NOW + 3_600.0)
    return engine


def test_a_redial_after_a_busy_signal_earns_a_little() -> None:
    engine = a_full_lane()
    told_busy(engine, iter([NOW]))
    verdict = engine.assess(a_call(arrived_at=NOW + 60.0), FULL_TRUNK).verdict
    assert "redial-after-busy" in verdict.reasons
    assert (
        "redial-after-busy"
        not in engine.assess(
            a_call("+16515550143", arrived_at=NOW + 60.0), FULL_TRUNK
        ).verdict.reasons
    )


def test_a_machine_that_redials_every_half_minute_soon_earns_nothing() -> None:
    engine = a_full_lane()
    told_busy(engine, (NOW + 30.0 * place for place in range(MOST_BUSIED)))
    call = a_call(arrived_at=NOW + 30.0 * MOST_BUSIED)
    assert "redial-after-busy" in engine.assess(call, FULL_TRUNK).verdict.reasons
    told_busy(engine, iter([call.arrived_at]))
    call = replace(call, arrived_at=call.arrived_at + 30.0)
    assert "redial-after-busy" not in engine.assess(call, FULL_TRUNK).verdict.reasons


def test_in_observe_mode_nobody_was_told_busy() -> None:
    engine = a_full_lane().succeed(Settings(captcha=CaptchaSettings(places=1)))
    seen = engine.decide(a_call(), FULL_TRUNK).verdict
    assert (seen.action, seen.would) == (Action.ADMIT, Action.DROP)
    again = engine.assess(a_call(arrived_at=NOW + 60.0), FULL_TRUNK)
    assert "redial-after-busy" not in [part.name for part in again.verdict.score.signals]


def test_who_is_refused_for_good_earns_nothing_by_coming_again() -> None:
    pests = (ListSpec("pests", ListAction.DENY, (PERSON,)),)
    engine = an_engine(Settings(mode=Mode.ENFORCE, lists=pests))
    assert engine.decide(a_call(), Load()).verdict.treatment is Treatment.REFUSE
    again = engine.assess(a_call(arrived_at=NOW + 60.0), Load())
    assert "redial-after-busy" not in again.verdict.reasons


def test_who_was_told_busy_is_forgotten_with_everything_else() -> None:
    engine = a_full_lane()
    told_busy(engine, iter([NOW]))
    engine.forget(PERSON)
    assert len(engine._memory.busied) == 0


def test_numbers_made_up_push_out_neither_the_known_nor_strangers_of_good_name() -> None:
    engine = a_full_lane()
    engine._memory.callers.resize(10, 10)
    engine._memory.busied.resize(10, 0)
    known(engine)
    engine.learn("+16515550143", SERVED, at=NOW)
    told_busy(engine, iter([NOW]), "withheld")
    for tail in range(1_000):
        told_busy(engine, iter([NOW + tail / 100.0]), f"+1651556{tail:04d}")
    assert len(engine._memory.busied) == 10
    assert "known-caller" in engine.assess(a_call(), Load()).verdict.reasons
    served = engine.assess(a_call("+16515550143"), Load()).verdict
    assert "served-before" in served.reasons


def test_a_served_caller_stays_known_through_any_number_of_strangers_who_fail() -> None:
    engine = an_engine()
    engine._memory.callers.resize(10, 10)
    known(engine)
    for tail in range(1_000):
        engine.learn(f"+1651556{tail:04d}", FAILED, at=NOW)
    assert "known-caller" in engine.assess(a_call(), Load()).verdict.reasons
    late = a_call(arrived_at=NOW + 400 * DAY)
    assert "known-caller" not in engine.assess(late, Load()).verdict.reasons


def test_who_passed_is_remembered_through_any_number_of_strangers_who_fail() -> None:
    engine = an_engine()
    engine._memory.callers.resize(10, 10)
    engine.learn(PERSON, PASSED, at=NOW)
    for tail in range(1_000):
        engine.learn(f"+1651556{tail:04d}", FAILED, at=NOW)
    assert "passed-challenge" in engine.assess(a_call(), Load()).verdict.reasons
