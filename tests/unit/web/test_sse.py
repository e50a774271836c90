"""Server-sent events: what stands on the wire, who loses what, and when a stream ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import MissingPartError
from screener.web.sse import Viewer, Viewers, event, stream

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.text("abc-0:", max_size=8)


def read(wire: bytes) -> list[tuple[str, str]]:
    """Return (name, data) of each event, read by the rules of the standard."""
    found = []
    name = "message"
    data: list[str] = []
    for line in wire.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "" and data:
            found.append((name, "\n".join(data)))
        if line == "":
            name, data = "message", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return found


@given(TEXTS, PLAIN, PLAIN)
def test_any_text_arrives_as_it_was_but_for_its_line_ends(
    data: str, name: str, number: str
) -> None:
    unified = data.replace("\r\n", "\n").replace("\r", "\n")
    assert read(event(data, name, number)) == [(name or "message", unified)]


@pytest.mark.parametrize("sign", ["\n", "\r", "\0"])
def test_a_name_cannot_forge_an_event(sign: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        event("", f"a{sign}data: forged")
    with pytest.raises(ValueError, match="one line"):
        event("", "a", f"1{sign}")


async def test_who_is_slow_loses_the_newest_and_is_told_how_many() -> None:
    viewer = Viewer(3)
    for count in range(6):
        viewer.offer(event(str(count)))
    first = await viewer.next()
    viewer.offer(event("later"))
    assert read(first or b"") == [("message", str(count)) for count in range(3)]
    assert read(await viewer.next() or b"") == [("lost", "3"), ("message", "later")]


async def test_one_slow_viewer_takes_nothing_from_another() -> None:
    viewers = Viewers()
    with viewers.join() as slow, viewers.join() as quick:
        taken = []
        for count in range(200):
            viewers.publish(event(str(count)))
            taken += read(await quick.next() or b"")
        assert [data for _, data in taken] == [str(count) for count in range(200)]
        assert len(read(await slow.next() or b"")) < len(taken)


async def test_no_more_than_so_many_may_watch_at_a_time() -> None:
    viewers = Viewers(1)
    with viewers.join():
        with pytest.raises(MissingPartError, match="too many"), viewers.join():
            pass
        assert len(viewers) == 1
    with viewers.join():
        assert len(viewers) == 1


async def test_a_closed_source_ends_its_streams_and_takes_nobody() -> None:
    viewers = Viewers()
    with viewers.join() as viewer:
        viewers.publish(event("unsent"))
        viewers.close()
        assert await viewer.next() is None
    with pytest.raises(MissingPartError), viewers.join():
        pass


@asynccontextmanager
async def served(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    app.router.add_get("/", handler)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_viewer_gets_the_first_events_then_the_new_ones_then_heartbeats() -> None:
    viewers = Viewers()

    async def handler(request: web.Request) -> web.StreamResponse:
        with viewers.join() as viewer:
            return await stream(request, viewer, [event("first")], heartbeat_s=0.01)

    async with served(handler) as client, client.get("/") as response:
        wire = b""
        while b"first" not in wire:
            wire += await response.content.readany()
        viewers.publish(event("<b>new</b>\n", "cards"))
        while not wire.endswith(b":\n\n") or b"cards" not in wire:
            wire += await response.content.readany()
        viewers.close()
        wire += await response.read()
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert wire.startswith(b"retry: ")
    assert read(wire) == [("message", "first"), ("cards", "<b>new</b>\n")]


async def test_a_stream_ends_by_itself_and_its_place_is_free() -> None:
    viewers = Viewers()

    async def handler(request: web.Request) -> web.StreamResponse:
        with viewers.join() as viewer:
            return await stream(request, viewer, longest_s=0.01)

    async with served(handler) as client:
        response = await client.get("/")
        assert b"retry" in await response.read()
        assert len(viewers) == 0


async def test_who_left_gives_its_place_back_at_the_next_heartbeat() -> None:
    viewers = Viewers()
    left = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            with viewers.join() as viewer:
                return await stream(request, viewer, heartbeat_s=0.01)
        finally:
            left.set()

    async with served(handler) as client:
        async with ClientSession() as session, session.get(client.make_url("/")):
            assert len(viewers) == 1
        await asyncio.wait_for(left.wait(), 5)
        assert len(viewers) == 0


async def test_who_takes_nothing_is_let_go() -> None:
    viewers = Viewers()
    left = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        with viewers.join() as viewer:
            for _ in range(20):
                viewer.offer(event("x" * 1_000_000))
            response = await stream(request, viewer, stuck_s=0.1)
        left.set()
        return response

    async with served(handler) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port, limit=1_000)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(left.wait(), 5)
        assert reader is not None
        writer.close()
