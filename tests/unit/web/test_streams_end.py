"""Live streams end for who may no longer watch: disabled, given another role, signed out."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.web_users import Users
from screener.web import calls_stream, live_pages, sse
from tests.unit.web.calls_site import calls_site
from tests.unit.web.signed_in import SignedIn
from tests.unit.web.test_live_pages import live

PATIENCE_S = 10.0


async def disabled(at: SignedIn) -> None:
    await at.accounts.run(Users.disable, at.accounts.users, "viewer", at.time())


async def of_another_role(at: SignedIn) -> None:
    await at.accounts.run(Users.set_role, at.accounts.users, "viewer", "reviewer")


async def signed_out(at: SignedIn) -> None:
    await at.accounts.run(at.accounts.sessions.end_all, "viewer")


async def unknowable(at: SignedIn) -> None:
    def broken(*_: object) -> None:
        raise ScreenerError("the file of users is damaged")

    at.accounts.sessions.find = broken  # type: ignore[assignment]


GONE = (disabled, of_another_role, signed_out, unknowable)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have streams look at who watches at each beat, and beat often."""
    often = partial(sse.stream, heartbeat_s=0.01)
    monkeypatch.setattr(live_pages, "stream", often)
    monkeypatch.setattr(sse, "LOOK_S", 0.0)
    monkeypatch.setattr(calls_stream, "LOOK_S", 0.0)
    monkeypatch.setattr(calls_stream, "HEARTBEAT_S", 0.01)


async def ends(at: SignedIn, path: str, gone: Callable[[SignedIn], Awaitable[None]]) -> None:
    async with asyncio.timeout(PATIENCE_S), at.viewer.client.get(path) as answer:
        assert answer.status == 200
        for _ in range(3):  # it goes on as long as nothing happens
            assert await answer.content.readuntil(b"\n\n")
        await gone(at)
        await answer.read()


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("path", ["/live/stream", "/banner/stream"])
async def test_a_live_stream_ends(
    tmp_path: Path, path: str, gone: Callable[[SignedIn], Awaitable[None]]
) -> None:
    async with live(tmp_path) as world:
        await ends(world.at, path, gone)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("gone", GONE)
async def test_the_stream_of_calls_ends(
    tmp_path: Path, gone: Callable[[SignedIn], Awaitable[None]]
) -> None:
    async with calls_site(tmp_path) as at:
        await ends(at.admin, "/calls/stream", gone)


async def test_nobody_takes_the_live_places_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_pages, "MOST_STREAMS", 1)
    async with live(tmp_path) as world, world.at.viewer.client.get("/live/stream") as first:
        assert first.status == 200
        assert (await world.at.viewer.get("/banner/stream")).status == 503
        async with world.at.reviewer.client.get("/live/stream") as other:
            assert other.status == 200
    assert not live_pages._streams
