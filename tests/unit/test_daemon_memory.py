"""What an agent knows, and what people decided, outlives it; what is forgotten is gone."""

import os
import signal
import time
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.lab.agent_process import AgentProcess
from tests.builders import DAY
from tests.unit.agents import an_agent, ended, port_of, settled, told
from tests.unit.cli.command import screener
from tests.unit.fastagi_client import screened

CUSTOMER, FLOODER, PEST = "+16515550142", "+16515550143", "+16515550144"
STRICT = """\
limits:
  - {name: few, key: [number], windows: [{calls: 2, per: 1h}], points: 15}
"""


def taught(agent: AgentProcess) -> None:
    now = time.time()  # noqa: TID251 - the agent beside reads the same clock
    agent.teach(
        [
            {"caller": CUSTOMER, "at": now - days * DAY, "outcome": "answered", "talk_s": 60.0}
            for days in (9, 2)
        ]
    )


def reasons(agent: AgentProcess, number: str) -> str:
    return screened(port_of(agent), number)["SCREENER_REASON"]


def test_a_killed_agent_knows_its_callers_and_its_floods_again(tmp_path: Path) -> None:
    with an_agent(tmp_path, extra=STRICT) as agent:
        taught(agent)
        verdicts = [screened(port_of(agent), FLOODER)["SCREENER_VERDICT"] for _ in range(4)]
        assert verdicts == ["admit", "admit", "drop", "drop"]
        os.kill(agent.pid, signal.SIGKILL)
        ended(agent)
        agent.start()
        told(agent, "STATE-RESTORED")
        assert "known-caller" in reasons(agent, CUSTOMER)
        assert screened(port_of(agent), FLOODER)["SCREENER_VERDICT"] == "drop"


def test_a_review_made_while_no_agent_runs_is_in_force_from_the_first_call(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        assert screened(port_of(agent), PEST)["SCREENER_VERDICT"] == "admit"
        agent.stop()
        done = screener("deny", PEST, "--config", str(agent.config))
        assert (done.returncode, "no agent runs" in done.stdout) == (0, True)
        agent.start()
        assert screened(port_of(agent), PEST)["SCREENER_VERDICT"] == "drop"
        assert agent.ask({"op": "status"})["reviews"] == 1


def test_a_pause_is_kept_through_a_restart(tmp_path: Path) -> None:
    with an_agent(tmp_path, extra=STRICT) as agent:
        assert screener("pause", "10m", "--config", str(agent.config)).returncode == 0
        agent.stop()
        agent.start()
        paused = [screened(port_of(agent), FLOODER) for _ in range(4)]
        assert {one["SCREENER_VERDICT"] for one in paused} == {"admit"}
        assert paused[-1]["SCREENER_REASON"].startswith("paused.")
        assert screener("resume", "--config", str(agent.config)).returncode == 0
        assert screened(port_of(agent), FLOODER)["SCREENER_VERDICT"] == "drop"


def test_who_is_forgotten_is_a_stranger_at_once_and_after_a_kill(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        taught(agent)
        assert "known-caller" in reasons(agent, CUSTOMER)
        settled(agent)
        assert agent.ask({"op": "forget", "identity": CUSTOMER}) == {
            "ok": True,
            "queued": 0,
            "saved": True,
        }
        assert "new-caller" in reasons(agent, CUSTOMER)
        for wrong in ("", 7, None):
            with pytest.raises(ScreenerError, match="identity must be a caller's number"):
                agent.ask({"op": "forget", "identity": wrong})


def test_reviews_that_cannot_be_read_are_told_and_hold_up_neither_start_nor_reload(
    tmp_path: Path,
) -> None:
    with an_agent(tmp_path) as agent:
        agent.stop()
        (tmp_path / "state" / "review.db").write_bytes(b"no database" * 500)
        agent.start()
        told(agent, "REVIEWS-TROUBLE")
        assert agent.ask({"op": "reload"})["ok"] is True
        told(agent, "REVIEWS-TROUBLE", times=2)
        assert screened(port_of(agent), PEST)["SCREENER_VERDICT"] == "admit"


def test_a_second_agent_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        config = tmp_path / "second.yaml"
        text = agent.config.read_text().replace(f"port: {port_of(agent)}", "port: 0")
        config.write_text(text.replace("control.sock", "second.sock"))
        done = screener("serve", "--config", str(config))
        assert done.returncode == 1
        assert "another agent keeps its log and memory in" in done.stderr
        assert screened(port_of(agent), CUSTOMER)["SCREENER_VERDICT"] == "admit"
