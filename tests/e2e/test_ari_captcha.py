"""Captchas over a real ARI: every way in which the link can fail, or the agent.

How each dialogue goes is left to `test_captcha_dialogues`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from screener.adapters import ari_line
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from tests.e2e.ari_site import DIALPLAN, PATIENCE_S, QUICK, Agent, end_of, ends, running, rx, until
from tests.e2e.tcp_proxy import TcpProxy

pytestmark = pytest.mark.e2e

PATIENT = replace(QUICK, key_wait=5.0)
HOSTILE = b'"1\r\nX: \x1b[31m\xe2\x80\xae\xff\xfe"},{"type":"StasisEnd"}'


@pytest.fixture(scope="module")
def ari(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    """Run an Asterisk whose sample user may log in to ARI."""
    settings = LabSettings(extra={"extensions.conf": DIALPLAN}, ari_secret=secrets.token_hex(24))
    with Asterisk(lab_root, lab_folder / "ari", settings=settings) as asterisk:
        (asterisk.folder / "etc/hostile").write_bytes(HOSTILE)
        yield asterisk


@pytest.fixture(autouse=True)
async def ari_back(ari: Asterisk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Let calls go on where the test's dialplan tells of them; leave none behind."""
    monkeypatch.setattr(ari_line, "CONTEXT", "ari-back")
    yield
    await rx(ari, "channel request hangup all")
    await until(lambda: ari.channels() == 0)


async def test_without_an_agent_the_dialplan_goes_on_at_once(ari: Asterisk) -> None:
    agent = Agent(ari)
    call_id = await agent.call("none")
    assert await end_of(ari, call_id) == "back-FAILED"


async def test_whatever_a_caller_calls_itself_its_captcha_is_asked(ari: Asterisk) -> None:
    agent = Agent(ari, ids=lambda: "h1")
    async with running(agent) as client:
        call_id = await agent.call("right")
        await asyncio.sleep(1)
        shown = await rx(ari, "core show channels concise")
        channel = next(one for one in shown.splitlines() if ";2!ari-test!" in one).split("!")[0]
        assert "X: " in await rx(ari, f"core show channel {channel}")
        assert await end_of(ari, call_id) == "passed"
        assert client.snapshot()["misshaped"] == 0


async def test_a_link_cut_in_the_prompt_is_mended_and_the_caller_asked_again(ari: Asterisk) -> None:
    with TcpProxy(ari.ports.http) as proxy:
        agent = Agent(ari, PATIENT, url=f"http://127.0.0.1:{proxy.port}")
        async with running(agent) as client:
            call_id = await agent.call("later")
            await asyncio.sleep(1.5)
            proxy.cut()
            await until(lambda: not client.is_up)
            assert client.snapshot()["state"] == "down"
            assert agent.challenges.is_open(call_id)
            await asyncio.sleep(0.5)
            proxy.mend()
            assert await end_of(ari, call_id) == "passed"
            told = client.snapshot()
    assert (told["reclaimed"], told["released"], told["reconnects"]) == (1, 0, 1)
    assert agent.outcomes == {call_id: "challenge_passed"}


async def test_a_link_that_went_dead_without_a_word_is_noticed(ari: Asterisk) -> None:
    with TcpProxy(ari.ports.http) as proxy:
        agent = Agent(ari, url=f"http://127.0.0.1:{proxy.port}")
        async with running(agent) as client:
            proxy.freeze()
            await until(lambda: not client.is_up)
            proxy.cut()
            proxy.thaw()
            proxy.mend()
            await until(lambda: client.is_up)


async def test_the_dialplan_frees_a_call_when_the_link_stays_away(ari: Asterisk) -> None:
    with TcpProxy(ari.ports.http) as proxy:
        agent = Agent(ari, url=f"http://127.0.0.1:{proxy.port}", ids=lambda: "w1")
        async with running(agent) as client:
            call_id = await agent.call("none")
            await asyncio.sleep(1)
            proxy.cut()
            assert await end_of(ari, call_id) == "watchdog"
            assert agent.challenges.is_open(call_id)
            proxy.mend()
            await until(lambda: client.is_up)
            await until(lambda: not agent.challenges.is_open(call_id))
    assert agent.outcomes == {}


