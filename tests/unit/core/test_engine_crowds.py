"""The engine while a crowd swells: who is challenged, who is told busy, who notices nothing."""

import pytest

from screener.core.call import Attestation, Load
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.core.policy import MIDDLE_PRIORITY, Verdict
from screener.core.settings import Action, Mode, Settings, Treatment
from tests.builders import NOW, a_call, an_engine
from tests.unit.core.engines import SERVED, a_new, a_swell, a_usual_day, known

FAILED, PASSED = Outcome(Event.CHALLENGE_FAILED), Outcome(Event.CHALLENGE_PASSED)


@pytest.fixture(name="engine")
def _engine() -> Engine:
    engine = an_engine()
    a_usual_day(engine)
    return engine


def probe(engine: Engine, at: float, attestation: Attestation = Attestation.NONE) -> Verdict:
    """Return what would be said of another new number of the crowd that swells, or of another."""
    return engine.assess(a_new(999_999, at, attestation=attestation), Load()).verdict


def points_of(verdict: Verdict, name: str) -> float:
    return sum(part.points for part in verdict.score.signals if part.name == name)


def test_who_calls_like_an_attack_is_challenged_and_never_dropped_for_it(engine: Engine) -> None:
    for decision in a_swell(engine, 40):
        verdict = decision.verdict
        assert verdict.action is not Action.DROP or verdict.reasons[0] == "lane-full"
        assert verdict.treatment in {None, Treatment.BUSY}
    verdict = probe(engine, NOW + 20.0)
    assert verdict.reasons[1:] == ("swollen-crowd", "new-caller")
    assert verdict.score.crowd > 5.0
    assert verdict.score.total - verdict.score.crowd == 1.0
    assert verdict.priority < MIDDLE_PRIORITY


def test_who_calls_otherwise_and_who_is_known_notice_nothing(engine: Engine) -> None:
    a_swell(engine, 200)
    signed = probe(engine, NOW + 100.0, Attestation.FULL)
    assert (signed.action, signed.priority) == (Action.ADMIT, MIDDLE_PRIORITY)
    known(engine)
    customer = engine.assess(a_call(arrived_at=NOW + 100.0), Load()).verdict
    assert (customer.action, customer.priority) == (Action.ADMIT, MIDDLE_PRIORITY)


def test_a_flood_that_finds_no_place_is_told_busy_and_a_persons_redial_is_worth_something(
    engine: Engine,
) -> None:
    decisions = a_swell(engine, 120, gap=0.25)
    busy = [one for one in decisions if one.verdict.treatment is Treatment.BUSY]
    assert busy
    assert {one.verdict.reasons[0] for one in busy} == {"lane-full"}
    caller = busy[-1].call.caller
    again = engine.assess(a_call(caller=caller, arrived_at=NOW + 60.0), Load()).verdict
    assert -9.0 <= points_of(again, "redial-after-busy") < -1.0
    assert again.score.total < busy[-1].verdict.score.total


def test_where_machines_redial_as_people_do_it_soon_is_worth_less(engine: Engine) -> None:
    now, worth = NOW, []
    for _ in range(2):
        busy = [
            one.call
            for one in a_swell(engine, 400, since=now, gap=0.25)
            if one.verdict.treatment is Treatment.BUSY
        ]
        now += 110.0
        first = a_call(caller=busy[-1].caller, arrived_at=now)
        worth.append(-points_of(engine.assess(first, Load()).verdict, "redial-after-busy"))
        for place, call in enumerate(busy):
            again = a_call(caller=call.caller, arrived_at=now, call_id=f"again-{now}-{place}")
            engine.decide(again, Load())
        now += 60.0
    assert worth[0] > 1.0
    assert worth[1] < worth[0] - 1.0


def test_who_passed_a_challenge_that_tells_is_no_longer_judged_by_its_crowd(
    engine: Engine,
) -> None:
    for decision in a_swell(engine, 100):
        if decision.verdict.action is Action.CHALLENGE:
            asked = decision
            engine.report(asked.call.call_id, FAILED, asked.call.arrived_at + 20.0)
    now = asked.call.arrived_at + 5.0
    person = a_new(555_555, now)
    verdict = engine.decide(person, Load()).verdict
    assert verdict.action is Action.CHALLENGE
    assert verdict.once_passed > verdict.priority
    engine.report(person.call_id, PASSED, now + 15.0)
    again = a_call(caller=person.caller, arrived_at=now + 30.0)
    verdict = engine.assess(again, Load()).verdict
    assert (verdict.action, verdict.score.crowd) == (Action.ADMIT, 0.0)


def test_where_half_of_the_machines_pass_a_caller_is_told_to_come_again(engine: Engine) -> None:
    verdicts = []
    for place in range(600):
        call = a_new(100_000 + place, NOW + place * 0.25)
        verdicts.append(engine.decide(call, Load()).verdict)
        if verdicts[-1].action is Action.CHALLENGE:
            engine.report(call.call_id, PASSED if place % 2 else FAILED, call.arrived_at + 0.1)
    late = {(one.action, one.reasons[0]) for one in verdicts[400:]}
    assert (Action.DROP, "come-again") in late
    assert (Action.ADMIT, "score") not in late


def test_an_attack_does_not_become_usual_while_it_lasts(engine: Engine) -> None:
    a_swell(engine, 400)
    early = probe(engine, NOW + 200.0).score.crowd
    a_swell(engine, 2_000, since=NOW + 200.0)
    assert probe(engine, NOW + 1_200.0).score.crowd >= early - 0.5


def test_a_rush_of_people_challenges_nobody(engine: Engine) -> None:
    verdicts = []
    for place in range(600):
        signed = Attestation.FULL if place % 2 else Attestation.NONE
        trunk = "trunk-b" if place % 3 == 0 else "trunk-a"
        call = a_new(50_000 + place, NOW + place * 4.0, attestation=signed, trunk=trunk)
        verdicts.append(engine.decide(call, Load()).verdict)
        engine.report(call.call_id, SERVED, call.arrived_at + 90.0)
    challenged = [one for one in verdicts if one.action is not Action.ADMIT]
    assert len(challenged) <= 0.02 * len(verdicts)


def test_while_observing_crowds_are_told_and_nobody_notices() -> None:
    engine = an_engine(Settings(mode=Mode.OBSERVE))
    a_usual_day(engine)
    decisions = a_swell(engine, 200)
    assert {one.verdict.action for one in decisions} == {Action.ADMIT}
    last = decisions[-1].verdict
    assert last.would is not Action.ADMIT
    assert (last.score.crowd, last.score.crowd_would > 5.0) == (0.0, True)
    assert last.priority == MIDDLE_PRIORITY


def test_other_settings_go_on_with_the_crowds_that_were_counted(engine: Engine) -> None:
    a_swell(engine, 100)
    before = probe(engine, NOW + 50.0).score.crowd
    successor = engine.succeed(engine.settings)
    successor.take_over()
    assert probe(successor, NOW + 50.0).score.crowd == pytest.approx(before, abs=0.5)
