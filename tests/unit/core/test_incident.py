from dataclasses import replace

from screener.core.call import Load
from screener.core.incident import MOST_CROWDS, Incident, Ruled, ruled_of
from screener.core.policy import Verdict
from screener.core.settings import Action, Treatment
from tests.builders import NOW, a_call, a_caller, an_engine

VERDICT = an_engine().decide(a_call(), Load()).verdict
KEY = "jnew\x1fnone\x1ftrunk-a"


def a_verdict(action: Action, treatment: Treatment | None = None) -> Verdict:
    return replace(VERDICT, action=action, would=action, treatment=treatment)


def test_a_ruling_is_said_as_people_would() -> None:
    assert ruled_of(a_verdict(Action.ADMIT)) is Ruled.ADMIT
    assert ruled_of(a_verdict(Action.CHALLENGE)) is Ruled.CHALLENGE
    assert ruled_of(a_verdict(Action.DROP, Treatment.BUSY)) is Ruled.BUSY
    assert ruled_of(a_verdict(Action.DROP, Treatment.REFUSE)) is Ruled.REFUSE
    assert ruled_of(a_verdict(Action.DROP, Treatment.ANNOUNCE)) is Ruled.REFUSE


def test_calls_are_counted_by_what_was_done_and_the_fullest_minute_is_its_peak() -> None:
    incident = Incident(NOW)
    for second in (0, 1, 59, 60, 61, 62, 63, 200):
        incident.count(a_call(arrived_at=NOW + second), a_verdict(Action.CHALLENGE))
    assert (incident.calls, incident.peak) == (8, 4)
    assert incident.ruled == {Ruled.CHALLENGE: 8}
    assert incident.would == {Action.CHALLENGE: 8}


def test_what_is_unwanted_is_laid_to_its_crowd_called_number_and_prefix() -> None:
    incident = Incident(NOW)
    part = incident.blame(a_call(), KEY, 0.75, Ruled.BUSY)
    assert (part.calls, part.unwanted, part.ruled) == (1, 0.75, {Ruled.BUSY: 1})
    assert incident.unwanted == 0.75
    assert incident.dids.top(0.5) == [("+16515392200", 0.75)]
    assert incident.prefixes.top(0.5) == [("+1651555", 0.75)]


def test_the_prefix_of_a_withheld_number_is_kept_back() -> None:
    incident, caller = Incident(NOW), a_caller("withheld:+1651555")
    hidden = caller.__class__(caller.kind, "", "withheld:+16515550142", "withheld:+1651555", "", "")
    incident.blame(a_call(caller=hidden), KEY, 1.0, Ruled.ADMIT)
    assert incident.prefixes.top(0.0) == []


def test_however_many_crowds_there_are_few_are_told_apart() -> None:
    incident = Incident(NOW)
    for place in range(3 * MOST_CROWDS):
        incident.blame(a_call(), f"{KEY}{place}", 1.0, Ruled.ADMIT)
    assert len(incident.crowds) == MOST_CROWDS + 1
    assert sum(part.calls for part in incident.crowds.values()) == 3 * MOST_CROWDS


def test_its_id_is_the_moment_of_its_begin() -> None:
    assert Incident(0.0).name == "19700101-000000"