async def test_the_dialplan_may_take_a_call_back_while_it_is_asked(ari: Asterisk) -> None:
    agent = Agent(ari, ids=lambda: "w2")
    async with running(agent):
        call_id = await agent.call("none")
        assert await end_of(ari, call_id) == "watchdog"
        await until(lambda: not agent.challenges.is_open(call_id))
    assert agent.outcomes == {}


async def test_an_agent_that_starts_anew_releases_what_it_knows_nothing_of(ari: Asterisk) -> None:
    before, after = Agent(ari), Agent(ari)
    async with running(before):
        call_id = await before.call("none")
        await until(lambda: before.client.snapshot()["asking"] == 1)
        await asyncio.sleep(0.5)
    assert call_id not in ends(ari)
    async with running(after) as client:
        assert await end_of(ari, call_id) == "lost"
        await until(lambda: client.snapshot()["released"] == 1)


async def test_an_agent_that_remembers_a_call_asks_again(ari: Asterisk) -> None:
    agent = Agent(ari, PATIENT)
    async with running(agent):
        call_id = await agent.call("later")
        await asyncio.sleep(1)
    agent.client = agent.new_client()
    async with running(agent):
        assert await end_of(ari, call_id) == "passed"


async def test_an_agent_that_ends_lets_its_callers_through(ari: Asterisk) -> None:
    agent = Agent(ari)
    async with running(agent) as client:
        calls = [await agent.call("none") for _ in range(3)]
        await until(lambda: client.snapshot()["asking"] == 3)
        async with asyncio.timeout(PATIENCE_S):
            await client.close()
        assert [await end_of(ari, one) for one in calls] == ["lost"] * 3
        assert not client.is_up
        call_id = await agent.call("none")
        assert await end_of(ari, call_id) == "back-FAILED"


async def test_of_two_agents_the_later_one_has_the_application(ari: Asterisk) -> None:
    first, second = Agent(ari), Agent(ari)
    async with running(first):
        call_id = await first.call("none")
        await asyncio.sleep(1)
        async with running(second):
            await until(lambda: "another agent" in str(first.client.snapshot()["why"]))
            assert not first.client.is_up
            assert await end_of(ari, call_id) == "lost"
            own = await second.call("right")
            assert await end_of(ari, own) == "passed"
            assert not first.client.is_up


async def test_twenty_calls_through_five_cuts_are_neither_lost_nor_stuck(ari: Asterisk) -> None:
    with TcpProxy(ari.ports.http) as proxy:
        agent = Agent(ari, url=f"http://127.0.0.1:{proxy.port}")
        calls = []
        async with running(agent) as client:
            for number in range(20):
                calls.append(await agent.call("right" if number % 2 else "later"))
                await asyncio.sleep(0.2)
                if number % 4 == 3:
                    proxy.cut()
                    await asyncio.sleep(0.3)
                    proxy.mend()
                    await until(lambda: client.is_up)
            for call_id in calls:
                await until(lambda one=call_id: one in ends(ari))  # type: ignore[misc]
            await until(
                lambda: client.snapshot()["asking"] == 0
            )  # it hears of an end a little later
            assert int(str(client.snapshot()["reconnects"])) >= 5
    ended = [ends(ari)[one] for one in calls]
    assert all(len(one) == 1 for one in ended)
    assert {one[0] for one in ended} <= {"passed", "failed", "silent", "lost", "back-FAILED"}
    assert not any(
        agent.challenges.is_open(one)
        for one, (end,) in zip(calls, ended, strict=True)
        if end != "back-FAILED"
    )
