"""How calls end in the dialplan: what is played, and what the agent is told then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from tests.e2e.asterisk_log import logged
from tests.e2e.dialplan_calls import Call, calling
from tests.e2e.scripted_agent import Act, ScriptedAgent, says

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators", "agent")]

ACTS: dict[str, Act] = {
    "7702": says(verdict="drop", id="n1", treatment="announce", reason="closed.score"),
    "7703": says(verdict="drop", id="n2", treatment="announce", reason="score.closed"),
    "7614": says(verdict="challenge", id="f2", captcha="47", prio="4", limit="1"),
    "7615": says(verdict="challenge", id="f3", captcha="47", prio="4", limit="1", silent="0"),
}


@pytest.fixture(scope="module")
def agent(asterisk: Asterisk) -> Iterator[ScriptedAgent]:
    with ScriptedAgent(asterisk.ports.agent) as listening:
        listening.acts.update(ACTS)
        yield listening


@pytest.fixture
def call(lab_root: LabRoot, asterisk: Asterisk, tmp_path: Path) -> Iterator[Call]:
    with calling(lab_root, asterisk, tmp_path) as make:
        yield make


@pytest.mark.parametrize(("did", "sound"), [("7702", "closed"), ("7703", "notice")])
def test_a_closed_site_says_so_and_nothing_else_does(
    call: Call, asterisk: Asterisk, did: str, sound: str
) -> None:
    counts = call(did, calls=1)

    assert (counts.code(183), counts.code(603), counts.code(200)) == (1, 1, 0)
    assert logged(asterisk, rf"File nosuch-(\w+)-{did} does not exist")[1] == sound


@pytest.mark.parametrize(("did", "sound"), [("7704", "goodbye"), ("7705", "away")])
def test_who_failed_or_has_no_place_to_wait_hears_a_sound_and_is_hung_up(
    call: Call, asterisk: Asterisk, did: str, sound: str
) -> None:
    counts = call(did, calls=1, hold_ms=8000)

    assert (counts.code(200), counts.received["BYE"]) == (1, 1)
    logged(asterisk, f"File nosuch-{sound} does not exist")


def test_the_stock_sounds_are_there(lab_root: LabRoot) -> None:
    stock = ("please-try-call-later", "vm-nobodyavail", "vm-goodbye", "vm-press", "digits/4")
    for sound in stock:
        assert (lab_root.data / f"sounds/en/{sound}.gsm").is_file()


def test_the_time_in_the_queue_is_told_where_the_call_joined_it(
    call: Call, agent: ScriptedAgent
) -> None:
    for did in ("7710", "7711", "7714"):
        call(did, hold_ms=200, calls=1)

    queued = agent.told_of("waited-7710", "abandoned").facts
    assert queued["wait"] in {b"31", b"32"}
    assert queued["talk"] == b""
    assert agent.told_of("waited-7711", "abandoned").facts["wait"] == b""
    full = agent.told_of("waited-7714", "abandoned").facts
    assert full["wait"] == b""  # the queue did not take it


def test_of_who_was_asked_by_the_agent_or_sent_away_nothing_is_told(
    call: Call, agent: ScriptedAgent
) -> None:
    for did in ("7712", "7713", "7710"):
        call(did, hold_ms=200, calls=1)
    agent.told_of("waited-7710", "abandoned")

    told = [one.facts.get("id") for one in agent.sessions]
    assert not {b"waited-7712", b"waited-7713"} & set(told)


def test_who_pressed_nothing_is_counted_until_an_operator_takes_the_call(
    call: Call, asterisk: Asterisk
) -> None:
    counts = call("7720", calls=1, hold_ms=8000)

    assert counts.received["BYE"] == 1
    logged(asterisk, r"site 7720 waits \[waits\]")
    logged(asterisk, r"site 7720 served \[\]")


def test_on_freepbx_who_presses_nothing_is_served_last_or_sent_away(
    call: Call, asterisk: Asterisk
) -> None:
    call("7604", calls=1, hold_ms=8000)
    call("7605", calls=1, hold_ms=8000)

    assert logged(asterisk, r"inbound route 7614 prio (\d+)")[1] == "0"
    logged(asterisk, "File nosuch-away-freepbx does not exist")
    assert "inbound route 7615" not in asterisk.log.read_text(errors="replace")
