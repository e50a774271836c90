import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.adapters.secret_file import read_secret
from screener.config.load import parse_config
from screener.config.options import AriOptions
from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess, over_ari
from screener.lab.asterisk import Asterisk
from screener.lab.ports import free_ports
from screener.lab.root import LabRoot
from screener.lab.samples import LabPorts, LabSettings
from tests.builders import NOW
from tests.unit.agents import ended, told, until
from tests.unit.fastagi_client import screened

NUMBER = "+16515550142"


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def agent(tmp_path: Path, port: int) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path, port, enforce=True, extra="log: {format: json}\n")
    agent.start()
    yield agent
    agent.stop()


def test_it_is_up_when_start_returns_and_gone_when_stop_does(
    agent: AgentProcess, port: int
) -> None:
    status = agent.ask({"op": "status"})
    assert agent.running
    assert (status["port"], status["mode"]) == (port, "enforce")
    told(agent, "READY")
    assert agent.log.read_text().startswith('{"at": ')
    pid = agent.pid
    agent.stop()
    assert not agent.running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(MissingPartError):
        _ = agent.pid
    agent.stop()


def test_whoever_listens_in_gets_every_decision_once(agent: AgentProcess, port: int) -> None:
    agent.listen_in()
    seen: list[dict[str, object]] = []
    for _ in range(3):
        screened(port, NUMBER)

    def heard() -> bool:
        seen.extend(agent.events())
        return len(seen) >= 3

    until(heard, "three decisions in the feed")
    assert len(seen) == 3
    assert {event["caller"] for event in seen} == {
        "+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242"
    }
    assert len({event["id"] for event in seen}) == len(seen)


def test_history_of_any_length_is_taught_whole_and_a_death_is_seen(agent: AgentProcess) -> None:
    history: list[dict[str, object]] = [
        {
            "caller": f"+1651555{place:04}",
            "at": NOW - 9e7,
            "outcome": "answered",
            "talk_s": 60.0,
            "trunk": "trunk-a",
        }
        for place in range(450)
    ]
    agent.teach(history)
    assert agent.ask({"op": "status"})["keys"] == 450
    os.kill(agent.pid, signal.SIGKILL)
    ended(agent)
    assert not agent.running
    with pytest.raises(MissingPartError, match="is not running"):
        agent.ask({"op": "status"})


def test_one_that_cannot_start_leaves_its_last_words(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        agent = AgentProcess(tmp_path, port, enforce=False)
        with pytest.raises(MissingPartError, match=f"port {port}: another program holds it"):
            agent.start()
    assert not agent.running


def test_an_option_that_is_wrong_is_told_in_its_words(tmp_path: Path, port: int) -> None:
    agent = AgentProcess(tmp_path, port, enforce=False, extra="regio: US\n")
    with pytest.raises(MissingPartError, match=r"screener\.yaml:1:1: "):
        agent.start()


def test_before_the_start_there_is_nobody_to_ask(tmp_path: Path, port: int) -> None:
    agent = AgentProcess(tmp_path, port, enforce=True)
    assert not agent.running
    assert agent.events() == []
    with pytest.raises(MissingPartError):
        agent.ask({"op": "status"})
    agent.stop()


def test_over_ari_is_a_section_that_names_the_labs_asterisk_and_the_file_of_its_secret(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("a")
    ports = LabPorts(sip=1001, operators=1002, agent=1003, http=1004, ami=1005, rtp=2000)
    root = LabRoot("22.0", place / "modules", place / "data", place / "root")
    asterisk = Asterisk(root, place / "run", ports, LabSettings(ari_secret="5ec4e7"))
    asterisk.lay_out()
    text = over_ari(asterisk)

    secret_file = str(asterisk.ari_secret_file)
    wanted = AriOptions(url="http://127.0.0.1:1004", secret_file=secret_file)
    assert parse_config(f"version: 1\n{text}", "x", place).ari == wanted
    assert "5ec4e7" not in text
    assert read_secret(Path(secret_file)) == "5ec4e7"


def test_an_agent_over_ari_says_whom_it_could_not_reach(tmp_path: Path, port: int) -> None:
    (tmp_path / "ari.secret").touch(mode=0o600)
    (tmp_path / "ari.secret").write_text("5ec4e7\n")
    sip, operators, agent_port, http, ami = free_ports(5)
    ports = LabPorts(sip, operators, agent_port, http, ami, 2000)
    root = LabRoot("22.0", tmp_path, tmp_path, tmp_path)
    agent = AgentProcess(
        tmp_path, port, enforce=True, extra=over_ari(Asterisk(root, tmp_path, ports))
    )
    agent.start()
    try:
        told(agent, f"ARI-DOWN http://127.0.0.1:{ports.http}: ")
        state = agent.ask({"op": "status"})["ari"]
        assert isinstance(state, dict)
        assert state["state"] == "down"
    finally:
        agent.stop()
