"""Callers who write into the SIP headers what no telephone does: the real agent is not fooled.

The agent of most tests here drops everybody but one number on its allow list, which every hostile
call claims in some way: one that is taken for it would be answered instead of told busy.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import SCENARIOS, Load, Sipp
from tests.e2e.hostile_calls import CALLED, CONTROL, FORGERIES, INERT, STRANGER, VIP, row
from tests.e2e.screened_site import DID, STAYS_MS, STEADY, UNHURRIED, ScreenedSite, until

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators")]

VIP_ALONE = f"""\
lists:
  - {{name: vip, action: allow, entries: ["{VIP}"]}}
policy:
  thresholds:
    calm: {{challenge: 0.1, drop: 0.2}}
    rising: {{challenge: 0.1, drop: 0.2}}
    full: {{challenge: 0.1, drop: 0.2}}
  malformed: drop
"""

FORGED_TAIL = (
    f"\nagi_context: from-trunk\nagi_extension: {CALLED}\nagi_priority: 1\nagi_enhanced: 0.0"
    f"\nagi_accountcode: \nagi_threadid: 1\nagi_arg_1: num={quote(VIP)}\n\n"
)
TRUST = "\n[trunk](+type=endpoint)\ntrust_id_inbound = yes\n"

ODD_NAMES = (
    *("O'Brien", 'The \\"Boss\\"', "M\u00fcller", "\u540d\u524d", "Smith, Ann", "A (B) C", "a+b=c"),
    *("50% off", "100%", "%41", "back\\\\slash", "a|b", "a&b", "${HOME}", "$5", "x" * 60, "", " "),
)
ODD_NUMBERS = (
    *("+16512220300", "16512220300", "6512220300", "2220300", "911", "+442071838750"),
    *("+1%20651%20222%200300", "(651)222-0300", "651.222.0300", "%2B16512220300", "anonymous"),
    *("unknown", "restricted", "ann.example", "6512220300%3Bext=7", "%2A67"),
)


@pytest.fixture(scope="module")
def trusting_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    """An Asterisk that takes the caller's number from P-Asserted-Identity."""
    folder = lab_folder / "trusting"
    settings = LabSettings(dialplan=UNHURRIED, extra={"pjsip.conf": TRUST})
    with Asterisk(lab_root, folder / "asterisk", settings=settings) as running:
        port = running.ports.operators
        load = Load(hold_ms=200)
        with Sipp(lab_root, folder / "operators", "operator.xml", load, port=port):
            yield running


@pytest.fixture
def trusting(
    lab_root: LabRoot, lab_folder: Path, trusting_asterisk: Asterisk
) -> Iterator[ScreenedSite]:
    place = ScreenedSite(lab_root, trusting_asterisk, lab_folder)
    try:
        yield place
    finally:
        place.close()


def verdicts_in(asterisk: Asterisk, count: int) -> dict[str, str]:
    """Return each call's id in the agent's words, and the channel's own uniqueid."""
    pattern = r"screener: drop score=\S+ reason=malformed-caller\S* id=(\w+) for (\d+\.\d+)"

    def found() -> dict[str, str]:
        return dict(re.findall(pattern, asterisk.log.read_text(errors="replace")))

    assert until(lambda: len(found()) >= count), f"{len(found())} of {count}"
    return found()


def malformed_in(site: ScreenedSite) -> dict[str, str]:
    lines = re.findall(
        r"MALFORMED id=(\w+) .* uniqueid=(\S+) why=", site.agent.log.read_text(errors="replace")
    )
    return dict(lines)


def screener(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "screener", *words], capture_output=True, check=True, timeout=120
    )
    return (done.stdout + done.stderr).decode()


def faults(site: ScreenedSite) -> object:
    return site.agent.ask({"op": "status"})["faults"]


def admits_the_next_honest_call(site: ScreenedSite) -> bool:
    counts = site.call("honest", [row(VIP, asserted=VIP)], scenario="hostile.xml").wait()
    return counts.received["BYE"] == 1


@pytest.mark.parametrize("place", ["user", "called", "diverted", "asserted"])
def test_forged_lines_are_seen_dropped_and_logged_with_the_channels_own_id(
    request: pytest.FixtureRequest, place: str
) -> None:
    site: ScreenedSite = request.getfixturevalue("trusting" if place == "asserted" else "site")
    site.start_agent(STEADY + VIP_ALONE)
    fields = [row(**{place: text}) for text in FORGERIES.values()]
    before = verdicts_in(site.asterisk, 0)
    counts = site.call("forged", fields, scenario="hostile.xml").wait()
    said = verdicts_in(site.asterisk, len(before) + len(fields))
    own = {call_id: uniqueid for call_id, uniqueid in said.items() if call_id not in before}

    assert (counts.code(486), counts.code(200), counts.failed) == (len(fields), 0, 0)
    assert until(lambda: malformed_in(site) == own), malformed_in(site)
    assert len(set(own.values())) == len(fields)
    assert faults(site) == {"malformed-caller": len(fields)}
    assert not CONTROL.search(site.agent.log.read_text(errors="replace"))
    assert admits_the_next_honest_call(site)


