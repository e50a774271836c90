from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.call import Facts, Load
from screener.core.outcome import Event, Outcome
from screener.core.policy import Verdict
from screener.core.recorded import RecordedCall, RecordedOutcome
from screener.core.settings import (
    SEVERITY,
    Action,
    Hours,
    Level,
    Opening,
    PolicySettings,
    Settings,
    Thresholds,
)
from screener.service.replay import Compared, Replay, possible
from screener.storage.new_memory import new_memory
from tests.builders import DAY, NOW, a_call
from tests.unit.service.replays import Happening, happenings, recorded

ANSWERED = Outcome(Event.ANSWERED, 60.0)
PASSED = Outcome(Event.CHALLENGE_PASSED)


def stricter(by: float, of: Settings | None = None) -> Settings:
    """Return the settings with every threshold lower by so many points."""
    plain = of or Settings()
    thresholds = {
        level: Thresholds(at.challenge - by, at.drop - by)
        for level, at in plain.policy.thresholds.items()
    }
    return replace(plain, policy=replace(plain.policy, thresholds=thresholds))


def played(records: list[RecordedCall], candidate: Settings | None = None) -> list[Compared]:
    replay = Replay(Settings(), candidate or Settings(), new_memory)
    return [replay.play(record) for record in records]


@settings(max_examples=40, deadline=None)
@given(st.lists(happenings, max_size=60))
def test_the_same_configuration_says_again_what_was_said(script: list[Happening]) -> None:
    for one in played(recorded(script, Settings())):
        assert one.current == one.candidate
        assert (one.current.action, one.current.would) == (one.record.action, one.record.would)
        assert one.current.reasons == one.record.reasons


@settings(max_examples=20, deadline=None)
@given(st.lists(happenings, max_size=40))
def test_stricter_rules_of_the_first_call_of_anybody_are_never_milder(
    script: list[Happening],
) -> None:
    # Each call alone, as later ones depend on what became of the ones before.
    for record in recorded(script, Settings()):
        one = played([record], stricter(2.0))[0]
        assert SEVERITY.index(one.candidate.action) >= SEVERITY.index(one.current.action)


@pytest.mark.parametrize("by", [1.0, 3.0, 6.0])
def test_stricter_rules_refuse_no_fewer_of_a_flood(by: float) -> None:
    flood = [a_record(place) for place in range(200)]
    compared = played(flood, stricter(by))
    before, after = (Counter(side.action for side in sides) for sides in both(compared))
    assert after[Action.DROP] >= before[Action.DROP]
    assert after[Action.ADMIT] <= before[Action.ADMIT]
    assert by < 6.0 or after[Action.DROP] > before[Action.DROP]


def both(compared: list[Compared]) -> tuple[list[Verdict], list[Verdict]]:
    return [one.current for one in compared], [one.candidate for one in compared]


def a_record(place: int = 0, *outcomes: RecordedOutcome, number: str = "") -> RecordedCall:
    call = a_call(
        number or f"+1651556{place:04d}", call_id=f"{place:016x}", arrived_at=NOW + place * 0.05
    )
    return RecordedCall(
        *(place, call, Load(), Action.ADMIT, Action.ADMIT, ("score",), "default"),
        imported=False,
        malformed=False,
        outcomes=outcomes,
    )


def told(at: float, outcome: Outcome) -> RecordedOutcome:
    return RecordedOutcome(at, "0" * 16, "+16515560000", "trunk-a", outcome, NOW)


