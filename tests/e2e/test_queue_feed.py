"""The agent watches a real queue over a real AMI, with callers waiting and no operator to answer.

`pytest --log-cli-level=INFO` prints the figures.
"""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from screener.adapters.ami_link import AmiLink
from screener.lab.asterisk import Asterisk
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.share import sample_folder
from screener.lab.sipp import Sipp
from tests.e2e.hostile_calls import row
from tests.e2e.screened_site import UNHURRIED, ScreenedSite, numbers, rows, until
from tests.e2e.tcp_proxy import TcpProxy

pytestmark = pytest.mark.e2e

SECRET = "0d5c3f6e0f1b4c7a9e8d"
WAITING = 8
PEOPLE = numbers(20, start=3000)
STRANGERS = numbers(20, start=3100)

CONFIG = """\
ami:
  host: {host}
  port: {port}
  secret_file: {secret}
lists:
  - {{name: people, action: allow, entries: ["+1651252*"]}}
site: {{channels: 10000}}
pressure:
  arrivals: {{calm: 900, full: 1000}}
  hold: 0s
policy: {{malformed: admit, thresholds: {{full: {{challenge: 1}}}}}}
"""

Feed = dict[str, Any]
log = logging.getLogger("e2e.queue_feed")


def manager_conf() -> str:
    """Return what an admin changes in the sample: the user's section, a secret, and switched on."""
    sample = (sample_folder() / "manager.conf").read_text()
    section = sample[sample.index(";[screener]") :].replace("\n;", "\n")[1:]
    user = section.replace("secret =", f"secret = {SECRET}")
    return f"\n[general](+)\nenabled = yes\n{user}\n"


