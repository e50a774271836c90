"""The agent and its decision log: what is there after a kill, and what a start refuses."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from screener.config.load import parse_config
from screener.daemon import Agent
from tests.builders import HandClock
from tests.unit.agents import an_agent, ended, port_of, settled
from tests.unit.cli.command import screener
from tests.unit.fastagi_client import screened

NUMBER = "+16515550142"


def test_every_answered_call_is_in_the_log_of_a_killed_agent_and_status_counts_on(
    tmp_path: Path,
) -> None:
    with an_agent(tmp_path) as agent:
        answered = [screened(port_of(agent), NUMBER)["SCREENER_ID"] for _ in range(5)]
        os.kill(agent.pid, signal.SIGKILL)
        ended(agent)
        agent.start()
        answered.append(screened(port_of(agent), NUMBER)["SCREENER_ID"])
        settled(agent)
        assert agent.ask({"op": "status"})["decision_log"] == {
            "rows": 6,
            "queued": 0,
            "not_durable": 0,
            "not_recorded": 0,
        }
    with closing(sqlite3.connect(tmp_path / "state" / "decisions.db")) as held:
        assert [row[0] for row in held.execute("SELECT id FROM calls ORDER BY seq")] == answered


def test_without_a_log_it_serves_and_says_that_it_keeps_none(tmp_path: Path) -> None:
    quiet = "version: 1\nstorage: {log: false}\n"
    assert (
        Agent(parse_config(quiet, "x", tmp_path), None, HandClock())._status({})["decision_log"]
        is None
    )


def test_keys_that_others_can_read_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "keys.json").touch(0o644)
    config = tmp_path / "screener.yaml"
    config.write_text(
        f"version: 1\nstorage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
        f"listen: {{port: 0}}\ncontrol: {{socket: {tmp_path}/control.sock}}\n"
    )
    done = screener("serve", "--config", str(config))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"screener: {tmp_path}/keys.json has mode 0644: others could read the keys; chmod 600 it"
    )
