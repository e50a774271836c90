"""What the agent wires for captchas: which way a challenge is told to take, the status, the end.

Asterisk's REST interface is a small server in this process; the agent is one of its own or, where
signals matter, a process.
"""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.adapters.control_client import ask
from screener.lab.agent_process import AgentProcess
from tests.unit.adapters.an_ari import EVERY_SOUND, SECRET, Ari, running
from tests.unit.agents import an_agent, ended, port_of
from tests.unit.fastagi_client import environment, screened

PATIENCE_S = 20.0
NUMBER = "+16515550142"
CHALLENGING = "signals: {new-caller: {points: 6}}\ncaptcha: {hold_for: 0s}\n"
"""Whoever is new is challenged."""


def over(ari: Ari, folder: Path) -> str:
    """Return the agent's configuration for captchas over this interface."""
    secret = folder / "ari.secret"
    secret.touch(mode=0o600)
    secret.write_text(f"{SECRET}\n")
    return CHALLENGING + f"ari: {{url: '{ari.url}', secret_file: {secret}, app: waiting-room}}\n"


@asynccontextmanager
async def an_agent_beside(folder: Path, extra: str) -> AsyncIterator[AgentProcess]:
    """Run an agent as a process while this one goes on serving."""
    around = an_agent(folder, extra=extra, listen="  drain_timeout: 2s\n")
    agent = await asyncio.to_thread(around.__enter__)
    try:
        yield agent
    finally:
        await asyncio.to_thread(around.__exit__, None, None, None)


async def status(agent: AgentProcess, part: str) -> dict[str, object]:
    told = (await asyncio.to_thread(ask, agent.control, {"op": "status"}))[part]
    assert isinstance(told, dict)
    return told


async def until(met: Callable[[dict[str, object]], bool], agent: AgentProcess, part: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not met(await status(agent, part)):  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.02)


async def challenged(agent: AgentProcess, number: str = NUMBER) -> Mapping[str, str]:
    answer = await asyncio.to_thread(screened, await asyncio.to_thread(port_of, agent), number)
    assert answer["SCREENER_VERDICT"] == "challenge"
    return answer


def way_of(answer: Mapping[str, str]) -> tuple[str | None, str | None]:
    return answer.get("SCREENER_LANE"), answer.get("SCREENER_APP")


async def test_without_a_url_a_challenge_goes_over_agi(tmp_path: Path) -> None:
    async with an_agent_beside(tmp_path, CHALLENGING) as agent:
        answer = await challenged(agent)
        assert way_of(answer) == ("agi", None)
        assert answer["SCREENER_LIMIT"].isdigit()
        assert len(answer["SCREENER_CAPTCHA"]) == 2
        assert (await status(agent, "ari"))["state"] == "off"
        assert await status(agent, "captchas") == {
            "asking": 0,
            "most": 0,
            "taken": 1,
            "places": 32,
            **dict.fromkeys(("passed", "failed", "silent", "abandoned", "lost"), 0),
        }


async def test_it_goes_over_ari_while_the_link_is_up_and_over_agi_while_it_is_not(
    tmp_path: Path,
) -> None:
    async with running(Ari()) as ari:
        extra = over(ari, tmp_path)
    async with an_agent_beside(tmp_path, extra) as agent:
        await until(lambda told: told["why"] != "", agent, "ari")
        assert way_of(await challenged(agent, "+16515550111")) == ("agi", None)
        async with running(Ari(), ari.port):
            await until(lambda told: told["state"] == "up", agent, "ari")
            assert way_of(await challenged(agent, "+16515550122")) == ("ari", "waiting-room")
        await until(lambda told: told["state"] == "down", agent, "ari")
        assert way_of(await challenged(agent, "+16515550133")) == ("agi", None)


@pytest.mark.parametrize("lacks", ["vm-press", "digits/7"])
async def test_where_a_sound_is_missing_the_dialplan_asks_by_itself(
    tmp_path: Path, lacks: str
) -> None:
    async with (
        running(Ari(sounds=EVERY_SOUND - {lacks})) as ari,
        an_agent_beside(tmp_path, over(ari, tmp_path)) as agent,
    ):
        await until(lambda told: told["state"] == "up", agent, "ari")
        assert (await status(agent, "ari"))["missing_sounds"] == [f"en:{lacks}"]
        assert way_of(await challenged(agent)) == (None, None)
        assert f"PROMPTS-MISSING en:{lacks}\n" in agent.log.read_text()


async def test_a_call_that_enters_is_asked_and_sent_back_and_counted(tmp_path: Path) -> None:
    async with (
        running(Ari()) as ari,
        an_agent_beside(tmp_path, over(ari, tmp_path)) as agent,
    ):
        await until(lambda told: told["state"] == "up", agent, "ari")
        await ari.enter("7.1", (await challenged(agent))["SCREENER_ID"])
        await until(lambda told: told["asking"] == 1, agent, "captchas")
        await ari.hang_up("7.1")
        await until(lambda told: told["abandoned"] == 1, agent, "captchas")
        assert (await status(agent, "captchas"))["asking"] == 0
        assert (await status(agent, "ari"))["asking"] == 0


async def test_sigterm_leaves_who_is_asked_over_agi_to_the_dialplan_within_the_drain_time(
    tmp_path: Path,
) -> None:
    async with an_agent_beside(tmp_path, CHALLENGING) as agent:
        call_id = (await challenged(agent))["SCREENER_ID"]
        port = await asyncio.to_thread(port_of, agent)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = environment("captcha", call_id).decode()
        writer.write(re.sub(r"captcha/\w+", f"captcha/{call_id}", said).encode())
        while b"ANSWER" not in await reader.readline():
            writer.write(b"200 result=1\n")
        await until(lambda told: told["asking"] == 1, agent, "captchas")
        os.kill(agent.pid, signal.SIGTERM)
        async with asyncio.timeout(2.0 + 1.5):
            assert await asyncio.to_thread(ended, agent) == 0
        writer.close()
        assert "Traceback" not in agent.log.read_text()


async def test_sigterm_lets_who_is_asked_through_and_ends_within_the_drain_time(
    tmp_path: Path,
) -> None:
    async with (
        running(Ari()) as ari,
        an_agent_beside(tmp_path, over(ari, tmp_path)) as agent,
    ):
        await until(lambda told: told["state"] == "up", agent, "ari")
        await ari.enter("7.1", (await challenged(agent))["SCREENER_ID"])
        await until(lambda told: told["asking"] == 1, agent, "ari")
        os.kill(agent.pid, signal.SIGTERM)
        async with asyncio.timeout(2.0 + 1.5):
            assert await asyncio.to_thread(ended, agent) == 0
        assert ari.left == {"7.1": "lost"}
        assert "Traceback" not in agent.log.read_text()
