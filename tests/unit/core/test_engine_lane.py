"""The engine with its captcha lane: who is asked, who is not, and what becomes of those."""

from dataclasses import replace

import pytest

from screener.core.call import Attestation, Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec
from screener.core.number import CallerClass
from screener.core.outcome import Event, Outcome
from screener.core.policy import MIDDLE_PRIORITY
from screener.core.settings import (
    DEFAULT_SIGNALS,
    Action,
    CaptchaSettings,
    Hours,
    Mode,
    Opening,
    Overflow,
    Settings,
    SignalSpec,
    Treatment,
)
from tests.builders import NOW, a_call, a_caller, an_engine
from tests.unit.core.engines import FULL_QUEUE, FULL_TRUNK, HELD, PERSON, challenging, known


def rush(engine: Engine, calls: int, number: str | None = None) -> list[Decision]:
    """Return what is said of calls of one second before a full queue, all but one of strangers."""
    numbers = [number or f"+1651555{n:04d}" for n in range(calls)]
    return [
        engine.decide(a_call(one, call_id=f"{one}-{n}"), FULL_QUEUE)
        for n, one in enumerate(numbers)
    ]


@pytest.mark.parametrize(("when_full", "action"), [("admit", Action.ADMIT), ("busy", Action.DROP)])
def test_without_a_place_a_caller_meets_what_the_settings_say(
    when_full: str, action: Action
) -> None:
    captcha = CaptchaSettings(places=1, when_full=Overflow(when_full))
    first, second = rush(an_engine(challenging(captcha=captcha)), 2)
    assert first.verdict.action is Action.CHALLENGE
    assert (second.verdict.action, second.verdict.reasons[0]) == (action, "lane-full")


def test_nobody_is_asked_in_a_lane_that_may_use_no_channel() -> None:
    captcha = CaptchaSettings(share_of_channels=0.0)
    engine = an_engine(challenging(captcha=captcha))
    assert rush(engine, 1)[0].verdict.reasons[0] == "lane-full"


def test_one_number_is_asked_in_so_many_calls_at_once_and_others_are_still_asked() -> None:
    engine = an_engine(challenging())
    asked = rush(engine, 4, "+16515559999")
    assert [one.verdict.reasons[0] for one in asked] == ["score"] * 2 + ["number-lane-full"] * 2
    assert rush(engine, 1)[0].verdict.action is Action.CHALLENGE


def test_a_withheld_number_holds_no_more_places_than_a_shown_one() -> None:
    engine = an_engine(challenging())
    hidden = engine.plan.read("+16515559999", "prohib")
    reasons = [
        engine.decide(a_call(caller=hidden, call_id=f"c{n}"), FULL_QUEUE).verdict.reasons[0]
        for n in range(3)
    ]
    assert reasons[-1] == "number-lane-full"


def test_in_a_rush_the_last_places_go_to_the_better_scores() -> None:
    captcha = CaptchaSettings(places=10, best_first_from=0.5)
    engine = an_engine(challenging(limits=(), captcha=captcha))
    signed = {True: Attestation.FULL, False: Attestation.GATEWAY}
    asked: dict[bool, int] = {True: 0, False: 0}
    for n in range(40):
        call = a_call(f"+1651555{n:04d}", call_id=f"c{n}", attestation=signed[n % 2 == 0])
        verdict = engine.decide(call, FULL_QUEUE).verdict
        asked[n % 2 == 0] += verdict.action is Action.CHALLENGE
    assert sum(asked.values()) == 10
    assert asked[True] > asked[False]


def test_a_malformed_caller_gets_no_place_before_others() -> None:
    captcha = CaptchaSettings(places=10, best_first_from=0.0)
    engine = an_engine(challenging(captcha=captcha))
    assert {one.verdict.action for one in rush(engine, 3)} == {Action.CHALLENGE}
    nobody = a_call(caller=a_caller(kind=CallerClass.ABSENT), call_id="x")
    verdict = engine.decide(nobody, Load(), malformed=True).verdict
    assert verdict.reasons[:2] == ("lane-full", "malformed-caller")


def test_assessing_makes_nobody_a_candidate() -> None:
    engine = an_engine(challenging())
    for n in range(20):
        engine.assess(a_call(call_id=f"c{n}"), FULL_QUEUE)
    assert len(engine.lane.candidates) == 0
    engine.decide(a_call(), FULL_QUEUE)
    assert len(engine.lane.candidates) == 1


def exempting(*more: ListSpec, until: float | None = None) -> Engine:
    relay = ListSpec("relay", ListAction.EXEMPT, (PERSON,), until)
    return an_engine(challenging(lists=(relay, *more)))


def test_who_is_exempt_is_admitted_where_others_are_challenged_and_holds_no_place() -> None:
    engine = exempting(until=NOW + 60.0)
    decision = engine.decide(a_call(), FULL_QUEUE)
    assert decision.verdict.action is Action.ADMIT
    assert decision.verdict.reasons == ("exempt", "new-caller")
    assert decision.verdict.priority == MIDDLE_PRIORITY
    assert decision.list_hit is not None
    assert decision.list_hit.list_name == "relay"
    assert len(engine.lane) == 0
    after = engine.decide(a_call(arrived_at=NOW + 60.0, call_id="after"), FULL_QUEUE)
    assert after.verdict.action is Action.CHALLENGE


