from dataclasses import replace

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.core.settings import (
    Action,
    CrowdSettings,
    Hours,
    Level,
    Mode,
    Opening,
    Settings,
    Treatment,
)
from screener.core.usual import UsualWeek
from tests.builders import DAY, NOW, a_call, an_engine
from tests.unit.core.engines import FULL_QUEUE, SERVED, a_new, challenging

MORNING = Hours("UTC", (Opening(0, 6, 0.0, 12 * 3_600.0),), when_closed=Treatment.BUSY)
NOON = NOW - NOW % DAY + 12 * 3_600.0


def closing_at_noon() -> Engine:
    return an_engine(challenging(hours=MORNING))


def test_a_call_that_comes_while_closed_is_dropped_and_leaves_no_trace() -> None:
    engine = closing_at_noon()
    for n in range(100):
        seen = engine.decide(a_call(arrived_at=NOON + n, call_id=f"c{n}"), FULL_QUEUE).verdict
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
    asked = engine.decide(a_call(arrived_at=NOON - 5.0), FULL_QUEUE).verdict
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


def a_rush(engine: Engine, since: float) -> Level:
    """Return the level after ten minutes of six times what the operators can take."""
    for n in range(162):
        call = a_new(n, since + n / 0.27)
        decision = engine.decide(call, Load())
        engine.report(call.call_id, Outcome(Event.CHALLENGE_PASSED), call.arrived_at + 3.0)
    engine.decide(a_call(arrived_at=since + 7_200.0), Load())
    return decision.verdict.pressure.level


def test_a_rush_of_every_week_becomes_normal_and_a_reload_keeps_it() -> None:
    # Crowds are left out: nobody here passes a challenge, as people in a rush would.
    settings = Settings(mode=Mode.ENFORCE, crowds=CrowdSettings(learn=False))
    engine, morning = an_engine(settings), NOON - 6 * 3_600.0
    engine.decide(a_call(arrived_at=morning - 3_600.0), Load())
    levels = [a_rush(engine, morning + week * 7 * DAY) for week in range(3)]
    assert levels[0] is Level.FULL
    assert levels[2] is Level.CALM
    successor = engine.succeed(replace(engine.settings, config_hash="other"))
    successor.take_over()
    assert a_rush(successor, morning + 21 * DAY) is Level.CALM
    off = replace(engine.settings, hours=Hours(learn_arrivals=False))
    forgetful = successor.succeed(off)
    forgetful.take_over()
    assert a_rush(forgetful, morning + 28 * DAY) is Level.FULL


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


def test_who_finds_it_closed_was_not_told_to_call_again() -> None:
    engine = closing_at_noon()
    closed = engine.decide(a_call(call_id="closed", arrived_at=NOON + 60.0), Load()).verdict
    assert (closed.reasons[0], closed.treatment) == ("closed", Treatment.BUSY)
    later = engine.decide(a_call(call_id="later", arrived_at=NOON + DAY - 43_100.0), Load())
    assert "redial-after-busy" not in later.verdict.reasons
    assert len(engine._memory.busied) == 0
