"""The dialplan's half of a captcha in Stasis, with a client that sends calls back, or does not.

What the agent does there is its own tests' affair; this pins what Asterisk does with `continue`
into a subroutine, and that no call stays where nobody fetches it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings

pytestmark = pytest.mark.e2e

PATIENCE_S = 60.0
APP = "tester"
USER = f"""
[{APP}]
type = user
password = loopback
"""
SITE = f"""
[stasis]
exten => _[a-z].,1,Gosub(own,s,1(${{EXTEN}}))
 same => n,Hangup()
[own]
; A site's own subroutine around the screener's: its variables must live through it too.
exten => s,1,Set(LOCAL(mine)=site)
 same => n,MSet(SCREENER_LANE=ari,SCREENER_APP={APP},SCREENER_LIMIT=3,SCREENER_CAPTCHA=47)
 same => n,MSet(SCREENER_PRIO=4,SCREENER_PASS_PRIO=8,SCREENER_SILENT=1,SCREENER_ID=${{ARG1}})
 same => n,Set(TIMEOUT(absolute)=100)
 same => n,Gosub(screener-captcha,s,1)
 same => n,Set(had=prio ${{SCREENER_PRIO}} mine ${{mine}} limit ${{TIMEOUT(absolute)}})
 same => n,Verbose(1,${{ARG1}} got ${{GOSUB_RETVAL}} ${{had}})
 same => n,Wait(4)
 same => n,Return()
[far]
exten => s,1,Answer()
 same => n,Wait(30)
"""


@pytest.fixture(scope="module")
def stasis_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    settings = LabSettings(extra={"extensions.conf": SITE, "ari.conf": USER})
    with Asterisk(lab_root, lab_folder / "stasis", settings=settings) as running:
        yield running


def result(asterisk: Asterisk, kind: str) -> tuple[str, str] | None:
    """Return what the dialplan has of a call, and its priority; the site's own must be whole."""
    pattern = rf"{kind} got (\w+) prio (\d) mine (\w*) limit (\d+)"
    found = re.search(pattern, asterisk.log.read_text(errors="replace"))
    if found is None:
        return None
    assert found[3] == "site"
    assert 50 < int(found[4]) <= 100
    return found[1], found[2]


async def results(asterisk: Asterisk, *kinds: str) -> list[tuple[str, str] | None]:
    async with asyncio.timeout(PATIENCE_S):
        while not all(result(asterisk, kind) for kind in kinds):  # noqa: ASYNC110 - Asterisk tells nobody
            await asyncio.sleep(0.05)
    return [result(asterisk, kind) for kind in kinds]


async def call(asterisk: Asterisk, kind: str) -> None:
    words = f"channel originate Local/{kind}@stasis/n extension s@far"
    await asyncio.to_thread(asterisk.rx, words)


@asynccontextmanager
async def registered(asterisk: Asterisk) -> AsyncIterator[aiohttp.ClientSession]:
    """Register the application; each call is sent on to the extension that its id begins with."""
    headers = {"Authorization": aiohttp.encode_basic_auth(APP, "loopback")}
    base = f"http://127.0.0.1:{asterisk.ports.http}/ari/"
    async with (
        aiohttp.ClientSession(base, headers=headers) as session,
        session.ws_connect("events", params={"app": APP}) as events,
        asyncio.TaskGroup() as group,
    ):
        sending = group.create_task(send_back(session, events))
        try:
            yield session
        finally:
            sending.cancel()


async def send_back(
    session: aiohttp.ClientSession, events: aiohttp.ClientWebSocketResponse
) -> None:
    async for message in events:
        event = message.json()
        if event["type"] != "StasisStart":
            continue
        extension = str(event["args"][0]).partition("-")[0]
        if extension == "stays":
            continue
        channel = event["channel"]["id"]
        where = {"context": "screener-captcha", "extension": extension, "priority": "1"}
        async with session.post(f"channels/{channel}/continue", params=where) as answer:
            assert answer.status == 204


async def test_a_call_sent_back_goes_on_in_the_subroutine_it_left(
    stasis_asterisk: Asterisk,
) -> None:
    kinds = ("passed-1", "failed-1", "lost-1", "silent-1")
    async with registered(stasis_asterisk):
        for kind in kinds:
            await call(stasis_asterisk, kind)
        ended = await results(stasis_asterisk, *kinds)
        await call(stasis_asterisk, "silent-2")
        over = await results(stasis_asterisk, "silent-2")

    assert ended == [("passed", "8"), ("failed", "4"), ("lost", "4"), ("silent", "0")]
    assert over == [("away", "0")]


async def test_no_call_stays_in_stasis_whether_the_link_holds_or_not(
    stasis_asterisk: Asterisk,
) -> None:
    async with registered(stasis_asterisk):
        await call(stasis_asterisk, "stays-held")
        assert await results(stasis_asterisk, "stays-held") == [("lost", "4")]
        await call(stasis_asterisk, "stays-cut")
        await asyncio.sleep(0.5)
    assert await results(stasis_asterisk, "stays-cut") == [("lost", "4")]


async def test_a_call_finds_no_application_and_is_asked_by_the_dialplan(
    stasis_asterisk: Asterisk,
) -> None:
    """Neither the application nor, behind it, the agent's port is there."""
    await call(stasis_asterisk, "nobody-1")
    ended = await results(stasis_asterisk, "nobody-1")

    assert [one and one[0] for one in ended] in (["silent"], ["away"])
