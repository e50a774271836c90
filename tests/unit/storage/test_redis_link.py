import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio.connection import Connection
from redis.exceptions import ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from screener.errors import SharedStoreError
from screener.storage import redis_link
from screener.storage.redis_link import RedisLink, pack


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[RedisLink, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A link, and the far end in the test's own hands."""
    met: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
        asyncio.get_running_loop().create_future()
    )

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(pack(["HELLO", "3"])))
        writer.write(b"%1\r\n$5\r\nproto\r\n:3\r\n")
        met.set_result((reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        connection = Connection(
            host="127.0.0.1",
            port=server.sockets[0].getsockname()[1],
            protocol=3,
            driver_info=None,
            socket_timeout=None,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        await connection.connect()  # type: ignore[no-untyped-call] # redis-py has no types here
        reader, writer = await met
        link = RedisLink(connection)
        yield link, reader, writer
        await link.close()
        writer.close()


@given(words=st.lists(st.one_of(st.binary(), st.text(st.characters(codec="utf-8")), st.integers())))
def test_a_command_is_written_as_redis_py_writes_it(words: list[bytes | str | int]) -> None:
    theirs = Connection().pack_command(b"EVALSHA", *words)
    assert pack([b"EVALSHA", *words]) == b"".join(theirs)


async def test_answers_go_to_who_asked_in_order_however_they_arrive() -> None:
    async with linked() as (link, reader, writer):
        asking = [asyncio.ensure_future(link.ask("GET", str(number))) for number in range(3)]
        await reader.readexactly(sum(len(pack(["GET", str(number)])) for number in range(3)))
        for byte in b"$1\r\na\r\n:7\r\n-ERR no\r\n":
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert await asking[0] == b"a"
        assert await asking[1] == 7
        with pytest.raises(ResponseError, match="no"):
            await asking[2]
        assert link.is_up


async def test_who_does_not_wait_any_more_puts_nobody_in_the_wrong_place() -> None:
    async with linked() as (link, reader, writer):
        first = asyncio.ensure_future(link.ask("A"))
        second = asyncio.ensure_future(link.ask("B"))
        await reader.readexactly(2 * len(pack(["A"])))
        first.cancel()
        await asyncio.sleep(0)
        writer.write(b"$1\r\n1\r\n$1\r\n2\r\n")
        assert await second == b"2"
        assert link.is_up


async def test_a_lost_connection_is_told_to_all_who_wait_and_who_ask_later() -> None:
    async with linked() as (link, reader, writer):
        asking = [asyncio.ensure_future(link.ask("A")) for _ in range(2)]
        await reader.readexactly(2 * len(pack(["A"])))
        writer.write(b"$5\r\nha")
        writer.close()
        for one in asking:
            with pytest.raises(SharedStoreError, match="lost"):
                await one
        assert not link.is_up
        with pytest.raises(SharedStoreError, match="lost"):
            await link.ask("A")


async def test_an_answer_that_nobody_asked_for_ends_it() -> None:
    async with linked() as (link, _, writer):
        writer.write(b":1\r\n")
        while link.is_up:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        with pytest.raises(SharedStoreError, match="nobody asked"):
            await link.ask("A")


async def test_outstanding_answers_are_bounded_those_of_nobody_among_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redis_link, "MOST_WAITING", 5)
    async with linked() as (link, _, writer):
        for _ in range(5):
            asking = asyncio.ensure_future(link.ask("A"))
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.sleep(0)
        with pytest.raises(SharedStoreError, match="5 answers"):
            await link.ask("A")
        writer.write(b":1\r\n" * 5)
        while link._waiting:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        last = asyncio.ensure_future(link.ask("A"))
        await asyncio.sleep(0)
        writer.write(b":9\r\n")
        assert await last == 9


async def test_given_up_it_tells_why_and_ends() -> None:
    async with linked() as (link, reader, _):
        asking = asyncio.ensure_future(link.ask("A"))
        await reader.readexactly(len(pack(["A"])))
        link.abort("given up")
        with pytest.raises(SharedStoreError, match="given up"):
            await asking
        assert await reader.read() == b""
