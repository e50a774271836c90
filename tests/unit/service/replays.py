"""Records for tests of replay: what an engine says of random calls, as a log would keep it."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from screener.core.call import Facts, Load, read_call
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.core.recorded import RecordedCall, RecordedOutcome
from screener.core.settings import Action, Mode, Settings
from screener.storage.new_memory import new_memory
from tests.builders import NOW

NUMBERS = (
    *("+16515550142", "6515550143", "+442079460018", "911", "12345", "+19995550100"),
    *("6515550142;ext=7", "sip:junk!", "anonymous", "", "+1651555014200"),
)


@dataclass(frozen=True)
class Happening:
    """One call of a script: who, after how many seconds, and what it comes to if let in."""

    facts: Facts
    gap: float
    talk_s: float | None
    passes: bool
    malformed: bool


happenings = st.builds(
    Happening,
    facts=st.builds(
        Facts,
        number=st.sampled_from(NUMBERS),
        presentation=st.sampled_from(["allowed", "allowed", "prohib"]),
        did=st.sampled_from(["", "+16515392200"]),
        trunk=st.sampled_from(["trunk-a", "trunk-b"]),
        attestation=st.sampled_from(["", "A", "C"]),
        verification=st.just("success"),
        queue_waiting=st.sampled_from(["", "0", "40"]),
        operators_logged_in=st.just("8"),
    ),
    gap=st.sampled_from([0.25, 3.0, 40.0, 9_000.0, 90_000.0]),
    talk_s=st.one_of(st.none(), st.sampled_from([0.0, 5.0, 60.0, 4_000.0])),
    passes=st.booleans(),
    malformed=st.sampled_from([False, False, False, True]),
)


def recorded(script: list[Happening], settings: Settings) -> list[RecordedCall]:
    """Return what a log would hold, had this engine met these calls in enforce mode."""
    engine = Engine(replace(settings, mode=Mode.ENFORCE), new_memory(settings))
    now, records = NOW, list[RecordedCall]()
    pending: list[tuple[float, int, RecordedOutcome]] = []
    for seq, one in enumerate(script, start=1):
        now += one.gap
        while pending and min(pending)[0] <= now:
            told = pending.pop(pending.index(min(pending)))[2]
            engine.report(told.call_id, told.outcome, told.at)
        call, load = read_call(one.facts, engine.plan, call_id=f"{seq:016x}", now=now)
        if one.malformed:
            load = Load()
        verdict = engine.decide(call, load, malformed=one.malformed).verdict
        outcomes = tuple(
            RecordedOutcome(
                *(now + after, call.call_id, call.caller.identity, call.trunk, outcome, now)
            )
            for after, outcome in came_to(one, verdict.action)
        )
        for place, told in enumerate(outcomes):
            pending.append((told.at, seq * 10 + place, told))
        records.append(
            RecordedCall(
                *(seq, call, load, verdict.action, verdict.would, verdict.reasons),
                *(verdict.config_hash, False, one.malformed, outcomes),
            )
        )
    return records


def came_to(one: Happening, action: Action) -> list[tuple[float, Outcome]]:
    """Return what a caller's call comes to under a verdict, with the seconds after its coming."""
    if action is Action.DROP:
        return []
    found: list[tuple[float, Outcome]] = []
    if action is Action.CHALLENGE:
        if not one.passes:
            return [(20.1, Outcome(Event.CHALLENGE_FAILED))]
        found.append((12.1, Outcome(Event.CHALLENGE_PASSED)))
    talked = one.talk_s is not None
    found.append(
        (30.3 + (one.talk_s or 0.0), Outcome(Event.ANSWERED, one.talk_s or 0.0))
        if talked
        else (50.3, Outcome(Event.ABANDONED))
    )
    return found
