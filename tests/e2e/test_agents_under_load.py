"""Two real agents behind one Asterisk under 50 calls/s: whatever befalls one, no call notices.

Neither lost, nor let in without a verdict, while one of the two lives. The agents share nothing
here but the telephone; who is asked in what order is `test_several_agents.py`.
"""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from screener.lab.agent_process import AgentProcess, over_ari
from screener.lab.asterisk import Asterisk
from screener.lab.ports import LOOPBACK, free_ports
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.e2e.asterisk_log import logged
from tests.e2e.screened_site import STEADY, ScreenedSite, until
from tests.e2e.storms import storm

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

CALLS, LONGER = 200, 300
PARTS_S = 2.0
"""How long one of the two may be silent before the other is asked: half of SCREENER_TIMEOUT."""
APPS = ("screener", "screener-2")
"""A Stasis application belongs to the agent that registered it last."""

CHALLENGES = """\
policy:
  thresholds:
    calm: {challenge: -50, drop: 50}
    rising: {challenge: -50, drop: 50}
    full: {challenge: -50, drop: 50}
"""
SITE = """
[later]
exten => _[a-z]!,1,Set(CALLERID(num)=+16515550142)
 same => n,Gosub(screener,s,1(${EXTEN}))
 same => n,Verbose(1,later ${EXTEN} by ${SCREENER_BY} app ${SCREENER_APP}.)
 same => n,Wait(${LATER})
 same => n,Set(SCREENER_LIMIT=2)
 same => n,Gosub(screener-captcha,s,1)
 same => n,Verbose(1,later ${EXTEN} captcha ${GOSUB_RETVAL} way ${SCREENER_STAGE}.)
 same => n,Hangup()
"""


@dataclass
class Pair:
    """Two agents behind one Asterisk, kept from test to test, and the calls of one test."""

    site: ScreenedSite
    agents: list[AgentProcess]

    def ready(self, spread: str, rules: str = "") -> None:
        """Have both run with these rules, and the dialplan choose between them."""
        with ThreadPoolExecutor() as side_by_side:
            list(
                side_by_side.map(
                    AgentProcess.start, (one for one in self.agents if not one.running)
                )
            )
        for agent in self.agents:
            text = agent.config.read_text()
            agent.config.write_text(rules + text)
            agent.ask({"op": "reload"})
            agent.config.write_text(text)
        self.site.asterisk.rx(f"dialplan set global SCREENER_SPREAD {spread}")

    def decided(self, place: int) -> int:
        """Return how many verdicts an agent has said."""
        verdicts = self.agents[place].ask({"op": "status"})["verdicts"]
        assert isinstance(verdicts, dict)
        return sum(verdicts.values())

    def errors(self) -> list[str]:
        """Return Asterisk's lines about calls without a verdict."""
        log = self.site.asterisk.log.read_text(errors="replace")
        return [line for line in log.splitlines() if "screener: error" in line]

    def unknown_outcomes(self, place: int) -> int:
        """Return how many outcomes an agent was told of calls that it does not know."""
        faults = self.agents[place].ask({"op": "status"})["faults"]
        assert isinstance(faults, dict)
        return int(faults.get("unknown-outcome", 0))


@pytest.fixture(scope="module")
def ports() -> list[int]:
    return free_ports(2)


@pytest.fixture(scope="module")
def pair_asterisk(lab_root: LabRoot, lab_folder: Path, ports: list[int]) -> Iterator[Asterisk]:
    settings = LabSettings(
        operators=60,
        extra={"extensions.conf": SITE},
        dialplan={
            "SCREENER_AGENT": "&".join(f"{LOOPBACK}:{port}" for port in ports),
            "SCREENER_TIMEOUT": f"{2 * PARTS_S:g}",
        },
        ari_secret="loopback-only",
    )
    folder = lab_folder / "pair"
    with Asterisk(lab_root, folder / "asterisk", settings=settings) as running:
        load = Load(hold_ms=200)
        port = running.ports.operators
        with Sipp(lab_root, folder / "operators", "operator.xml", load, port=port):
            yield running


