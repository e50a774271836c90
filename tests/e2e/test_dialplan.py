"""The dialplan against a real Asterisk and real SIP, with a peer in the agent's place.

The called number (DID) chooses what the peer does, so that calls of different tests can run beside
each other.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.sipp import Counts, Load, Sipp
from tests.e2e.asterisk_log import logged
from tests.e2e.dialplan_calls import Call, calling
from tests.e2e.screened_site import UNHURRIED, until
from tests.e2e.scripted_agent import (
    Act,
    ScriptedAgent,
    closes,
    dies,
    fails,
    is_silent,
    says,
    says_then_hangs,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators", "agent")]


ACTS: dict[str, Act] = {
    "8001": says(verdict="admit", id="a1", prio="9", score="-2", reason="known"),
    "8002": says(verdict="drop", id="d1", treatment="busy"),
    "8003": says(verdict="drop", id="d2", treatment="refuse", code="603"),
    "8004": says(verdict="drop", id="d3", treatment="refuse", code="607"),
    "8005": says(verdict="drop", id="d4", treatment="refuse", code="608"),
    "8006": says(verdict="drop", id="d5", treatment="announce", code="603"),
    "8007": says(verdict="challenge", id="c1", captcha="47", prio="3"),
    "8008": says(verdict="drop", id="d6", treatment="refuse", code="12"),
    "8011": is_silent,
    "8012": closes,
    "8013": dies,
    "8014": fails,
    "8015": says(verdict="maybe", id="m1"),
    "8016": says_then_hangs(verdict="drop", id="h1", treatment="busy"),
    "7612": says(verdict="drop", id="f1", treatment="refuse", code="603"),
    "7101": is_silent,
    "7103": is_silent,
    "7199": is_silent,
}
LEFT_MS = 1_900
"""A silent agent is left after two seconds, and never sooner; who is told something waits less."""


@pytest.fixture(scope="module")
def agent(asterisk: Asterisk) -> Iterator[ScriptedAgent]:
    with ScriptedAgent(asterisk.ports.agent) as listening:
        listening.acts.update(ACTS)
        asterisk.rx("dialplan set global SCREENER_TIMEOUT 2")
        yield listening
        asterisk.rx(f"dialplan set global SCREENER_TIMEOUT {UNHURRIED['SCREENER_TIMEOUT']}")


@pytest.fixture
def call(lab_root: LabRoot, asterisk: Asterisk, tmp_path: Path) -> Iterator[Call]:
    with calling(lab_root, asterisk, tmp_path) as make:
        yield make


def quickest_ms(tmp_path: Path, did: str) -> float:
    """The shortest time from an INVITE to its final response: what no load makes shorter."""
    rows = next((tmp_path / did).glob("*_rtt.csv")).read_text().splitlines()[1:]
    return min(float(row.split(";")[1]) for row in rows)


# Verdicts on the wire.


def test_an_admitted_call_is_answered_and_reaches_an_operator_who_hangs_up(
    call: Call, agent: ScriptedAgent, asterisk: Asterisk
) -> None:
    counts = call("8001", hold_ms=8000)

    assert (counts.code(200), counts.successful, counts.failed) == (2, 2, 0)
    assert counts.received["BYE"] == 2  # the operators ended them: they did talk
    logged(asterisk, r"screener: admit score=-2 reason=known id=a1 for \d+\.\d+")
    told = agent.told_of("a1", "answered").facts
    assert told["talk"].isdigit()
    assert told["wait"].isdigit()


def test_an_outcome_is_told_by_its_own_session_and_leaves_no_channel(
    call: Call, agent: ScriptedAgent, asterisk: Asterisk
) -> None:
    call("8001", hold_ms=8000, calls=1)
    session = agent.told_of("a1", "answered")

    digest = hashlib.md5(session.argument.encode(), usedforsecurity=False).hexdigest()
    assert session.request.endswith(f"/outcome/{digest}")
    assert until(lambda: asterisk.channels() == 0)


@pytest.mark.parametrize(
    ("did", "code"), [("8002", 486), ("8003", 603), ("8004", 607), ("8005", 608), ("8008", 603)]
)
def test_a_drop_is_refused_before_answer_with_its_code(call: Call, did: str, code: int) -> None:
    counts = call(did)

    assert (counts.code(code), counts.code(200), counts.successful) == (2, 0, 2)


def test_an_announced_drop_is_heard_as_early_media_and_then_refused(call: Call) -> None:
    counts = call("8006", calls=1)

    assert (counts.code(183), counts.code(603), counts.code(200)) == (1, 1, 0)


def test_a_challenged_call_is_answered_and_asked_and_may_hang_up(
    call: Call, agent: ScriptedAgent, asterisk: Asterisk
) -> None:
    counts = call("8007", hold_ms=1500, calls=1)

    assert (counts.code(200), counts.received["BYE"], counts.successful) == (1, 0, 1)
    logged(asterisk, r"screener: challenge .* id=c1 ")
    agent.told_of("c1", "challenge_abandoned")


# An agent that is away, hung, killed or mad.


def test_with_the_agents_port_closed_the_call_reaches_the_queue_at_once(
    call: Call, tmp_path: Path
) -> None:
    counts = call("7001", hold_ms=8000)

    assert (counts.code(200), counts.received["BYE"], counts.failed) == (2, 2, 0)
    assert quickest_ms(tmp_path, "7001") < LEFT_MS


def test_a_silent_agent_is_left_after_two_seconds_and_the_call_reaches_the_queue(
    call: Call, tmp_path: Path, asterisk: Asterisk
) -> None:
    counts = call("8011", hold_ms=8000)

    assert (counts.code(200), counts.received["BYE"], counts.failed) == (2, 2, 0)
    assert quickest_ms(tmp_path, "8011") > LEFT_MS
    logged(asterisk, r"screener: error, no verdict for \d+\.\d+, the call goes on")


@pytest.mark.parametrize("did", ["8012", "8013", "8014", "8015"])
def test_an_agent_that_closes_dies_fails_or_says_no_known_verdict_loses_no_call(
    call: Call, did: str, tmp_path: Path
) -> None:
    counts = call(did, hold_ms=8000)

    assert (counts.code(200), counts.received["BYE"], counts.failed) == (2, 2, 0)
    assert quickest_ms(tmp_path, did) < LEFT_MS


def test_a_verdict_said_before_the_agent_hangs_counts(call: Call, tmp_path: Path) -> None:
    counts = call("8016")

    assert (counts.code(486), counts.code(200)) == (2, 0)
    assert quickest_ms(tmp_path, "8016") > LEFT_MS


def test_calls_through_a_silent_agent_all_reach_the_queue_and_none_is_stuck(
    call: Call, asterisk: Asterisk
) -> None:
    counts = call("8011", hold_ms=200, calls=60, rate=30)

    assert (counts.code(200), counts.failed) == (60, 0)
    assert until(lambda: asterisk.channels() == 0)


def test_the_static_guard_gives_busy_above_its_number_while_the_agent_is_away(
    call: Call, asterisk: Asterisk
) -> None:
    counts = call("7002", hold_ms=3000, calls=6, rate=100)

    assert counts.code(200) >= 1
    assert counts.code(486) >= 4
    assert counts.code(200) + counts.code(486) == 6
    logged(asterisk, r"screener: drop by the static guard 1, no verdict")


def test_the_classic_script_is_given_the_facts_and_its_verdict_counts(
    call: Call, asterisk: Asterisk
) -> None:
    script = asterisk.folder / "agi-bin/screener-agi"
    script.write_text(
        '#!/bin/sh\nwhile read -r line && [ -n "$line" ]; do :; done\n'
        'echo "EXEC MSet \\"SCREENER_VERDICT=drop,SCREENER_REASON=${#1}\\""\nread -r reply\n'
    )
    script.chmod(0o755)
    counts = call("7004", calls=1)
    told = logged(asterisk, r"site 7004 got (\w+) told (\d+)")

    assert (counts.code(486), told[1]) == (1, "drop")
    assert int(told[2]) > 200


def test_an_agent_hung_at_the_calls_end_holds_no_channel(
    call: Call, asterisk: Asterisk, agent: ScriptedAgent
) -> None:
    agent.acts[""] = is_silent  # an outcome names no called number
    try:
        call("8001", hold_ms=100, calls=20, rate=40)
        assert until(lambda: asterisk.channels() == 0, 15.0)  # `is_silent` ends after 20 s
    finally:
        del agent.acts[""]


def test_on_freepbx_an_admitted_call_goes_on_to_the_inbound_routes(
    call: Call, asterisk: Asterisk
) -> None:
    counts = call("7601", calls=1)

    assert counts.code(486) == 1
    assert logged(asterisk, r"inbound route 7611 prio (\d+)")[1] == "7"


def test_on_freepbx_a_drop_is_refused_and_a_called_number_that_is_none_goes_nowhere(
    call: Call,
) -> None:
    assert call("7602", calls=1).code(603) == 1
    assert call("7603", calls=1).code(404) == 1


def test_without_screener_conf_the_sample_site_still_queues_the_call(call: Call) -> None:
    counts = call("7003", hold_ms=8000)

    assert (counts.code(200), counts.received["BYE"]) == (2, 2)


# What a site had set stays as it was.


@pytest.mark.parametrize(
    ("did", "limit", "verdict", "left"),
    [
        ("7100", "30", "admit", range(20, 31)),
        ("7101", "30", "error", range(20, 29)),
        ("7102", "0", "admit", range(1)),
        ("7103", "0", "error", range(1)),
    ],
)
def test_a_sites_own_limits_come_back(  # noqa: PLR0917 - the columns of the table above
    call: Call, asterisk: Asterisk, did: str, limit: str, verdict: str, left: range
) -> None:
    asterisk.rx(f"dialplan set global SITE_LIMIT {limit}")
    counts = call(did, calls=1)
    found = logged(
        asterisk, rf"site {did} got (\w+) hup (\w*) limit ([\d.]+) facts \[(.*)\] prio \d cdr (\S+)"
    )

    assert counts.code(486) == 1
    assert found[5] == f"screener:{verdict}:" + (f"id-{did}" if verdict == "admit" else "")
    assert (found[1], found[2], found[4]) == (verdict, "site", "")
    assert int(float(found[3])) in left


def test_a_sites_shorter_limit_strikes_in_the_sites_own_context(
    call: Call, asterisk: Asterisk
) -> None:
    counts = call("7199", calls=1)

    assert counts.code(503) == 1
    logged(asterisk, "site T struck")


# Facts, whole and inert.


def test_the_facts_arrive_as_one_argument_whose_digest_is_in_the_request(
    call: Call, agent: ScriptedAgent, asterisk: Asterisk
) -> None:
    call("8201", calls=1)
    session = agent.asked_about("8201")
    facts = session.facts

    digest = hashlib.md5(session.argument.encode(), usedforsecurity=False).hexdigest()
    assert session.request == f"agi://127.0.0.1:{asterisk.ports.agent}/screen/{digest}"
    assert session.line(b"agi_arg_2") == ""
    assert (facts["num"], facts["name"]) == (b"+15551230101", b"Ann Example")
    assert (facts["trunk"], facts["pres"]) == (b"trunk", b"allowed_not_screened")
    assert facts["src"].startswith(b"127.0.0.1:")
    assert facts["uid"] == facts["linked"] == session.line(b"agi_uniqueid").encode()
    assert facts["chan"] == session.line(b"agi_channel").encode()
    assert facts["sip"].startswith(b"lab-1-")
    assert (facts["att"], facts["ver"], facts["orig"]) == (b"", b"", b"")
    assert (facts["ql"], facts["qr"].isdigit(), facts["qw"].isdigit()) == (b"20", True, True)
    assert int(facts["ch"]) >= 1


HOSTILE = {
    "newline": "1555\nagi_uniqueid: forged\n\n200 result=1",
    "shell": "${SHELL(touch CANARY)}",
    "expression": "1$[1 + 1]${EXTEN}",
    "separators": "1555,Hangup(17)&PJSIP/operator1=^|",
    "cut": "15551234567)x:0:99",
    "quotes": "1555'((`id`",
}


@pytest.fixture
def hostile_call(lab_root: LabRoot, asterisk: Asterisk, tmp_path: Path) -> Call:
    """Call with `text` as the user part of every header that carries caller data, and as name."""

    def make(did: str, text: str, name: str, mark: str = "lab") -> Counts:
        sender = f"<sip:{quote(text, safe='')}@127.0.0.1>"
        row = (did + quote(text, safe=""), f'"{name}" {sender}', sender, sender, "200")
        load = Load(calls=1, rows=[row], limit_s=15, mark=mark)
        folder = tmp_path / did
        with Sipp(lab_root, folder, "hostile.xml", load, target=asterisk.ports.sip) as run:
            return run.wait()

    return make


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_caller_data_stays_inert_and_arrives_whole(
    hostile_call: Call, asterisk: Asterisk, agent: ScriptedAgent, lab_folder: Path, kind: str
) -> None:
    canary = lab_folder / "canary"
    text = HOSTILE[kind].replace("CANARY", str(canary))
    name = text.replace("\n", " ")
    did = f"83{list(HOSTILE).index(kind):02d}"
    counts = hostile_call(did, text, name)
    session = agent.wait_for(lambda one: one.facts.get("did", b"").startswith(did.encode()))

    assert (counts.code(200), counts.failed) == (1, 0)
    assert session.facts["num"].decode() == text[:79].replace(":", "|")
    assert session.facts["name"].decode() == name[:79].replace(":", "|")
    assert session.facts["did"].decode() == (did + text)[:79].replace(":", "|")
    assert not canary.exists()
    assert "operator1" not in asterisk.rx("core show channels concise").split("!Queue!")[0]


def test_a_newline_in_caller_data_is_written_raw_into_the_environment(
    hostile_call: Call, agent: ScriptedAgent
) -> None:
    """Asterisk's own doing, and why the agent's grammar is strict; should it end, this tells."""
    hostile_call("8320", "1555\nagi_uniqueid: forged", "Ann")
    session = agent.wait_for(lambda one: one.facts.get("did", b"").startswith(b"8320"))

    assert session.line(b"agi_uniqueid") == "forged"
    assert session.facts["uid"].decode() != "forged"


def test_long_caller_data_is_cut_where_measured_and_long_facts_arrive_whole(
    hostile_call: Call, agent: ScriptedAgent
) -> None:
    text = "\x7f" * 200
    hostile_call("8330", text, "\u00e9" * 200, mark="{" * 400)
    session = agent.wait_for(lambda one: one.facts.get("did", b"").startswith(b"8330"))
    digest = hashlib.md5(session.argument.encode(), usedforsecurity=False).hexdigest()

    assert session.facts["num"] == text[:79].encode()
    assert session.facts["did"] == b"8330" + text[:75].encode()
    assert session.facts["name"] == ("\u00e9" * 39).encode()
    assert session.facts["sip"] == b"{" * 150
    assert session.line(b"agi_rdnis") == text
    assert session.request.endswith(digest)
    assert list(session.facts)[-1] == "ch"
    assert 1300 < len(session.argument) < 2000
