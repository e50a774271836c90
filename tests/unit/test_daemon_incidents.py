"""What a whole agent tells of attacks and of itself: over the control socket and at /metrics."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports
from tests.unit.agents import an_agent, port_of, told
from tests.unit.cli.command import screener
from tests.unit.fastagi_client import screened

NUMBER, FLOODER = "+16515550142", "+16515550177"
METRICS = "metrics: {host: 127.0.0.1, port: %d}\n"


@pytest.fixture(name="port", scope="module")
def _port() -> int:
    return free_ports(1)[0]


@pytest.fixture(name="running", scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[AgentProcess]:
    with an_agent(tmp_path_factory.mktemp("agent"), extra=METRICS % port) as agent:
        yield agent


def page_at(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5.0) as answer:
        return str(answer.read().decode())


def test_a_flood_is_told_in_the_log_and_to_whoever_asks(running: AgentProcess, port: int) -> None:
    screened(port_of(running), NUMBER)
    assert running.ask({"op": "incidents"})["incidents"] == []
    assert running.ask({"op": "status"})["incident"] == {"state": "none", "since_start": 0}
    page = page_at(port)
    assert 'screener_calls_total{verdict="admit"} 1.0' in page
    assert "screener_incident_active 0.0" in page
    for _ in range(60):
        screened(port_of(running), FLOODER)
    told(running, "INCIDENT-BEGAN")
    found = running.ask({"op": "incidents", "last": 5})["incidents"]
    assert isinstance(found, list)
    (incident,) = found
    assert incident["ended"] is None
    assert incident["id"] in screener("status", "--config", str(running.config)).stdout
    table = screener("incidents", "--config", str(running.config), "-o", "csv")
    assert (table.returncode, table.stdout.count("goes on")) == (0, 1)
    page = page_at(port)
    assert "screener_incident_active 1.0" in page
    assert "screener_incidents_total 1.0" in page
    for text in (page, table.stdout, running.log.read_text()):
        assert FLOODER[2:] not in text
        assert NUMBER[2:] not in text


def test_who_asks_for_another_number_of_them_is_refused(running: AgentProcess) -> None:
    with pytest.raises(ScreenerError, match="last must be"):
        running.ask({"op": "incidents", "last": "all"})


def test_metrics_that_cannot_be_served_are_told_at_the_start(
    running: AgentProcess, port: int, tmp_path: Path
) -> None:
    del running
    file = tmp_path / "screener.yaml"
    listen = f"listen: {{port: 0}}\ncontrol: {{socket: {tmp_path}/c.sock}}\n"
    storage = f"storage: {{folder: {tmp_path}, keys: {tmp_path}/keys.json}}\n"
    file.write_text(f"version: 1\n{listen}{storage}{METRICS % port}")
    refused = screener("serve", "--config", str(file))
    assert refused.returncode == 1
    assert f"cannot serve metrics on 127.0.0.1:{port}" in refused.stderr


def test_an_incident_outlives_its_agent(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        for _ in range(60):
            screened(port_of(agent), FLOODER)
        told(agent, "INCIDENT-BEGAN")
    kept = screener("incidents", "--config", str(agent.config), "-o", "json")
    assert kept.returncode == 0
    assert "kept from before" in kept.stderr
    (incident,) = json.loads(kept.stdout)
    assert incident["cut"] is True
    assert incident["calls"] > 40  # as of its end, not of the incident's begin
    book = tmp_path / "state" / "incidents.jsonl"
    assert FLOODER[-4:] not in book.read_text()
    with agent:
        again = screener("incidents", "--config", str(agent.config), "-o", "json")
        assert [one["id"] for one in json.loads(again.stdout)] == [incident["id"]]
