"""The live page and its streams over a real control socket; pausing, and what it leaves behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from screener.adapters.control import ControlServer
from screener.service.feed import Feed
from screener.web import live_pages
from screener.web.hub import Hub
from tests.unit.web.signed_in import SignedIn, Visitor, a_site, signed_in
from tests.unit.web.test_hub import a_decision
from tests.unit.web.test_hub_status import TELLING
from tests.unit.web.test_sse import read

PATIENCE_S = 10.0
EVIL = '<img src=x onerror="alert(1)">'


class Live:
    """A web admin whose hub follows a control socket."""

    def __init__(self, at: SignedIn, hub: Hub, feed: Feed) -> None:
        self.at = at
        self.hub = hub
        self.feed = feed

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not met():  # noqa: ASYNC110 - what it waits for is another task's
                await asyncio.sleep(0.005)

    async def streamed(self, visitor: Visitor, path: str, wanted: str) -> dict[str, str]:
        """Read a stream until a text comes; return the last of each fragment by its id."""
        parts: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_S), visitor.client.get(path) as response:
            assert response.status == 200
            wire = b""
            while wanted not in "".join(parts.values()):
                wire += await response.content.readany()
                whole, _, _ = wire.rpartition(b"\n\n")
                parts = dict(data.split("\n", 1) for _, data in read(whole + b"\n\n"))
        return parts


@asynccontextmanager
async def live(folder: Path, *, agent: bool = True) -> AsyncIterator[Live]:
    feed, site = Feed(), a_site(folder)
    path = folder / "none.sock"
    server = ControlServer(path, {"status": lambda _: dict(TELLING)}, feed.subscribe)
    if agent:
        await server.start()

    async def quick(_seconds: float) -> None:
        await asyncio.sleep(0.01)

    site.hub = hub = Hub(lambda: str(path), site.wall, rest=quick)
    async with signed_in(folder, live_pages.PAGES, site=site) as at:
        following = asyncio.ensure_future(hub.run())
        try:
            yield Live(at, hub, feed)
        finally:
            hub.close()
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await server.close()


async def test_the_page_tells_all_without_script_and_callers_are_inert(tmp_path: Path) -> None:
    async with live(tmp_path) as world:
        await world.until(lambda: world.hub.snapshot().status is not None)
        world.feed._pass_on(a_decision(caller=EVIL, did=EVIL, trunk=EVIL, reasons=[EVIL], id=EVIL))
        await world.until(lambda: bool(world.hub.snapshot().recent))
        page = (await world.at.viewer.get("/")).text
    for text in ("Attack under way", "4 of 5", "3 of 32", "dropped: busy", "best scores first"):
        assert text in page
    assert EVIL not in page
    assert "&lt;img" in page
    assert "Pause screening" not in page
    assert 'action="/resume"' not in page


async def test_nobody_sees_it_without_signing_in(tmp_path: Path) -> None:
    async with live(tmp_path) as world:
        for path in ("/", "/live/stream", "/banner/stream"):
            assert (await world.at.nobody.get(path)).status == 303
        for path in ("/pause", "/resume"):
            assert (await world.at.viewer.post(path)).status == 403
            assert (await world.at.reviewer.post(path, csrf="")).status == 403


async def test_a_stream_sends_the_fragments_and_then_what_changes(tmp_path: Path) -> None:
    async with live(tmp_path) as world:
        await world.until(lambda: world.hub.snapshot().status is not None)
        first = await world.streamed(world.at.viewer, "/live/stream", "Attack under way")
        assert {"banner", "cards", "calls", "chart-calls", "as-of"} <= {*first}
        reading = asyncio.ensure_future(world.streamed(world.at.viewer, "/live/stream", "call-77"))
        await world.until(lambda: any(len(board) for board in world.hub._boards.values()))
        world.feed._pass_on(a_decision(77))
        assert "call-77" in (await reading)["calls"]


async def test_who_may_resume_is_offered_it_and_the_others_are_not(tmp_path: Path) -> None:
    async with live(tmp_path) as world:
        await world.until(lambda: world.hub.snapshot().status is not None)
        path = "/banner/stream"
        seen = await world.streamed(world.at.viewer, path, "Paused")
        offered = await world.streamed(world.at.reviewer, path, "Paused")
        assert 'action="/resume"' not in seen["banner"]
        assert 'action="/resume"' in offered["banner"]
        assert world.at.reviewer.csrf not in offered["banner"]  # one fragment for all of them
        assert world.at.reviewer.csrf in (await world.at.reviewer.get("/")).text


async def test_without_an_agent_the_page_works_and_says_so(tmp_path: Path) -> None:
    async with live(tmp_path, agent=False) as world:
        await world.until(lambda: "not running" in world.hub.snapshot().trouble)
        page = await world.at.admin.get("/")
        assert (page.status, "No agent answers" in page.text) == (200, True)
        assert "as the configuration says" in page.text


async def test_without_a_hub_the_page_is_missing_and_the_banner_says_what_the_file_says(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, live_pages.PAGES) as at:
        answer = await at.viewer.get("/")
        assert answer.status == 503
        assert "Observing" in answer.text


async def test_a_reviewer_pauses_and_resumes_and_it_is_told(tmp_path: Path) -> None:
    async with signed_in(tmp_path, live_pages.PAGES) as at:
        (tmp_path / "state").mkdir(exist_ok=True)
        done = await at.reviewer.post("/pause", {"minutes": "15", "reason": "a drill"})
        assert (done.status, done.location) == (303, "/")
        told = (await at.reviewer.get("/")).text
        assert "Review 1: every call is let in until" in told
        assert "No agent runs: it takes effect at its next start." in told
        assert (await at.reviewer.post("/resume")).status == 303
        assert "The pause is over" in (await at.reviewer.get("/")).text


async def test_a_pause_of_another_length_is_refused(tmp_path: Path) -> None:
    async with signed_in(tmp_path, live_pages.PAGES) as at:
        for minutes in ("", "16", "1e9", "-5"):
            assert (await at.admin.post("/pause", {"minutes": minutes})).status == 422
