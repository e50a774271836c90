"""The control channel's server, asked by its own client and by rude ones, on a real socket."""

import asyncio
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from screener.adapters.control import MAX_CONNECTIONS, ControlServer
from screener.adapters.control_client import ask, follow
from screener.errors import ScreenerError
from screener.protocol.control import decode

PATIENCE_S = 10.0
Queue = asyncio.Queue[dict[str, object]]


class Agent:
    """What stands behind the socket in these tests."""

    def __init__(self) -> None:
        self.queues: list[Queue] = []

    @contextmanager
    def follow(self) -> Iterator[Queue]:
        queue = Queue(10)
        self.queues.append(queue)
        try:
            yield queue
        finally:
            self.queues.remove(queue)


def double(request: dict[str, object]) -> dict[str, object]:
    number = request.get("n")
    if not isinstance(number, int):
        raise ScreenerError("`n` must be a whole number")
    return {"twice": 2 * number}


def broken(request: dict[str, object]) -> dict[str, object]:
    raise KeyError(request.get("who"))


def unsendable(_request: dict[str, object]) -> dict[str, object]:
    return {"what": object()}


HANDLERS = {"double": double, "broken": broken, "unsendable": unsendable}


@asynccontextmanager
async def serving(path: Path, idle_s: float = PATIENCE_S) -> AsyncIterator[Agent]:
    agent = Agent()
    server = ControlServer(path, HANDLERS, agent.follow, idle_s=idle_s)
    await server.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield agent
    finally:
        await server.close()


async def asked(path: Path, request: dict[str, object]) -> dict[str, object]:
    return await asyncio.to_thread(ask, path, request)


