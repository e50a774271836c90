from dataclasses import replace

import pytest

from screener.core.call import Load
from screener.core.incident import CrowdPart, Incident, Ruled
from screener.core.incident_words import (
    Mark,
    cadence_of,
    crowd_in_words,
    deeds_of,
    marks_of,
    masked_prefix,
)
from screener.core.settings import Action
from tests.builders import NOW, a_call, an_engine

NEW = "jnew\x1fnone\x1fsip-b"
KNOWN = "jknown\x1fA\x1fpri-1"
NEW_TOLD = "new numbers, attestation none, trunk sip-b"
KNOWN_TOLD = "known callers, attestation A, trunk pri-1"
VERDICT = an_engine().decide(a_call(), Load()).verdict


def an_incident() -> Incident:
    """Return one of ninety calls of new numbers and ten of known ones."""
    incident = Incident(NOW)
    for place in range(100):
        key = KNOWN if place % 10 == 9 else NEW
        call = a_call(f"+1651555{place:04}", did=f"+1651539220{place % 2}")
        incident.count(call, replace(VERDICT, would=Action.DROP))
        ruled = Ruled.BUSY if place % 3 else Ruled.CHALLENGE
        part = incident.blame(call, key, 1.0, ruled)
        part.evenness += 0.1
        part.told += 1
    return incident


def test_what_carries_most_is_told_in_words_with_its_share_and_cadence() -> None:
    marks = marks_of(an_incident(), 4)
    assert marks == (
        Mark("callers", "new numbers, attestation none, trunk sip-b", 0.9, "even"),
        Mark("callers", "known callers, attestation A, trunk pri-1", 0.1, "even"),
        Mark("called", "+16515392200", 0.5),
        Mark("called", "+16515392201", 0.5),
        Mark("prefix", "+1651555\u2022\u2022\u2022\u2022", 1.0),
    )
    assert str(marks[0]) == "new numbers, attestation none, trunk sip-b (90%, cadence even)"
    assert str(marks[2]) == "called +16515392200 (50%)"


def test_nothing_that_names_a_caller_is_told() -> None:
    incident = an_incident()
    for place in range(100):
        incident.numbers.add(
            f"+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022{place % 3:02}", 1.0
        )
    told = " ".join(map(str, (*marks_of(incident, 1), *deeds_of(incident, observing=False))))
    assert not any(f"5550{place:03}" in told for place in range(100))
    assert "number +1\u2022" in told


@pytest.mark.parametrize(
    ("prefix", "tail", "told"),
    [
        ("+1651555", 4, "+1651555\u2022\u2022\u2022\u2022"),
        ("+165155501", 2, "+1651555\u2022\u2022\u2022\u2022"),
        ("+1651555014", 1, "+1651555\u2022\u2022\u2022\u2022"),
        ("+16515", 6, "+16515\u2022\u2022\u2022\u2022\u2022\u2022"),
        ("+1", 1, "+\u2022\u2022\u2022\u2022"),
    ],
)
def test_of_a_prefix_a_line_is_hidden_at_least(prefix: str, tail: int, told: str) -> None:
    assert masked_prefix(prefix, tail) == told


def test_prefixes_that_look_alike_once_masked_are_one() -> None:
    incident = Incident(NOW)
    for place in range(20):
        number = f"+165155501{place:02}"
        call = a_call(number)
        fine = call.caller.__class__(
            call.caller.kind, number, number, number[:-1], call.caller.masked, number
        )
        incident.blame(a_call(caller=fine), NEW, 1.0, Ruled.ADMIT)
    prefixes = [one for one in marks_of(incident, 1) if one.kind == "prefix"]
    assert prefixes == [Mark("prefix", "+1651555\u2022\u2022\u2022\u2022", 1.0)]


def test_what_is_done_is_said_for_each_way_most_calls_first() -> None:
    assert deeds_of(an_incident(), observing=False) == (
        f"tells busy {NEW_TOLD}: 66 calls",
        f"asks a captcha of {NEW_TOLD} and {KNOWN_TOLD}: 34 calls",
    )


def test_who_only_observes_says_what_enforcing_would_do() -> None:
    incident = Incident(NOW)
    incident.count(a_call(), replace(VERDICT, would=Action.DROP))
    incident.blame(a_call(), NEW, 1.0, Ruled.ADMIT)
    assert deeds_of(incident, observing=True) == ("observes only; enforcing would drop 1",)
    assert deeds_of(incident, observing=False) == ("lets all of them in",)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("jwithheld\x1fA\x1fpri-1", "withheld numbers, attestation A, trunk pri-1"),
        (
            "jcrowded-prefix\x1fC\x1f",
            "new numbers of crowded prefixes, attestation C, trunk not told",
        ),
        ("jof-tomorrow\x1fB\x1fx", "of-tomorrow, attestation B, trunk x"),
        ("j", "others"),
        ("", "others"),
    ],
)
def test_a_crowd_is_named_by_what_its_callers_have_in_common(key: str, told: str) -> None:
    assert crowd_in_words(key) == told


@pytest.mark.parametrize(
    ("uneven", "told"),
    [(None, ""), (0.0, "even"), (0.5, "even"), (0.6, "in between"), (1.0, "uneven")],
)
def test_the_cadence_is_told_where_it_is_known(uneven: float | None, told: str) -> None:
    assert cadence_of(CrowdPart(evenness=uneven or 0.0, told=0 if uneven is None else 1)) == told
