"""No fault of the agent loses a call: killed, stopped, drained, reloaded, full, under 50 calls/s.

`pytest --log-cli-level=INFO` prints the figures of each storm.
"""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.e2e.screened_site import STEADY, UNHURRIED, ScreenedSite, numbers, rows, until
from tests.e2e.storms import RATE, storm

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


@pytest.fixture(scope="module")
def busy_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    settings = LabSettings(dialplan=UNHURRIED, operators=60)
    folder = lab_folder / "busy"
    with Asterisk(lab_root, folder / "asterisk", settings=settings) as running:
        load = Load(hold_ms=200)
        port = running.ports.operators
        with Sipp(lab_root, folder / "operators", "operator.xml", load, port=port):
            yield running


@pytest.fixture
def busy(lab_root: LabRoot, lab_folder: Path, busy_asterisk: Asterisk) -> Iterator[ScreenedSite]:
    """The site of one test, whose dialplan leaves no agent for being slow, unless it is told to."""
    place = ScreenedSite(lab_root, busy_asterisk, lab_folder)
    try:
        yield place
    finally:
        place.close()
        give(busy_asterisk, UNHURRIED["SCREENER_TIMEOUT"])


def give(asterisk: Asterisk, seconds: str) -> None:
    """Have the dialplan leave an agent that is silent for so long."""
    asterisk.rx(f"dialplan set global SCREENER_TIMEOUT {seconds}")


def test_killed_with_9_and_started_again_the_agent_loses_no_call(busy: ScreenedSite) -> None:
    busy.start_agent()

    def fault() -> None:
        os.kill(busy.agent.pid, signal.SIGKILL)
        time.sleep(3)
        busy.agent.stop()
        busy.agent.start()

    found = storm(busy, fault)

    assert found.errors > 0
    assert found.verdicts > 0
    assert busy.called("after", rows(numbers(5))).received["BYE"] == 5


def test_stopped_for_4_seconds_the_agent_loses_no_call(busy: ScreenedSite) -> None:
    busy.start_agent()
    give(busy.asterisk, "2")

    def fault() -> None:
        os.kill(busy.agent.pid, signal.SIGSTOP)
        time.sleep(4)
        os.kill(busy.agent.pid, signal.SIGCONT)

    found = storm(busy, fault)
    give(busy.asterisk, UNHURRIED["SCREENER_TIMEOUT"])

    assert found.errors > 0
    assert found.verdicts > 0
    assert busy.called("after", rows(numbers(5))).received["BYE"] == 5
    assert len(busy.decisions("after", 5)) == 5


def test_ended_and_started_again_the_agent_loses_no_call(busy: ScreenedSite) -> None:
    busy.start_agent()

    def fault() -> None:
        busy.agent.stop()
        busy.agent.start()

    found = storm(busy, fault, calls=250)

    assert found.verdicts > 0
    assert "DRAIN" in busy.agent.log.read_text(errors="replace")
    assert "STOPPED" in busy.agent.log.read_text(errors="replace")


def test_reloads_good_and_bad_cost_no_call_its_verdict(busy: ScreenedSite) -> None:
    busy.start_agent()
    text = busy.agent.config.read_text()

    def fault() -> None:
        for new in (text + "log: {level: debug}\n", text + "nonsense: true\n", text):
            busy.agent.config.write_text(new)
            os.kill(busy.agent.pid, signal.SIGHUP)
            time.sleep(0.7)

    found = storm(busy, fault, calls=250)
    told = busy.agent.log.read_text(errors="replace")

    assert (found.verdicts, found.errors) == (250, 0)
    assert told.count("RELOADED config=") == 2
    assert re.search(r"RELOAD-REFUSED \S+/screener\.yaml:\d+:\d+: .*nonsense", told)


def test_an_agent_that_is_full_answers_nobody_and_loses_no_call(busy: ScreenedSite) -> None:
    full = "  max_sessions: 2\n  max_sessions_per_peer: 2\n  header_timeout: 1m\n"
    busy.start_agent(listen=full)
    with ExitStack() as held:
        for _ in range(2):
            idle = socket.create_connection((LOOPBACK, busy.asterisk.ports.agent))
            held.enter_context(idle).sendall(b"agi_network: yes\n")
        found = storm(busy, lambda: None, calls=150)
    after = busy.called("after", rows(numbers(3)))

    assert (found.verdicts, found.errors) == (0, 150)
    assert (after.received["BYE"], len(busy.decisions("after", 3))) == (3, 3)


def test_asterisk_killed_with_9_leaves_nothing_open_in_the_agent(busy: ScreenedSite) -> None:
    busy.start_agent(STEADY)
    descriptors = Path(f"/proc/{busy.agent.pid}/fd")
    busy.called("first", rows(numbers(1)))  # with it the log opens the file where rows wait
    before = len(list(descriptors.iterdir()))
    cut = busy.call("cut", rows(numbers(500)), rate=RATE)
    assert until(lambda: len(busy.decisions("cut")) >= 50)
    os.kill(busy.asterisk.pid, signal.SIGKILL)
    cut.stop()
    busy.asterisk.stop()
    busy.asterisk.start()

    assert until(lambda: len(list(descriptors.iterdir())) == before)
    assert busy.called("anew", rows(numbers(5))).received["BYE"] == 5
    assert len(busy.decisions("anew", 5)) == 5
    assert until(lambda: len(list(descriptors.iterdir())) == before)
