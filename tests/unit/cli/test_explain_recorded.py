import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from screener.lab.agent_process import AgentProcess
from tests.unit.agents import an_agent, port_of, settled
from tests.unit.cli.command import run_here
from tests.unit.cli.logged import Logged, logged
from tests.unit.fastagi_client import screened
from tests.unit.storage.logs import decided

NUMBER = "+16515550142"
WHOLE = re.compile(r"555[^0-9]{0,2}0142")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    with an_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


@pytest.fixture(scope="module")
def call_id(agent: AgentProcess) -> str:
    found = screened(port_of(agent), NUMBER)["SCREENER_ID"]
    settled(agent)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    with logged(tmp_path) as found:
        found.log.decisions(decided("a" * 16, NUMBER))
        yield found


def explained(capsys: pytest.CaptureFixture[str], path: Path, call_id: str) -> dict[str, Any]:
    done = run_here(capsys, "explain", call_id, "-o", "json", "--config", str(path))
    assert (done.status, done.err) == (0, "")
    assert WHOLE.search(done.out) is None
    told: dict[str, Any] = json.loads(done.out)
    return told


def test_a_recorded_call_is_told_in_words_with_what_the_agent_would_say_now(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, call_id: str
) -> None:
    done = run_here(capsys, "explain", call_id, "--config", str(agent.config))
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"Call {call_id} came on 20")
    assert "It was let in, with priority 5 of 10 in the queue." in done.out
    assert "+1.00  new-caller: no earlier call of this number is known" in done.out
    assert "A call like it now: admit" in done.out
    assert WHOLE.search(done.out) is None


def test_as_data_it_holds_the_record_the_caps_and_the_agents_word(
    capsys: pytest.CaptureFixture[str], agent: AgentProcess, call_id: str
) -> None:
    told = explained(capsys, agent.config, call_id)
    assert told["call"]["id"] == call_id
    assert told["groups"]["history"] == {"low": -9.0, "high": 6.0}
    assert told["now"]["config"] == told["call"]["config"]
    assert told["now_unknown"] == ""


def test_without_an_agent_the_record_stands_alone(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    told = explained(capsys, site.path, "a" * 16)
    assert told["now"] is None
    assert "the agent is not running" in told["now_unknown"]
    assert told["groups"] is None  # judged under a configuration that is not at hand
    done = run_here(capsys, "explain", "a" * 16, "--config", str(site.path))
    assert "What would be said now is not known: the agent is not running" in done.out


def test_a_call_that_the_log_does_not_hold_is_one_line(
    capsys: pytest.CaptureFixture[str], site: Logged
) -> None:
    done = run_here(capsys, "explain", "c" * 16, "--config", str(site.path))
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("screener: the log holds no call")
