"""Above the cap the engine judges who goes first and tells all others busy."""

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec
from screener.core.outcome import Event, Outcome
from screener.core.policy import OVER_CAPACITY
from screener.core.settings import Action, AdmissionSettings, Mode, Settings, Treatment
from tests.builders import DAY, NOW, a_call, a_memory

STRANGER, KNOWN, ALLOWED = "+16515550100", "+16515550101", "+16515550102"


def an_engine(mode: Mode = Mode.ENFORCE, cap: int = 5) -> Engine:
    lists = (ListSpec("vip", ListAction.ALLOW, (ALLOWED,)),)
    settings = Settings(mode=mode, lists=lists, admission=AdmissionSettings(cap))
    engine = Engine(settings, a_memory())
    for days in (9, 2):
        engine.learn(KNOWN, Outcome(Event.ANSWERED, 60.0), at=NOW - days * DAY)
    return engine


def fill(engine: Engine) -> None:
    for place in range(engine.admission.cap):
        engine.decide(a_call(f"+1651222{place:04}"), Load())


def test_above_the_cap_a_stranger_is_told_busy_with_the_reason() -> None:
    engine = an_engine()
    fill(engine)
    verdict = engine.decide(a_call(STRANGER), Load()).verdict
    assert (verdict.action, verdict.treatment) == (Action.DROP, Treatment.BUSY)
    assert verdict.reasons == (OVER_CAPACITY,)
    assert engine.admission.turned_away == 1


def test_above_the_cap_the_known_and_the_allowed_are_judged() -> None:
    engine = an_engine()
    fill(engine)
    for number in (KNOWN, ALLOWED):
        verdict = engine.decide(a_call(number), Load()).verdict
        assert verdict.action is Action.ADMIT
    assert engine.admission.turned_away == 0


def test_a_redial_after_the_busy_tone_counts_for_the_caller() -> None:
    engine = an_engine()
    fill(engine)
    engine.decide(a_call(STRANGER), Load())
    again = engine.decide(a_call(STRANGER, arrived_at=NOW + 30), Load())
    assert "redial-after-busy" in {part.name for part in again.verdict.score.signals}


def test_what_was_turned_away_is_no_evidence_and_counts_against_no_limit() -> None:
    engine = an_engine()
    fill(engine)
    for _ in range(100):
        engine.decide(a_call(STRANGER), Load())
    assert (
        engine.decide(a_call(STRANGER, arrived_at=NOW + 30), Load()).verdict.action is Action.ADMIT
    )


def test_while_observing_or_paused_nobody_is_turned_away() -> None:
    observing = an_engine(Mode.OBSERVE)
    fill(observing)
    paused = an_engine()
    paused._memory.reviews.paused_until = NOW + 60
    fill(paused)
    for engine in (observing, paused):
        assert engine.decide(a_call(STRANGER), Load()).verdict.action is Action.ADMIT
        assert engine.admission.turned_away == 0


def test_the_cap_follows_a_change_of_settings() -> None:
    engine = an_engine()
    fill(engine)
    successor = engine.succeed(Settings(mode=Mode.ENFORCE, admission=AdmissionSettings(0)))
    successor.take_over()
    assert successor.admission is engine.admission
    assert successor.decide(a_call(STRANGER), Load()).verdict.action is Action.ADMIT