def test_who_is_exempt_is_dropped_like_anybody() -> None:
    engine = exempting()
    for n in range(60):
        verdict = engine.decide(a_call(arrived_at=NOW + n, call_id=f"c{n}"), Load()).verdict
    assert verdict.action is Action.DROP


def test_an_exempt_list_hides_no_other_list() -> None:
    pests = ListSpec("pests", ListAction.DENY, (PERSON,))
    denied = exempting(pests).assess(a_call(), Load())
    assert denied.verdict.action is Action.DROP
    assert denied.list_hit is not None
    assert denied.list_hit.list_name == "pests"
    friends = ListSpec("friends", ListAction.ALLOW, (PERSON,))
    allowed = exempting(friends).assess(a_call(), FULL_QUEUE)
    assert allowed.verdict.reasons[0] == "always-allowed"


def test_a_relay_service_is_exempt_without_any_configuration() -> None:
    engine = an_engine(challenging())
    relay = a_call(caller=engine.plan.read("711"))
    assert engine.decide(relay, FULL_QUEUE).verdict.reasons[0] == "exempt"


@pytest.mark.parametrize("number", ["911", "112", "933"])
def test_an_emergency_call_back_is_never_challenged_whatever_was_learned(number: str) -> None:
    engine = an_engine(challenging())
    caller = engine.plan.read(number)
    for _ in range(5):
        engine.learn(caller.identity, Outcome(Event.CHALLENGE_FAILED), at=NOW)
    rush(engine, 60)
    for n in range(60):
        verdict = engine.decide(a_call(caller=caller, call_id=f"e{n}"), FULL_QUEUE).verdict
        assert (verdict.action, verdict.priority) == (Action.ADMIT, 10)


def test_who_is_forgotten_is_not_known_by_the_lane_either() -> None:
    engine = an_engine(challenging())
    rush(engine, 2, PERSON)
    engine.forget(PERSON)
    assert rush(engine, 1, PERSON)[0].verdict.action is Action.CHALLENGE


def test_other_settings_go_on_with_the_challenges_that_are_open() -> None:
    engine = an_engine(challenging())
    rush(engine, 3)
    narrow = replace(engine.settings, captcha=CaptchaSettings(places=2))
    successor = engine.succeed(narrow)
    assert rush(engine, 1, "+16515550100")[0].verdict.action is Action.CHALLENGE
    successor.take_over()
    assert len(successor.lane) == 4
    assert rush(successor, 1, "+16515550101")[0].verdict.reasons[0] == "lane-full"


def test_a_signal_enforced_by_itself_finds_the_lane_full_out_of_hours_too() -> None:
    afternoons = Hours("UTC", (Opening(0, 6, 13 * 3_600.0, 14 * 3_600.0),))
    signals = DEFAULT_SIGNALS | {"new-caller": SignalSpec(1.0, Mode.ENFORCE)}
    observing = challenging(
        mode=Mode.OBSERVE, hours=afternoons, signals=signals, captcha=CaptchaSettings(places=1)
    )
    engine = an_engine(observing)
    first, second = rush(engine, 2)
    assert first.verdict.action is Action.CHALLENGE
    assert second.verdict.reasons[0] == "lane-full"
    assert len(engine.lane) == 1


def test_a_trunk_without_channels_to_spare_has_no_place_for_a_captcha() -> None:
    engine = an_engine(challenging())
    verdict = engine.decide(a_call(), FULL_TRUNK).verdict
    assert (verdict.action, verdict.treatment) == (Action.DROP, Treatment.BUSY)
    assert verdict.reasons[0] == "lane-full"
    assert len(engine.lane) == 0


def test_who_is_not_known_is_challenged_while_somebody_holds_the_operators() -> None:
    engine = an_engine()
    known(engine)
    stranger = engine.decide(a_call("+16515550143", call_id="stranger"), HELD).verdict
    assert stranger.pressure.arrivals == 0.0
    assert (stranger.action, stranger.reasons[1]) == (Action.CHALLENGE, "held-operators")
    assert not stranger.no_key
    customer = engine.decide(a_call(), HELD).verdict
    assert (customer.action, customer.priority) == (Action.ADMIT, MIDDLE_PRIORITY)


def test_while_operators_are_held_a_stranger_without_a_place_is_told_busy_and_may_redial() -> None:
    engine = an_engine(Settings(mode=Mode.ENFORCE, captcha=CaptchaSettings(places=1)))
    abroad = a_caller("+442071234567", CallerClass.FOREIGN)
    first = engine.decide(a_call(call_id="first"), HELD).verdict
    second = engine.decide(a_call(call_id="second", caller=abroad), HELD).verdict
    assert first.action is Action.CHALLENGE
    assert (second.action, second.treatment) == (Action.DROP, Treatment.BUSY)
    again = engine.assess(a_call(caller=abroad, arrived_at=NOW + 60.0), HELD).verdict
    assert "redial-after-busy" in again.reasons
