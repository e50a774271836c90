"""Sites without FastAGI: Asterisk runs the classic script, which asks the real agent."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.e2e.screened_site import STEADY, ScreenedSite, numbers, rows

pytestmark = [pytest.mark.e2e, pytest.mark.alone]  # a Python that starts for each call

DENIED, STRANGER = numbers(2)
DENY = f"""\
lists:
  - {{name: pest, action: deny, entries: ["{DENIED}"]}}
"""
WRAPPER = """\
#!/bin/sh
exec env SCREENER_CONTROL={control} {python} -m screener.adapters.agi_script "$@"
"""


@pytest.fixture(scope="module")
def classic_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    """An Asterisk that runs the script for every question."""
    folder = lab_folder / "classic"
    settings = LabSettings(dialplan={"SCREENER_TRANSPORT": "agi"})
    with Asterisk(lab_root, folder / "asterisk", settings=settings) as running:
        port = running.ports.operators
        load = Load(hold_ms=1200)
        with Sipp(lab_root, folder / "operators", "operator.xml", load, port=port):
            yield running


@pytest.fixture
def classic(
    lab_root: LabRoot, lab_folder: Path, classic_asterisk: Asterisk
) -> Iterator[ScreenedSite]:
    place = ScreenedSite(lab_root, classic_asterisk, lab_folder)
    script = classic_asterisk.folder / "agi-bin/screener-agi"
    try:
        place.start_agent(STEADY + DENY)
        control = place.agent.control
        script.write_text(WRAPPER.format(control=control, python=sys.executable))
        script.chmod(0o755)
        yield place
    finally:
        place.close()


def test_the_scripts_verdict_and_the_outcome_it_tells_count(classic: ScreenedSite) -> None:
    denied = classic.called("denied", rows([DENIED]))
    served = classic.called("served", rows([STRANGER]))
    (said,) = classic.decisions("denied", 1)
    (outcome,) = classic.outcomes("served", 1)

    assert (denied.code(603), denied.code(200)) == (1, 0)
    assert said["reasons"] == ["score", "deny-list", "new-caller"]
    assert served.received["BYE"] == 1
    assert outcome["outcome"] == "answered"
    assert float(str(outcome["talk_s"])) >= 1.0


@pytest.mark.parametrize("fault", [signal.SIGSTOP, signal.SIGKILL])
def test_without_an_answer_from_the_agent_the_script_lets_the_call_reach_the_queue(
    classic: ScreenedSite, fault: signal.Signals
) -> None:
    before = classic.asterisk.log.read_text(errors="replace").count("screener: error")
    os.kill(classic.agent.pid, fault)
    try:
        counts = classic.called("faulty", rows([STRANGER] * 2))
    finally:
        if classic.agent.running:
            os.kill(classic.agent.pid, signal.SIGCONT)

    assert (counts.received["BYE"], counts.failed) == (2, 0)
    assert classic.asterisk.log.read_text(errors="replace").count("screener: error") == before + 2
    assert classic.is_quiet()
