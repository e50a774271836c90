"""What the tests of the engine share: a person, a good end of a call, loads, a day, a swell."""

from dataclasses import replace

from screener.core.call import Attestation, Call, Load
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.core.settings import Level, Mode, PolicySettings, Settings, Thresholds
from tests.builders import DAY, NOW, a_call

SERVED = Outcome(Event.ANSWERED, talk_s=90.0)
PERSON = "+16515550142"

FULL_TRUNK = Load(queue_waiting=60, operators_logged_in=8, channels_in_use=46)
"""No channel is free, for a captcha neither, and a queue stands that no rush explains."""
FULL_QUEUE = Load(queue_waiting=7, operators_logged_in=3, channels_in_use=20)
"""The level is full by the queue alone; captchas have channels, and so few hold nobody."""
HELD = Load(queue_waiting=14, operators_logged_in=8, channels_in_use=25)
"""Callers queue though no more come than usual; captchas have channels."""

_STRICT = PolicySettings(
    thresholds={
        Level.CALM: Thresholds(5.0, 14.0),
        Level.RISING: Thresholds(1.0, 9.0),
        Level.FULL: Thresholds(0.5, 7.0),
    }
)


def challenging(**others: object) -> Settings:
    """Return settings that enforce, and that challenge who is new once the pressure rises."""
    return replace(Settings(mode=Mode.ENFORCE, policy=_STRICT), **others)  # type: ignore[arg-type]  # the test names real fields


def known(engine: Engine, number: str = PERSON) -> None:
    """Let a caller have been served on two days."""
    for days in (20, 6):
        engine.learn(number, SERVED, at=NOW - days * DAY)


def a_new(place: int, at: float, **changes: object) -> Call:
    """Return a call of a number never seen, of no prefix that any other such call shares."""
    number = f"+1{200 + place % 700}{200 + place // 700 % 700}{place % 10_000:04d}"
    return a_call(number, arrived_at=at, call_id=f"new-{place}-{at}", **changes)


def a_usual_day(engine: Engine, *, until: float = NOW, calls: int = 400) -> None:
    """Let as many calls as the operators can take come before: half signed fully, half not at all.

    All are of new numbers, a third over the other trunk; every one is served.
    """
    for place in range(calls):
        at = until - (calls - place) * 40.0
        call = a_new(
            place,
            at,
            attestation=Attestation.FULL if place % 2 else Attestation.NONE,
            trunk="trunk-b" if place % 3 == 0 else "trunk-a",
        )
        engine.decide(call, Load())
        engine.report(call.call_id, SERVED, at + 20.0)


def a_swell(engine: Engine, calls: int, *, since: float = NOW, gap: float = 0.5) -> list[Decision]:
    """Let far more new numbers than usual call without a signature, all over one trunk."""
    return [
        engine.decide(a_new(100_000 + place, since + place * gap), Load()) for place in range(calls)
    ]