@pytest.fixture(scope="module")
def agents(
    lab_folder: Path, pair_asterisk: Asterisk, ports: list[int]
) -> Iterator[list[AgentProcess]]:
    made: list[AgentProcess] = []
    for place, (port, app) in enumerate(zip(ports, APPS, strict=True)):
        folder = lab_folder / f"edge{place}"
        folder.mkdir()
        extra = f"{STEADY}{over_ari(pair_asterisk)}  app: {app}\n"
        made.append(AgentProcess(folder, port, enforce=True, extra=extra))
    try:
        yield made
    finally:
        for agent in made:
            agent.stop()


@pytest.fixture
def pair(
    lab_root: LabRoot, lab_folder: Path, pair_asterisk: Asterisk, agents: list[AgentProcess]
) -> Iterator[Pair]:
    one = Pair(ScreenedSite(lab_root, pair_asterisk, lab_folder), agents)
    try:
        yield one
    finally:
        one.site.close()


def test_one_that_hangs_costs_no_call_its_verdict(pair: Pair) -> None:
    pair.ready("no")

    def fault() -> None:
        os.kill(pair.agents[0].pid, signal.SIGSTOP)
        time.sleep(1.5 * PARTS_S)
        os.kill(pair.agents[0].pid, signal.SIGCONT)

    found = storm(pair.site, fault, LONGER)

    assert (found.verdicts, found.errors) == (LONGER, 0)
    assert pair.decided(1) > 0


def test_a_rolling_restart_costs_no_call_its_verdict(pair: Pair) -> None:
    pair.ready("call")

    def restart() -> None:
        for agent in pair.agents:
            agent.stop()  # SIGTERM: it drains
            agent.start()

    found = storm(pair.site, restart, LONGER)

    assert (found.verdicts, found.errors) == (LONGER, 0)
    for agent in pair.agents:
        assert " STOPPED " in agent.log.read_text(errors="replace")


def test_after_the_deciding_agents_death_its_captcha_and_outcome_go_another_way(
    pair: Pair, ports: list[int]
) -> None:
    asterisk = pair.site.asterisk
    pair.ready("no", CHALLENGES)
    assert until(lambda: all(_is_up(agent) for agent in pair.agents))
    unknown = pair.unknown_outcomes(1)
    asterisk.rx("dialplan set global LATER 1")
    _dial(asterisk, "dies")
    said = logged(asterisk, r"later dies by (\S+) app (\S+)\.")
    os.kill(pair.agents[0].pid, signal.SIGKILL)
    ended = logged(asterisk, r"later dies captcha (\w+) way")
    _dial(asterisk, "after")
    other = logged(asterisk, r"later after by (\S+) app (\S+)\.")

    assert said.groups() == (f"{LOOPBACK}:{ports[0]}", APPS[0])
    assert other.groups() == (f"{LOOPBACK}:{ports[1]}", APPS[1])
    assert ended[1] == "silent"  # asked by the dialplan: nobody else knew the call
    assert pair.unknown_outcomes(1) == unknown + 1  # told to the one that lives
    assert pair.site.is_quiet()


def test_killed_with_9_one_after_the_other_only_the_last_costs_calls_their_verdict(
    pair: Pair,
) -> None:
    pair.ready("call")
    seen = len(pair.errors())
    with_one: list[int] = []

    def fault() -> None:
        os.kill(pair.agents[0].pid, signal.SIGKILL)
        time.sleep(1.5)
        with_one.extend((len(pair.errors()) - seen, pair.decided(1)))
        os.kill(pair.agents[1].pid, signal.SIGKILL)

    found = storm(pair.site, fault, CALLS)

    assert with_one[0] == 0
    assert with_one[1] > 0
    assert found.verdicts + found.errors == CALLS
    assert found.errors > 0


def _dial(asterisk: Asterisk, name: str) -> None:
    asterisk.rx(f"channel originate Local/{name}@later/n application Wait 20")


def _is_up(agent: AgentProcess) -> bool:
    ari = agent.ask({"op": "status"})["ari"]
    assert isinstance(ari, dict)
    return bool(ari["state"] == "up")
