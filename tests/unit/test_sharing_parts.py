"""Agents that share a file of one machine, as whole processes."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from screener import sharing_parts
from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess
from tests.unit.agents import an_agent, port_of, told, until
from tests.unit.cli.command import screener
from tests.unit.fastagi_client import screened

NUMBER = "+16515550142"
SHARING = """\
sharing:
  store: sqlite
  edge: {name}
  key_file: {folder}/shared.key
  file: {folder}/shared.db
  deadline: 0.25s
limits:
  - name: few
    key: [number]
    windows:
      - {{calls: 3, per: 10m}}
    points: 30
"""


@contextmanager
def two_agents(
    folder: Path, names: tuple[str, str] = ("one", "two")
) -> Iterator[tuple[AgentProcess, AgentProcess]]:
    key = folder / "shared.key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    with ExitStack() as stack:
        agents = []
        for place, name in zip(("one", "two"), names, strict=True):
            (folder / place).mkdir()
            extra = SHARING.format(name=name, folder=folder)
            agents.append(stack.enter_context(an_agent(folder / place, extra=extra)))
        for agent in agents:
            until(lambda agent=agent: sharing(agent)["state"] == "up", "the store is there")  # type: ignore[misc]  # a lambda's default
        yield agents[0], agents[1]


def sharing(agent: AgentProcess) -> dict[str, object]:
    part = agent.ask({"op": "status"})["sharing"]
    assert isinstance(part, dict)
    return part


def test_two_agents_count_together_and_forget_together(tmp_path: Path) -> None:
    with two_agents(tmp_path) as (one, two):
        asked = [screened(port_of(agent), NUMBER) for agent in (one, two, one, two)]
        assert [answer["SCREENER_VERDICT"] for answer in asked] == ["admit"] * 3 + ["drop"]
        told(one, "SHARING-BACK")
        page = one.ask({"op": "metrics"})["text"]
        assert "screener_sharing_up 1.0" in str(page)
        until(lambda: sharing(one)["waiting_to_tell"] == 0, "all is told")
        until(lambda: sharing(two)["waiting_to_tell"] == 0, "all is told")
        assert one.ask({"op": "forget", "identity": NUMBER})["shared"] is True
        assert screened(port_of(one), NUMBER)["SCREENER_VERDICT"] == "admit"
        for agent in (one, two):
            assert NUMBER not in agent.log.read_text()


def test_two_agents_of_one_name_are_told_and_count_together_all_the_same(tmp_path: Path) -> None:
    with two_agents(tmp_path, ("north", "north")) as (one, two):
        asked = [screened(port_of(agent), NUMBER) for agent in (one, two, one, two)]
        assert [answer["SCREENER_VERDICT"] for answer in asked] == ["admit"] * 3 + ["drop"]
        until(lambda: sharing(two)["namesakes"] != [], "the second knows of the first")
        assert str(sharing(two)["namesakes"]).endswith(f", pid {one.pid}']")
        told(two, "EDGE-DOUBLE")
        status = screener("status", "--config", str(two.config))
        assert "another agent has its name" in status.stdout


def test_an_agent_that_shares_nothing_says_so(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        assert agent.ask({"op": "status"})["sharing"] is None
        assert "screener_sharing" not in str(agent.ask({"op": "metrics"})["text"])
        assert "shared" not in agent.ask({"op": "forget", "identity": NUMBER})


def test_an_agent_without_the_edges_secret_does_not_start(tmp_path: Path) -> None:
    extra = SHARING.format(name="one", folder=tmp_path)
    with pytest.raises(MissingPartError, match=r"shared\.key"), an_agent(tmp_path, extra=extra):
        pass


async def test_a_part_with_a_fault_begins_anew_and_ends_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sharing_parts, "_ANEW_S", 0.0)
    runs: list[int] = []

    async def part() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise KeyError("+16515550100")

    await sharing_parts.going_on(part)
    assert len(runs) == 3
    assert caplog.text.count("SHARING-TROUBLE a fault of ours: KeyError") == 2
    assert "5550100" not in caplog.text
