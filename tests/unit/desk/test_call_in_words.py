from typing import Any

import pytest

from screener.core.outcome import Event
from screener.core.settings import DEFAULT_GROUPS, GroupCap
from screener.desk.call_in_words import group_sums, in_words

CALL: dict[str, Any] = {
    "id": "00112233aabbccdd",
    "at": 1_795_334_400.0,
    "caller": "+1\u2022\u202242",
    "caller_class": "valid",
    "did": "+1651\x1b[31m",
    "trunk": "trunk-a",
    "attestation": "C",
    "verdict": "drop",
    "would": "drop",
    "treatment": "busy",
    "sip_code": None,
    "priority": 0,
    "reasons": ["score", "limit:number-flood"],
    "score": 15.5,
    "would_score": 15.5,
    "signals": [
        {"name": "limit:a", "group": "limits", "points": 8.0, "counts": True, "reason": "too many"},
        {"name": "limit:b", "group": "limits", "points": 8.0, "counts": True, "reason": "more"},
        {"name": "new-caller", "group": "history", "points": 1.5, "counts": True, "reason": "new"},
    ],
    "pressure": "calm",
    "challenge_from": 5.0,
    "drop_from": 14.0,
    "mode": "enforce",
    "config": "abcd",
    "latency_ms": 0.25,
    "outcomes": [],
}


def told(caps: dict[str, GroupCap] | None = DEFAULT_GROUPS, **changes: object) -> str:
    text = "\n".join(in_words({**CALL, **changes}, caps))
    assert all(char.isprintable() or char == "\n" for char in text)
    return text


def test_a_refused_call_is_told_from_its_coming_to_its_end() -> None:
    text = told()
    assert "Call 00112233aabbccdd came on 20" in text
    assert "from +1\u2022\u202242 (valid) to +1651?[31m by the trunk trunk-a" in text
    assert "its carrier only passed it on (C)." in text
    assert "It was refused (drop), with a busy signal, so that the caller may try again." in text
    assert "  +8.00  limit:a: too many\n" in text
    assert "The group limits adds up to +16.00 and counts +14.00." in text
    assert "Score 15.50 of what counted, 15.50 of everything." in text
    assert "a challenge from 5 on, a drop from 14 on." in text
    assert "What became of it" not in text
    assert "What became of it is not known (yet)." in told(verdict="admit")
    assert "The verdict took 0.250 ms." in text


def test_without_the_caps_of_then_their_effect_is_told_as_a_whole() -> None:
    assert "add up to +17.50; caps of their groups make that +15.50" in told(None)
    assert "caps of their groups" not in told(None, would_score=17.5)


def test_a_group_without_a_cap_counts_whole() -> None:
    assert "adds up" not in told({})
    assert group_sums(CALL) == {"limits": 16.0, "history": 1.5}


def test_observing_says_what_enforcing_would_have_done() -> None:
    observed = [{**part, "counts": False} for part in CALL["signals"]]
    text = told(
        verdict="admit", treatment=None, priority=5, signals=observed, reasons=["observe", "score"]
    )
    assert "It was let in, with priority 5 of 10 in the queue." in text
    assert "Enforcing every rule would have refused it." in text
    assert "let in what its rules would not have" in text
    assert text.count("(only observed, not counted)") == 3


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("always-allowed", "permanent allow list"),
        ("malformed-caller", "could not be read"),
        ("exempt", "stands on an exempt list"),
        ("lane-full", "every place for challenges was taken"),
        ("number-lane-full", "as many places for challenges as one number may"),
        ("closed", "The site was closed"),
        ("screener-error", "A fault of ours"),
        ("imported", "brought in from another log"),
    ],
)
def test_every_cause_has_its_sentence(cause: str, said: str) -> None:
    assert said in told(reasons=[cause])
    assert said not in told()


def test_a_call_without_a_judgement_is_told_too() -> None:
    nothing = dict.fromkeys(
        ("caller", "did", "trunk", "attestation", "score", "would_score", "config", "mode"), None
    )
    text = told(
        None,
        **nothing,
        treatment=None,
        priority=None,
        signals=[],
        reasons=["imported"],
        latency_ms=None,
    )
    assert "Score" not in text
    assert "None" not in text


def test_a_refusal_names_its_code_and_an_announcement_itself() -> None:
    assert "for good, with the code 603" in told(treatment="refuse", sip_code=603)
    assert "with an announcement" in told(treatment="announce")


def test_what_became_of_it_is_told_in_order() -> None:
    outcomes = [
        {"at": 1.0, "event": "challenge_passed", "talk_s": 0.0},
        {"at": 2.0, "event": "answered", "talk_s": 61.4},
        {"at": 3.0, "event": "other\x07", "talk_s": None},
    ]
    said = "the caller passed the challenge; an operator answered and talked for 61 s; other?."
    assert f"What became of it: {said}" in told(outcomes=outcomes)


def test_the_way_through_the_queue_is_told_with_its_wait() -> None:
    joined = {"at": 1_000.0, "event": "queue_joined", "talk_s": 0.0}
    answered = {"at": 1_133.0, "event": "answered", "talk_s": 93.0}
    text = told(outcomes=[joined, answered])
    assert (
        "the caller joined the queue; an operator answered after 40 s and talked for 93 s." in text
    )
    gone = {"at": 1_300.0, "event": "abandoned", "talk_s": 0.0}
    assert "the caller hung up while waiting, after 300 s." in told(outcomes=[joined, gone])
    assert "the caller hung up while waiting." in told(outcomes=[gone])
    assert "an operator answered and talked for 93 s." in told(outcomes=[answered])


def test_every_event_has_its_words() -> None:
    for event in Event:
        text = told(outcomes=[{"at": 1_000.0, "event": event.value, "talk_s": 0.0}])
        assert "_" not in text.partition("What became of it:")[2]


def test_a_call_that_one_edge_decided_alone_says_so() -> None:
    assert "so this edge decided it by what it knew itself" in told(reasons=["score", "alone"])
    assert "knew itself" not in told(reasons=["score"])
