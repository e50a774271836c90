import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener import __version__
from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports
from tests.unit.cli.command import run_here
from tests.unit.fastagi_client import screened


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path_factory.mktemp("agent"), free_ports(1)[0], enforce=False)
    agent.start()
    screened(int(str(agent.ask({"op": "status"})["port"])), "+16515550142")
    yield agent
    agent.stop()


def test_status_is_a_table_for_people(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    done = run_here(capsys, "status", "--config", str(agent.config))
    assert (done.status, done.err) == (0, "")
    rows = dict(re.split(r" {2,}", line.strip(), maxsplit=1) for line in _rows(done.out))
    assert rows["version"] == __version__
    assert rows["verdicts"] == "admit 1"
    assert rows["faults"] == "none"
    assert rows["ready"] == "yes"
    assert rows["paused until"] == "not paused"
    assert rows["reviews unread"] == "0"
    assert rows["pressure"] == "calm"
    assert "ok" not in rows


def test_status_tells_until_when_a_pause_lasts(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    run_here(capsys, "pause", "1h", "-c", str(agent.config))
    try:
        done = run_here(capsys, "status", "-c", str(agent.config))
    finally:
        run_here(capsys, "resume", "-c", str(agent.config))
    assert re.search(r"paused until +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", done.out)


def _rows(table: str) -> list[str]:
    return [line for line in table.splitlines() if "  " in line.strip()]


def test_status_is_json_for_programs(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    done = run_here(capsys, "status", "-o", "json", "-c", str(agent.config))
    told = json.loads(done.out)
    assert told["verdicts"] == {"admit": 1}
    assert told["mode"] == "observe"
    assert "ok" not in told


def test_reload_says_what_was_and_what_is_and_what_waits(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess
) -> None:
    was = agent.ask({"op": "status"})["config"]
    text = agent.config.read_text()
    agent.config.write_text(re.sub("port: .*", "port: 1", text) + "region: GB\n")
    try:
        done = run_here(capsys, "reload", "-c", str(agent.config))
    finally:
        agent.config.write_text(text)
    now = agent.ask({"op": "status"})["config"]
    assert now != was
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        f"reloaded: config {now}, was {was}\nlisten.port takes effect at the next start\n"
    )


@pytest.mark.parametrize("command", ["status", "reload"])
def test_without_an_agent_they_say_how_to_start_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text(f"version: 1\ncontrol: {{socket: {tmp_path}/control.sock}}\n")
    done = run_here(capsys, command, "-c", str(path))
    assert (done.status, done.out) == (4, "")
    assert done.err == (
        f"screener: the agent is not running: nothing answers at {tmp_path}/control.sock; "
        "start it with `screener serve`\n"
    )
