"""Runs every `*.dialog` against the real server on a real loopback socket."""

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import FastAgiOptions
from tests.dialogs.dialog import Dialog, read_dialog, sent_bytes
from tests.dialogs.scripted import ScriptedScreening

FILES = sorted(Path(__file__).parent.glob("*.dialog"))
NAMES = [path.stem for path in FILES]
PATIENCE_S = 10.0
AT_ONCE = 50


@asynccontextmanager
async def running() -> AsyncIterator[tuple[FastAgiServer, ScriptedScreening]]:
    """Serve on a free port; fail on anything that the loop or the agent had to log."""
    screening = ScriptedScreening()
    server = FastAgiServer(screening, FastAgiOptions(port=0, header_timeout=PATIENCE_S))
    trouble: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: trouble.append(context))
    await server.start()
    try:
        yield server, screening
    finally:
        await server.drain(PATIENCE_S)
    assert trouble == []
    assert not server.sessions


class Asterisk:
    """The other end of one session, speaking byte by byte or line by line."""

    def __init__(self, connection: socket.socket, *, byte_by_byte: bool) -> None:
        self._connection = connection
        self._byte_by_byte = byte_by_byte
        self._unread = b""

    @classmethod
    @asynccontextmanager
    async def calls(cls, port: int, *, byte_by_byte: bool = False) -> AsyncIterator["Asterisk"]:
        with socket.socket() as connection:
            connection.settimeout(0)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
            yield cls(connection, byte_by_byte=byte_by_byte)

    async def send(self, data: bytes) -> None:
        pieces = [bytes([byte]) for byte in data] if self._byte_by_byte else [data]
        for piece in pieces:
            try:
                await asyncio.get_running_loop().sock_sendall(self._connection, piece)
            except ConnectionError:
                return  # the agent closed early; what it said before is what counts
            await asyncio.sleep(0)

    def end(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the agent closed first

    async def line(self) -> str:
        while b"\n" not in self._unread:
            data = await self._receive()
            assert data, f"the agent closed after {self._unread!r}"
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode("ascii")

    async def rest(self) -> bytes:
        while data := await self._receive():
            self._unread += data
        return self._unread

    async def _receive(self) -> bytes:
        try:
            return await asyncio.get_running_loop().sock_recv(self._connection, 65_536)
        except ConnectionError:
            return b""


async def play(dialog: Dialog, port: int, *, byte_by_byte: bool = False) -> None:
    async with (
        asyncio.timeout(PATIENCE_S),
        Asterisk.calls(port, byte_by_byte=byte_by_byte) as asterisk,
    ):
        for mark, text in dialog.steps:
            if mark.startswith(">") and mark != ">|":
                await asterisk.send(sent_bytes(mark, text))
            elif mark == ">|":
                asterisk.end()
            elif mark == "<<":
                assert await asterisk.line() == text
            elif mark == "<~":
                assert re.fullmatch(text, await asterisk.line())
            else:
                assert await asterisk.rest() == b""


async def settled(server: FastAgiServer) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while server.sessions:  # noqa: ASYNC110 - the server tells nobody but `drain`
            await asyncio.sleep(0)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
@pytest.mark.parametrize("byte_by_byte", [False, True], ids=["line_by_line", "byte_by_byte"])
async def test_the_dialogue_goes_as_written(
    path: Path, *, byte_by_byte: bool, caplog: pytest.LogCaptureFixture
) -> None:
    dialog = read_dialog(path)
    async with running() as (server, screening):
        await play(dialog, server.port, byte_by_byte=byte_by_byte)
        await settled(server)
    assert tuple(screening.asked) == dialog.asked
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_every_dialogue_goes_as_written_on_uvloop() -> None:
    async def play_all() -> None:
        for path in FILES:
            dialog = read_dialog(path)
            async with running() as (server, screening):
                await play(dialog, server.port)
                await settled(server)
            assert tuple(screening.asked) == dialog.asked, path.name

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play_all())


@pytest.mark.parametrize("path", FILES, ids=NAMES)
async def test_the_dialogue_cut_off_at_any_byte_leaves_the_server_well(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent = read_dialog(path).sent
    ordinary = read_dialog(Path(__file__).parent / "ordinary.dialog")
    limit = asyncio.Semaphore(AT_ONCE)

    async def cut_at(size: int, port: int) -> None:
        async with limit, asyncio.timeout(PATIENCE_S), Asterisk.calls(port) as asterisk:
            await asterisk.send(sent[:size])
            asterisk.end()
            await asterisk.rest()

    async with running() as (server, screening):
        # A run of thousands of equal bytes needs no cut at each of them.
        sizes = [n for n in range(len(sent) + 1) if sent[n - 8 : n] != b"a" * 8 or n % 500 == 0]
        await asyncio.gather(*(cut_at(size, server.port) for size in sizes))
        await settled(server)
        screening.asked.clear()
        await play(ordinary, server.port)
        await settled(server)
    assert tuple(screening.asked) == ordinary.asked
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_every_kind_of_line_is_known(tmp_path: Path) -> None:
    path = tmp_path / "x.dialog"
    path.write_text(">> agi_network: yes\n?? what\n")
    with pytest.raises(ValueError, match=r"x\.dialog:2: "):
        read_dialog(path)