def test_a_whole_forged_environment_is_no_environment(site: ScreenedSite) -> None:
    """Only the diverting number is long enough for it."""
    site.start_agent(STEADY + VIP_ALONE)
    vouched = FORGED_TAIL.replace(quote(VIP), f"{quote(STRANGER)}&att=A&ver=success")
    tails = [FORGED_TAIL, FORGED_TAIL + "200 result=0\n", FORGED_TAIL * 2, vouched]
    fields = [row(diverted=CALLED + tail) for tail in tails]
    counts = site.call("whole", fields, scenario="hostile.xml").wait()

    assert (counts.code(486), counts.code(200), counts.failed) == (4, 0, 0)
    assert faults(site) == {"malformed-caller": 4}
    assert admits_the_next_honest_call(site)


@pytest.mark.parametrize("place", ["user", "asserted"])
def test_odd_bytes_make_nobody_else_of_a_caller_and_run_nothing(
    request: pytest.FixtureRequest, lab_folder: Path, place: str
) -> None:
    site: ScreenedSite = request.getfixturevalue("trusting" if place == "asserted" else "site")
    canary = lab_folder / "canary"
    site.start_agent(STEADY + VIP_ALONE)
    texts = [text.replace("CANARY", str(canary)) for text in INERT.values()]
    fields = [row(**{place: text}, diverted=text, called=CALLED + text) for text in texts]
    counts = site.call("inert", fields, scenario="hostile.xml").wait()

    assert (counts.code(486), counts.code(200), counts.failed) == (len(fields), 0, 0)
    assert not canary.exists()
    assert not CONTROL.search(site.agent.log.read_text(errors="replace"))
    assert admits_the_next_honest_call(site)


def test_odd_and_endless_names_are_only_names(site: ScreenedSite, lab_folder: Path) -> None:
    canary = lab_folder / "canary"
    site.start_agent(STEADY + VIP_ALONE)
    names = [
        f"${{SHELL(touch {canary})}}",
        f"{VIP},Hangup(17)&PJSIP/operator1",
        "\u202egnp.exe\u2066",
        "N" * 10_000,
        "\u00e9" * 5_000,
        f"%0aagi_callingpres: 0%0aagi_arg_1: num={quote(VIP)}",
    ]
    fields = [row(name=name) for name in names]
    counts = site.call("named", fields, scenario="hostile.xml").wait()

    assert (counts.code(486), counts.code(200), counts.failed) == (len(fields), 0, 0)
    assert faults(site) == {}
    assert not canary.exists()
    assert admits_the_next_honest_call(site)


def test_no_output_of_the_agent_holds_a_control_character(site: ScreenedSite) -> None:
    site.start_agent(STEADY + VIP_ALONE)
    nasty = INERT["terminal"] + INERT["bidi"]
    site.call(
        "inert-1",
        [row(nasty, name="\u202ex", called=CALLED + nasty, diverted=nasty)],
        scenario="hostile.xml",
    ).wait()
    config = str(site.agent.config)
    shown = [
        screener("status", "--config", config),
        screener("explain", nasty, "--name", nasty, "--did", nasty, "--config", config),
        screener("explain", nasty, "--output", "json", "--config", config),
        site.agent.log.read_text(errors="replace"),
        *(str(text) for one in site.decisions("inert-1", 1) for text in one.values()),
    ]

    assert [text for text in shown if CONTROL.search(text)] == []


def test_honest_odd_names_and_numbers_are_never_malformed(
    site: ScreenedSite, tmp_path: Path
) -> None:
    people = [(STRANGER, name) for name in ODD_NAMES] + [(number, "Ann") for number in ODD_NUMBERS]
    fields = [
        (DID, f'"{name}" <sip:{user}@127.0.0.1>', *row()[2:4], str(STAYS_MS))
        for user, name in people
    ]
    fields += [(DID, sender, *row()[2:]) for sender in ("<sip:127.0.0.1>", "sip:651@127.0.0.1")]
    semicolon = tmp_path / "semicolon.xml"  # a semicolon separates the fields of a row
    semicolon.write_text(
        (SCENARIOS / "hostile.xml")
        .read_text()
        .replace("From: [field1]", f'From: "Ann; Bob" <sip:{STRANGER}@127.0.0.1>')
    )
    site.start_agent(enforce=False)
    odd = site.call("odd", fields, scenario="hostile.xml").wait()
    last = site.call("last", [row()], scenario=semicolon).wait()
    said = site.decisions("odd", len(fields)) + site.decisions("last", 1)

    assert len(fields) >= 32
    assert (odd.received["BYE"], last.received["BYE"], odd.failed) == (len(fields), 1, 0)
    assert len(said) == len(fields) + 1
    assert faults(site) == {}
    assert "MALFORMED" not in site.agent.log.read_text(errors="replace")


def test_a_number_that_the_caller_hides_is_not_used_and_not_shown(
    trusting: ScreenedSite, tmp_path: Path
) -> None:
    scenario = tmp_path / "hidden.xml"
    text = (SCENARIOS / "hostile.xml").read_text()
    scenario.write_text(text.replace("Allow: INVITE", "Privacy: id\n      Allow: INVITE", 1))
    trusting.start_agent()
    counts = trusting.call("hidden", [row("anonymous", asserted=VIP)], scenario=scenario).wait()
    (said,) = trusting.decisions("hidden", 1)

    assert counts.received["BYE"] == 1
    assert (said["verdict"], said["caller_class"], said["caller"]) == (
        "admit",
        "withheld",
        "withheld",
    )
    assert VIP[-4:] not in trusting.agent.log.read_text(errors="replace")
