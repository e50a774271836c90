from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec
from screener.core.number import CallerClass, NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.policy import MIDDLE_PRIORITY
from screener.core.review import Review, read_entry
from screener.core.settings import (
    Action,
    CaptchaSettings,
    KeyField,
    Level,
    LimitSpec,
    Mode,
    ReputationSettings,
    Settings,
    Window,
)
from tests.builders import NOW, a_call, a_caller, a_memory, an_engine
from tests.unit.core.engines import FULL_QUEUE, FULL_TRUNK, PERSON, SERVED, challenging, known


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
    assert [name for name in flood[-1].verdict.reasons if name.startswith("limit:")]
    person = engine.decide(a_call(arrived_at=NOW + 60.0), Load())
    assert person.verdict.action is Action.ADMIT
    assert person.verdict.priority == MIDDLE_PRIORITY


def test_a_known_caller_is_admitted_before_a_full_trunk() -> None:
    engine = an_engine()
    known(engine)
    decision = engine.decide(a_call(), FULL_TRUNK)
    assert decision.verdict.pressure.level is Level.FULL
    assert decision.verdict.action is Action.ADMIT


def test_nobody_is_challenged_for_being_new_however_full_the_queue() -> None:
    verdict = an_engine().decide(a_call(), FULL_QUEUE).verdict
    assert verdict.pressure.level is Level.FULL
    assert (verdict.action, verdict.priority) == (Action.ADMIT, MIDDLE_PRIORITY)
    assert verdict.reasons == ("score", "new-caller")


def test_a_full_lane_before_a_full_queue_says_busy_and_a_place_freed_is_taken_again() -> None:
    engine = an_engine(challenging(captcha=CaptchaSettings(2, places=1)))
    first = engine.decide(a_call("+16515550001", call_id="a"), FULL_QUEUE)
    second = engine.decide(a_call("+16515550002", call_id="b"), FULL_QUEUE)
    assert first.verdict.action is Action.CHALLENGE
    assert second.verdict.action is Action.DROP
    assert engine.report("a", Outcome(Event.CHALLENGE_PASSED), NOW + 5.0)
    third = engine.decide(a_call("+16515550003", arrived_at=NOW + 5.0, call_id="c"), FULL_QUEUE)
    assert third.verdict.action is Action.CHALLENGE


def test_who_passed_a_challenge_is_not_asked_again_soon() -> None:
    engine = an_engine(challenging())
    asked = engine.decide(a_call(), FULL_QUEUE)
    assert asked.verdict.action is Action.CHALLENGE
    engine.report(asked.call.call_id, Outcome(Event.CHALLENGE_PASSED), NOW + 10.0)
    again = engine.decide(a_call(arrived_at=NOW + 60.0, call_id="again"), FULL_QUEUE)
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


def test_a_number_that_many_people_share_may_call_as_often_as_they_usually_do() -> None:
    limit = LimitSpec("few", (KeyField.NUMBER,), (Window(12, 86_400.0),), 30.0)
    engine = an_engine(Settings(mode=Mode.ENFORCE, limits=(limit,)))
    for hour in range(100):
        engine.learn(PERSON, SERVED, at=NOW - hour * 3_600.0)
    assert spam(engine, 30) is Action.ADMIT
    assert spam(engine, 30, "+16515550143") is Action.DROP


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
    assert paused[-1].reasons[:2] == ("paused", "number-lane-full")
    after = engine.decide(a_call(arrived_at=NOW + 20.0, call_id="after"), Load()).verdict
    assert after.action is Action.DROP


def test_recalled_calls_leave_the_same_memory_as_decided_ones() -> None:
    # Who was told busy is not remembered through a restart; here nobody's next call is a redial.
    forgetful = challenging(reputation=ReputationSettings(redial_within=0.0))
    lived, told = an_engine(forgetful), an_engine(forgetful)
    for n in range(70):
        call = a_call(f"+1651555{n % 7:04d}", arrived_at=NOW + n, call_id=f"c{n}")
        verdict = lived.decide(call, FULL_QUEUE).verdict
        told.recall(call, FULL_QUEUE, verdict.action, verdict.would)
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
