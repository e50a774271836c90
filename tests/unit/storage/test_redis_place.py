import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.config.options import RedisOptions
from screener.errors import ScreenerError, SharedStoreError
from screener.storage.redis_place import RedisPlace

HELLO = b"%1\r\n$5\r\nproto\r\n:3\r\n"
Answer = Callable[[list[bytes]], bytes]


@asynccontextmanager
async def peer(answer: Answer) -> AsyncIterator[str]:
    """A server that answers each command by a function of its words."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while count := await reader.readline():
                words = []
                for _ in range(int(count[1:])):
                    length = int((await reader.readline())[1:])
                    words.append((await reader.readexactly(length + 2))[:-2])
                writer.write(answer(words))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def place(*addresses: str, **options: object) -> RedisPlace:
    made = RedisOptions(**{"addresses": addresses, **options})  # type: ignore[arg-type] # one of many
    return RedisPlace(made, lambda path: path.read_text())


async def test_who_answers_is_connected_to() -> None:
    async with peer(lambda _: HELLO) as address:
        connection = await place(address).connect()
        assert connection.is_connected
        await connection.disconnect()


async def test_the_password_is_sent_with_its_user_and_read_each_time(tmp_path: Path) -> None:
    heard: list[list[bytes]] = []
    file = tmp_path / "password"

    def answer(words: list[bytes]) -> bytes:
        heard.append(words)
        return HELLO

    async with peer(answer) as address:
        for user, password in (("", "one"), ("edge", "two")):
            file.write_text(password)
            made = place(address, user=user, password_file=str(file))
            await (await made.connect()).disconnect()
    assert heard == [
        [b"HELLO", b"3", b"AUTH", b"default", b"one"],
        [b"HELLO", b"3", b"AUTH", b"edge", b"two"],
    ]


async def test_a_password_that_cannot_be_read_is_told_with_its_file() -> None:
    def unreadable(path: Path) -> str:
        raise ScreenerError(f"{path}: no such file")

    made = RedisPlace(RedisOptions(password_file="/none"), unreadable)
    with pytest.raises(SharedStoreError, match="/none: no such file"):
        await made.connect()


async def test_nobody_there_is_told_with_the_address() -> None:
    with pytest.raises(SharedStoreError, match=r"127\.0\.0\.1:1: "):
        await place("127.0.0.1:1").connect()


async def test_what_a_peer_says_is_told_in_one_printable_line() -> None:
    async with peer(lambda _: b"-ERR \x1b[31mred" + b"x" * 500 + b"\r\n") as address:
        with pytest.raises(SharedStoreError) as told:
            await place(address).connect()
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 250


async def test_the_first_sentinel_that_answers_names_the_primary() -> None:
    async with peer(lambda _: HELLO) as primary:
        host, port = primary.split(":")

        def sentinel(words: list[bytes]) -> bytes:
            if words[0] == b"HELLO":
                return HELLO
            assert words == [b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", b"calls"]
            return f"*2\r\n$9\r\n{host}\r\n${len(port)}\r\n{port}\r\n".encode()

        async with peer(sentinel) as address:
            connection = await place("127.0.0.1:1", address, sentinel="calls").connect()
            assert connection.is_connected
            await connection.disconnect()


@pytest.mark.parametrize("answer", [b"_\r\n", b"*1\r\n$1\r\nx\r\n", b"-ERR No such master\r\n"])
async def test_sentinels_that_know_no_primary_are_an_error(answer: bytes) -> None:
    def sentinel(words: list[bytes]) -> bytes:
        return HELLO if words[0] == b"HELLO" else answer

    async with peer(sentinel) as address:
        with pytest.raises(SharedStoreError, match=address):
            await place(address, sentinel="calls").connect()


async def test_a_primary_off_this_machine_is_not_spoken_to_in_the_clear() -> None:
    def sentinel(words: list[bytes]) -> bytes:
        return HELLO if words[0] == b"HELLO" else b"*2\r\n$9\r\n192.0.2.7\r\n$4\r\n6379\r\n"

    async with peer(sentinel) as address:
        with pytest.raises(SharedStoreError, match=r"192.0.2.7:6379 would be .* in the clear"):
            await place(address, sentinel="calls").connect()


async def test_who_is_cancelled_while_connecting_leaves_nothing_open() -> None:
    async with peer(lambda _: b"") as address:
        connecting = asyncio.ensure_future(place(address).connect())
        await asyncio.sleep(0.02)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await asyncio.sleep(0.01)
