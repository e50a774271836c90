"""The connections of browsers, over real sockets: too many, silent ones, and garbage."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from screener.web.connections import Connections
from screener.web.headers import HEADERS

GARBAGE = (
    b"GARBAGE +16515550142\r\n\r\n",
    b"GET /+16515550142 HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: +16515550142\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nCookie +16515550142\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def told(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def slow(request: web.Request) -> web.Response:
    request.app[BEGUN].put_nowait(None)
    await request.app[GO].wait()
    return web.Response(text="done")


async def failing(request: web.Request) -> web.Response:
    raise RuntimeError(request.query["of"])


GO = web.AppKey("go", asyncio.Event)
BEGUN: web.AppKey["asyncio.Queue[None]"] = web.AppKey("begun", asyncio.Queue)


class Served:
    def __init__(self, port: int, go: asyncio.Event, begun: "asyncio.Queue[None]") -> None:
        self.port = port
        self.go = go
        self.begun = begun
        self._opened: list[asyncio.StreamWriter] = []

    async def open(self) -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._opened.append(writer)
        return reader, writer

    async def ask(self, request: bytes) -> bytes:
        """Send a request on a connection of its own and return all that comes until its end."""
        reader, writer = await self.open()
        writer.write(request)
        async with asyncio.timeout(5.0):
            return await reader.read()

    def close(self) -> None:
        for writer in self._opened:
            writer.close()


@asynccontextmanager
async def served(most: int = 100, silent_s: float = 30.0) -> AsyncIterator[Served]:
    app = web.Application()
    app[GO], app[BEGUN] = asyncio.Event(), asyncio.Queue()
    app.router.add_route("*", "/", told)
    app.router.add_get("/slow", slow)
    app.router.add_get("/failing", failing)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    server = await Connections(runner, most=most, silent_s=silent_s).listen("127.0.0.1", 0, None)
    at = Served(server.sockets[0].getsockname()[1], app[GO], app[BEGUN])
    try:
        yield at
    finally:
        at.close()
        server.close()
        await runner.cleanup()


def get(path: str = "/") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_garbage_is_quoted_to_nobody(
    garbage: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with served() as at:
            answer = await at.ask(garbage)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0].split(b" ")[1] == b"400"
    assert body == b"Bad Request\n"
    for name, value in HEADERS.items():
        assert f"\r\n{name}: {value}".encode() in head
    assert b"aiohttp" not in answer
    assert "6515550142" not in caplog.text + "".join(capfd.readouterr())


async def test_a_fault_past_all_handlers_is_told_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served() as at:
        answer = await at.ask(get("/failing?of=6515550142"))
    assert b" 500 " in answer
    assert "6515550142" not in answer.decode() + caplog.text
    assert "WEB-FAULT page=none error=RuntimeError" in caplog.text


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
async def test_who_never_ends_a_request_is_let_go(begun: bytes) -> None:
    async with served(silent_s=0.05) as at:
        assert await at.ask(begun) == b""


async def test_who_sends_no_second_request_is_let_go() -> None:
    async with served(silent_s=0.05) as at:
        answer = await at.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")


async def test_of_too_many_the_first_that_waits_for_nothing_is_let_go() -> None:
    async with served(most=3) as at:
        busy, busy_writer = await at.open()
        busy_writer.write(get("/slow"))
        await at.begun.get()
        idle = [await at.open() for _ in range(2)]
        assert (await at.ask(get())).startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(5.0):
            assert await idle[0][0].read() == b""
        at.go.set()
        async with asyncio.timeout(5.0):
            assert (await busy.read()).endswith(b"done")


async def test_where_all_are_busy_one_more_is_refused() -> None:
    async with served(most=2) as at:
        busy = [await at.open() for _ in range(2)]
        for _, writer in busy:
            writer.write(get("/slow"))
            await at.begun.get()
        reader, _ = await at.open()
        with suppress(ConnectionResetError):
            async with asyncio.timeout(5.0):
                assert await reader.read() == b""
        at.go.set()
        for reader, _ in busy:
            async with asyncio.timeout(5.0):
                assert (await reader.read()).endswith(b"done")


async def test_a_packed_body_is_not_unpacked() -> None:
    packed = gzip.compress(b"a" * 1_000_000)
    head = (
        f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(packed)}\r\n\r\n"
    ).encode()
    async with served() as at:
        answer = await at.ask(head + packed)
    assert answer.endswith(b"\r\n\r\n" + packed)