async def goodbye(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def said(path: Path, data: bytes, *, end: bool = False) -> bytes:
    """Send bytes and return all that comes until the server's end."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(data)
    if end:
        writer.write_eof()
    answer = await reader.read()
    await goodbye(writer)
    return answer


def mode_of(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


def write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text)


def read(path: Path) -> str:
    return path.read_text()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


async def test_a_request_is_answered_by_its_handler(path: Path) -> None:
    async with serving(path):
        assert await asked(path, {"op": "double", "n": 4}) == {"ok": True, "twice": 8}


async def test_the_socket_is_its_owners_alone_and_goes_with_the_server(path: Path) -> None:
    before = os.umask(0)
    os.umask(before)
    async with serving(path):
        assert mode_of(path) == 0o600
        after = os.umask(before)
        assert after == before
    assert mode_of(path) is None


async def test_a_refusal_of_a_handler_reaches_the_asker(path: Path) -> None:
    async with serving(path):
        with pytest.raises(ScreenerError, match="`n` must be a whole number"):
            await asked(path, {"op": "double", "n": "x"})


@pytest.mark.parametrize("op", ["nothing", None, 7, ["double"], "Double"])
async def test_an_unknown_request_is_told_what_is_known(path: Path, op: object) -> None:
    async with serving(path):
        with pytest.raises(ScreenerError) as caught:
            await asked(path, {"op": op})
    assert str(caught.value) == "unknown request; known are: broken, double, follow, unsendable"


@pytest.mark.parametrize("op", ["broken", "unsendable"])
async def test_a_bug_in_a_handler_is_logged_without_its_data_and_ends_nothing(
    path: Path, op: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(path):
        with pytest.raises(ScreenerError, match="internal error"):
            await asked(path, {"op": op, "who": "+15551230001"})
        assert await asked(path, {"op": "double", "n": 1}) == {"ok": True, "twice": 2}
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert op in record.getMessage()
    assert "5551230001" not in caplog.text


async def test_one_connection_may_ask_many_things_byte_by_byte(path: Path) -> None:
    async with serving(path):
        reader, writer = await asyncio.open_unix_connection(path)
        for n in range(3):
            for byte in b'{"op":"double","n":%d}\n' % n:
                writer.write(bytes([byte]))
                await writer.drain()
            assert decode(await reader.readline()) == {"ok": True, "twice": 2 * n}
        await goodbye(writer)


async def test_two_requests_in_one_piece_get_two_answers(path: Path) -> None:
    async with serving(path):
        answer = await said(path, b'{"op":"double","n":1}\n{"op":"double","n":2}\n', end=True)
    assert answer == b'{"twice":2,"ok":true}\n{"twice":4,"ok":true}\n'


async def test_a_request_cut_at_any_byte_gets_no_answer_and_harms_nothing(path: Path) -> None:
    request = b'{"op":"double","n":1}\n'
    async with serving(path):
        for size in range(len(request)):
            assert await said(path, request[:size], end=True) == b""
        assert await asked(path, {"op": "double", "n": 1}) == {"ok": True, "twice": 2}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"hello\n", "a message is not JSON: Expecting value at character 1"),
        (b"\n", "a message is not JSON"),
        (b"[]\n", "a message must be a JSON object"),
        (b'{"op":"double","op":"double"}\n', "a key comes twice"),
        (b'{"op":' + b"[" * 60_000 + b"\n", "nested too deep"),
        (b'{"op":"' + b"a" * 70_000, "at most 65536 bytes"),
        (b'{"op":"' + b"a" * 70_000 + b'"}\n', "at most 65536 bytes"),
    ],
)
async def test_a_misshapen_request_is_told_so_and_ends_the_connection(
    path: Path, data: bytes, text: str
) -> None:
    async with serving(path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(data)
        reply = decode(await reader.readline())
        await goodbye(writer)
        assert reply["ok"] is False
        assert text in str(reply["error"])
        assert await asked(path, {"op": "double", "n": 1}) == {"ok": True, "twice": 2}


async def test_a_silent_connection_is_closed_after_the_idle_time(path: Path) -> None:
    async with serving(path, idle_s=0.02):
        assert await said(path, b"") == b""
        assert await said(path, b'{"op":') == b""


async def test_connections_are_capped(path: Path) -> None:
    async with serving(path):
        open_ones = [await asyncio.open_unix_connection(path) for _ in range(MAX_CONNECTIONS)]
        for reader, writer in open_ones:
            writer.write(b'{"op":"double","n":1}\n')
            await reader.readline()
        assert b"too many connections" in await said(path, b"")
        for _, writer in open_ones:
            await goodbye(writer)


async def test_events_flow_to_a_follower_until_it_leaves(path: Path) -> None:
    async with serving(path) as agent:
        events = await asyncio.to_thread(follow, path)
        agent.queues[0].put_nowait({"verdict": "admit"})
        agent.queues[0].put_nowait({"lost": 3})
        assert await asyncio.to_thread(next, events) == {"verdict": "admit"}
        assert await asyncio.to_thread(next, events) == {"lost": 3}
        events.close()
        while agent.queues:  # noqa: ASYNC110 - the server tells nobody that a follower left
            await asyncio.sleep(0)


async def test_a_follower_that_does_not_read_holds_up_nobody(path: Path) -> None:
    async with serving(path) as agent:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"op":"follow"}\n')
        await reader.readline()
        (queue,) = agent.queues
        event: dict[str, object] = {"x": "y" * 60_000}
        while not queue.full():
            queue.put_nowait(event)
            await asked(path, {"op": "double", "n": 1})
        assert await asked(path, {"op": "double", "n": 2}) == {"ok": True, "twice": 4}
        await goodbye(writer)


async def test_an_event_that_cannot_be_sent_is_left_out(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(path) as agent:
        events = await asyncio.to_thread(follow, path)
        agent.queues[0].put_nowait({"what": object()})
        agent.queues[0].put_nowait({"n": 1})
        assert await asyncio.to_thread(next, events) == {"n": 1}
        events.close()
    assert "an event cannot be sent" in caplog.text


async def test_the_end_of_the_server_ends_its_followers(path: Path) -> None:
    async with serving(path) as agent:
        events = await asyncio.to_thread(follow, path)
        assert len(agent.queues) == 1
    assert await asyncio.to_thread(list, events) == []
    assert agent.queues == []


async def test_a_live_agent_keeps_its_socket(path: Path) -> None:
    async with serving(path):
        second = ControlServer(path, HANDLERS, Agent().follow)
        with pytest.raises(ScreenerError, match="another agent answers at"):
            await second.start()
        await second.close()
        assert await asked(path, {"op": "double", "n": 1}) == {"ok": True, "twice": 2}


async def test_a_dead_agents_socket_is_taken_over(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert mode_of(path) is not None
    async with serving(path):
        assert await asked(path, {"op": "double", "n": 1}) == {"ok": True, "twice": 2}


async def test_a_file_that_is_no_socket_is_left_alone(path: Path) -> None:
    write(path, "precious")
    with pytest.raises(ScreenerError, match="is there and is no socket"):
        await ControlServer(path, HANDLERS, Agent().follow).start()
    assert read(path) == "precious"


async def test_a_missing_folder_and_a_path_too_long_are_one_clear_line(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "control.sock"
    with pytest.raises(ScreenerError, match=r"the folder .*nowhere is missing"):
        await ControlServer(nowhere, HANDLERS, Agent().follow).start()
    with pytest.raises(ScreenerError, match="longer than 107 bytes"):
        await ControlServer(tmp_path / ("x" * 120), HANDLERS, Agent().follow).start()


async def test_a_folder_where_nothing_can_be_made_is_one_clear_line() -> None:
    with pytest.raises(ScreenerError, match="cannot make the control socket"):
        await ControlServer(Path("/proc/control.sock"), HANDLERS, Agent().follow).start()


async def test_a_socket_file_of_another_is_not_removed_at_the_end(path: Path) -> None:
    async with serving(path):
        write(path, "another's")
    assert read(path) == "another's"
