from collections.abc import Iterator
from dataclasses import replace

import pytest

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec
from screener.core.outcome import ENDS_OF_CHALLENGE, Event, Outcome
from screener.core.policy import Verdict
from screener.core.redial import MOST_BUSIED
from screener.core.settings import (
    DEFAULT_SIGNALS,
    Action,
    CaptchaSettings,
    Level,
    Mode,
    SignalSpec,
    Site,
    Treatment,
)
from tests.builders import DAY, NOW, a_call, an_engine
from tests.unit.core.engines import FULL_QUEUE, PERSON, SERVED, challenging, known

FAILED, PASSED = Outcome(Event.CHALLENGE_FAILED), Outcome(Event.CHALLENGE_PASSED)
LOADS = {
    Level.CALM: Load(operators_logged_in=8),
    Level.RISING: Load(queue_waiting=8, operators_logged_in=8),
    Level.FULL: FULL_QUEUE,
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
    engine = an_engine(challenging(site=Site(mean_service=0.001)))
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
    engine = an_engine(challenging(site=Site(mean_service=0.001)))
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
        refused = engine.decide(a_call(arrived_at=NOW + second, call_id=f"{second}"), FULL_QUEUE)
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
    engine = an_engine(challenging())
    engine.decide(a_call(), FULL_QUEUE)
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
        assert engine.decide(call, FULL_QUEUE).verdict.treatment is Treatment.BUSY


def a_full_lane() -> Engine:
    signals = DEFAULT_SIGNALS | {"redial-after-busy": SignalSpec(-0.25)}
    captcha = CaptchaSettings(places=1)
    engine = an_engine(challenging(captcha=captcha, signals=signals))
    engine.lane.take("somebody", NOW + 3_600.0)
    return engine


def test_a_redial_after_a_busy_signal_earns_a_little() -> None:
    engine = a_full_lane()
    told_busy(engine, iter([NOW]))
    verdict = engine.assess(a_call(arrived_at=NOW + 60.0), FULL_QUEUE).verdict
    assert "redial-after-busy" in verdict.reasons
    assert (
        "redial-after-busy"
        not in engine.assess(
            a_call("+16515550143", arrived_at=NOW + 60.0), FULL_QUEUE
        ).verdict.reasons
    )


def test_a_machine_that_redials_every_half_minute_soon_earns_nothing() -> None:
    engine = a_full_lane()
    told_busy(engine, (NOW + 30.0 * place for place in range(MOST_BUSIED)))
    call = a_call(arrived_at=NOW + 30.0 * MOST_BUSIED)
    assert "redial-after-busy" in engine.assess(call, FULL_QUEUE).verdict.reasons
    told_busy(engine, iter([call.arrived_at]))
    call = replace(call, arrived_at=call.arrived_at + 30.0)
    assert "redial-after-busy" not in engine.assess(call, FULL_QUEUE).verdict.reasons


def test_in_observe_mode_nobody_was_told_busy() -> None:
    observing = challenging(mode=Mode.OBSERVE, captcha=CaptchaSettings(places=1))
    engine = a_full_lane().succeed(observing)
    seen = engine.decide(a_call(), FULL_QUEUE).verdict
    assert (seen.action, seen.would) == (Action.ADMIT, Action.DROP)
    again = engine.assess(a_call(arrived_at=NOW + 60.0), FULL_QUEUE)
    assert "redial-after-busy" not in [part.name for part in again.verdict.score.signals]


def test_who_is_refused_for_good_earns_nothing_by_coming_again() -> None:
    pests = (ListSpec("pests", ListAction.DENY, (PERSON,)),)
    engine = an_engine(challenging(lists=pests))
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