@pytest.mark.parametrize(
    ("recorded_as", "action", "expected"),
    [
        ([(90, ANSWERED)], Action.ADMIT, [(90, ANSWERED)]),
        ([(90, ANSWERED)], Action.DROP, []),
        ([(90, ANSWERED)], Action.CHALLENGE, [(25, PASSED), (90, ANSWERED)]),
        ([(22, ANSWERED)], Action.CHALLENGE, [(22, PASSED), (22, ANSWERED)]),
        ([(9, Outcome(Event.ANSWERED, 4.0))], Action.CHALLENGE, []),
        ([(9, Outcome(Event.ABANDONED))], Action.CHALLENGE, []),
        ([(9, PASSED), (90, ANSWERED)], Action.CHALLENGE, [(9, PASSED), (90, ANSWERED)]),
        ([(9, PASSED), (90, ANSWERED)], Action.ADMIT, [(90, ANSWERED)]),
        (
            [(9, Outcome(Event.CHALLENGE_FAILED))],
            Action.CHALLENGE,
            [(9, Outcome(Event.CHALLENGE_FAILED))],
        ),
        ([(9, Outcome(Event.CHALLENGE_FAILED))], Action.ADMIT, []),
        ([], Action.CHALLENGE, []),
    ],
)
def test_only_what_the_verdict_leaves_room_for_is_told(
    recorded_as: list[tuple[float, Outcome]],
    action: Action,
    expected: list[tuple[float, Outcome]],
) -> None:
    record = a_record(0, *(told(NOW + after, outcome) for after, outcome in recorded_as))
    found = list(possible(record, action, 20.0, NOW + 25))
    assert [(at - NOW, outcome) for at, outcome in found] == expected


def signals(one: Compared) -> tuple[set[str], set[str]]:
    return tuple(
        {part.name for part in side.score.signals} for side in (one.current, one.candidate)
    )  # type: ignore[return-value]  # two sides


def test_an_outcome_teaches_the_side_that_let_the_call_in_and_no_other() -> None:
    first = a_record(0, told(NOW + 90, ANSWERED))
    again = replace(
        a_record(1), call=a_call("+16515560000", call_id="b" * 16, arrived_at=NOW + 4_000)
    )
    nobody_in = Settings(
        policy=PolicySettings(thresholds=dict.fromkeys(Level, Thresholds(-50.0, -50.0)))
    )
    current, candidate = signals(played([first, again], nobody_in)[1])
    assert "served-before" in current
    assert "new-caller" in candidate


def test_what_is_learned_from_before_the_calls_counts_for_both_sides() -> None:
    replay = Replay(Settings(), Settings(), new_memory)
    for days in (9, 3):
        at = NOW - days * DAY
        replay.learn(RecordedOutcome(at, "c" * 16, "+16515560000", "trunk-a", ANSWERED, at))
    one = replay.play(a_record(0))
    assert all("known-caller" in found for found in signals(one))


def test_both_sides_enforce_but_a_signal_that_is_only_observed_stays_so() -> None:
    plain = Settings()
    observed = {
        name: replace(spec, mode=type(spec.mode)("observe")) for name, spec in plain.signals.items()
    }
    junk = replace(a_record(0), malformed=True)
    one = played([junk], replace(plain, signals=observed))[0]
    assert one.current.action is one.candidate.action is Action.CHALLENGE
    strict = stricter(4.5, replace(plain, signals=observed))
    new = played([a_record(0)], strict)[0]
    assert (new.candidate.action, new.candidate.would) == (Action.ADMIT, Action.CHALLENGE)


def test_a_candidate_with_another_plan_sees_other_prefixes() -> None:
    # Twelve numbers that share all but the last digit, and differ in the one before it.
    limits = tuple(
        replace(limit, windows=(replace(limit.windows[0], calls=5),))
        for limit in Settings().limits
        if limit.name == "prefix-surge"
    )
    wide = Settings(prefix_tail=4, limits=limits)
    narrow = replace(wide, prefix_tail=1)
    records = [a_record(place, number=f"+165155601{place:02d}") for place in range(12)]
    replay = Replay(wide, narrow, new_memory)
    last = [replay.play(record) for record in records][-1]
    current, candidate = signals(last)
    assert "limit:prefix-surge" in current
    assert "limit:prefix-surge" not in candidate


def test_a_call_outside_a_candidates_opening_hours_is_closed_by_its_own_time() -> None:
    until_noon = Hours("UTC", (Opening(0, 6, 0.0, 43_200.0),))
    script = [Happening(Facts(number="+16515550142"), 9_000.0, 60.0, passes=True, malformed=False)]
    compared = played(recorded(script * 40, Settings()), replace(Settings(), hours=until_noon))
    for one in compared:
        closed = one.record.call.arrived_at % DAY >= 43_200.0
        assert (one.candidate.reasons[0] == "closed") is closed
        assert one.current.reasons[0] != "closed"