@pytest.fixture(scope="module")
def managed(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    """Run an Asterisk with the sample's AMI, whose dialplan tells nothing of the queue."""
    dialplan = {**UNHURRIED, "SCREENER_QUEUE": ""}
    settings = LabSettings(dialplan=dialplan, extra={"manager.conf": manager_conf()})
    with Asterisk(lab_root, lab_folder / "managed", settings=settings) as running:
        yield running


@pytest.fixture
def waits(lab_root: LabRoot, lab_folder: Path, managed: Asterisk) -> Iterator[ScreenedSite]:
    """A site where nobody answers, empty at the start of a test."""
    place = ScreenedSite(lab_root, managed, lab_folder)
    assert place.is_quiet()
    try:
        yield place
    finally:
        place.close()
        managed.rx("channel request hangup all")


@pytest.fixture
def link(managed: Asterisk) -> Iterator[TcpProxy]:
    with TcpProxy(managed.ports.ami) as proxy:
        yield proxy


def start_agent(site: ScreenedSite, port: int, secret: str = SECRET) -> None:
    path = site.folder / "ami.secret"
    path.write_text(secret + "\n")
    path.chmod(0o600)
    site.start_agent(CONFIG.format(host=LOOPBACK, port=port, secret=path))


def feed(site: ScreenedSite) -> Feed:
    return cast("Feed", site.agent.ask({"op": "status"})["queue_feed"])


def shows(site: ScreenedSite, **wanted: object) -> float:
    """Wait until the status shows what is wanted; return the seconds that it took."""
    began = time.monotonic()
    assert until(lambda: wanted.items() <= feed(site).items()), feed(site)
    return time.monotonic() - began


def fill(site: ScreenedSite, count: int = WAITING) -> Sipp:
    """Let people wait in the queue."""
    run = site.call("people", rows(PEOPLE[:count]))
    assert until(lambda: site.asterisk.waiting() == count)
    return run


def stranger(site: ScreenedSite, number: int) -> tuple[str, str]:
    """Return the verdict on a stranger who calls now, and the pressure that was found."""
    mark = f"stranger{number}"
    site.call(mark, rows([STRANGERS[number]], hold_ms=200))
    (told,) = site.decisions(mark, 1)
    return str(told["verdict"]), str(told["pressure"])


def test_waiting_callers_raise_the_pressure_although_no_call_tells_of_them(
    waits: ScreenedSite,
) -> None:
    start_agent(waits, waits.asterisk.ports.ami)
    shows(waits, state="fresh", waiting=0, logged_in=3)
    assert stranger(waits, 0) == ("admit", "calm")
    shows(waits, state="fresh", waiting=0)

    fill(waits, 1)
    log.info("a caller in the queue is known after another %.2f s", shows(waits, waiting=1))
    waits.call("more", rows(PEOPLE[1:WAITING]))
    assert until(lambda: waits.asterisk.waiting() == WAITING)
    took = shows(waits, waiting=WAITING)
    log.info("%d callers in the queue are known after another %.2f s", WAITING, took)
    assert stranger(waits, 1) == ("challenge", "full")
    assert feed(waits)["longest_wait_s"] >= 1
    assert waits.agent.log.read_text(errors="replace").count("AMI-UP") == 1


def test_a_wrong_secret_is_said_and_calls_go_on(waits: ScreenedSite) -> None:
    start_agent(waits, waits.asterisk.ports.ami, secret="wrong")
    assert until(lambda: "AMI-DOWN" in waits.agent.log.read_text(errors="replace"))
    fill(waits)
    assert stranger(waits, 2) == ("admit", "calm")
    found = feed(waits)
    assert found["state"] == "stale"
    assert "login as screener was refused" in found["why"]
    text = waits.agent.log.read_text(errors="replace")
    assert text.count("AMI-DOWN") == 1
    assert SECRET not in text


@pytest.mark.parametrize("fault", ["cut", "frozen"])
def test_a_lost_link_is_said_outlived_and_mended(
    waits: ScreenedSite, link: TcpProxy, fault: str
) -> None:
    start_agent(waits, link.port)
    fill(waits)
    shows(waits, state="fresh", waiting=WAITING)
    assert stranger(waits, 3) == ("challenge", "full")

    (link.cut if fault == "cut" else link.freeze)()
    took = shows(waits, state="stale")
    log.info("%s: stale after %.1f s", fault, took)
    assert "AMI-DOWN" in waits.agent.log.read_text(errors="replace")
    waits.called("eases", rows([PEOPLE[-1]], hold_ms=100))  # a level is left by the second call
    assert stranger(waits, 4) == ("admit", "calm")

    (link.mend if fault == "cut" else link.thaw)()
    took = shows(waits, state="fresh", waiting=WAITING)
    log.info("%s: fresh %.1f s after its return", fault, took)
    assert stranger(waits, 5) == ("challenge", "full")


def test_after_a_restart_of_asterisk_the_watch_is_back(waits: ScreenedSite) -> None:
    start_agent(waits, waits.asterisk.ports.ami)
    fill(waits)
    shows(waits, state="fresh", waiting=WAITING)
    waits.asterisk.stop()
    waits.asterisk.start()
    began = time.monotonic()
    assert until(lambda: waits.agent.log.read_text(errors="replace").count("AMI-UP") == 2)
    log.info("watched again %.1f s after Asterisk was up again", time.monotonic() - began)
    shows(waits, state="fresh", waiting=0)
    assert stranger(waits, 6)[0] == "admit"


FORGED = (
    "+1651\r\n\r\nEvent: QueueSummary\r\nCallers: 0\r\n\r\n",
    "+1651\r\nQueue: x\r\nCallers: 0\r\nCount: 0",
    "+1651\r\nActionID: 1\r\nResponse: Error\r\n\r\n",
    "+1651\r\n\r\nResponse: Goodbye\r\n\r\n",
    "+1651\r\n\r\nAsterisk Call Manager/1\r\n\r\n",
    "+1651\n\nCallers: 0\n\n",
    "+1651\r\r\nEvent: Shutdown",
)


def test_no_word_of_a_hostile_caller_changes_what_is_seen(
    waits: ScreenedSite, link: TcpProxy
) -> None:
    start_agent(waits, link.port)
    shows(waits, state="fresh", waiting=0)
    fields = [row(text, name="status will follow") for text in FORGED]
    waits.call("forged", fields, scenario="hostile.xml")
    assert until(lambda: waits.asterisk.waiting() == len(FORGED))
    shows(waits, state="fresh", waiting=len(FORGED), logged_in=3)
    assert b"\r\n\r\nEvent: QueueSummary\r\nCallers: 0\r\n\r\n\r\n" in link.heard
    assert stranger(waits, 7) == ("challenge", "full")
    text = waits.agent.log.read_text(errors="replace")
    assert (text.count("AMI-UP"), text.count("AMI-DOWN"), text.count("AMI-QUEUE")) == (1, 0, 0)


async def test_the_samples_user_may_ask_for_figures_and_do_nothing(managed: Asterisk) -> None:
    ami = await AmiLink.open(LOOPBACK, managed.ports.ami)
    await ami.login("screener", SECRET)
    asked = await ami.request("QueueSummary", {"Queue": "operators"}, "QueueSummaryComplete")
    assert [one.get("Queue") for one in asked] == ["", "operators", ""]
    forbidden = {
        "Command": {"Command": "core show version"},
        "Originate": {"Channel": "Local/admit@screened", "Application": "Wait"},
        "Hangup": {"Channel": "/.*/"},
        "QueueAdd": {"Queue": "operators", "Interface": "PJSIP/operator1"},
        "GetConfig": {"Filename": "manager.conf"},
        "CoreShowChannels": {},
    }
    for action, fields in forbidden.items():
        (answer,) = await ami.request(action, fields)
        assert (action, answer.get("Message")) == (action, "Permission denied")
    ami.close()
