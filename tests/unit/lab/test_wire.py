"""A UDP port on the event loop, over real loopback sockets."""

import asyncio
import socket

import pytest

from screener.errors import MissingPartError
from screener.lab.ports import LOOPBACK
from screener.lab.wire import Address, Wire


class Inbox:
    """What came to a port."""

    def __init__(self) -> None:
        self._came: asyncio.Queue[tuple[int, bytes, Address, float]] = asyncio.Queue()

    def take(self, port: int, data: bytes, source: Address, now: float) -> None:
        self._came.put_nowait((port, data, source, now))

    async def wait(self, count: int) -> list[tuple[int, bytes, Address, float]]:
        async with asyncio.timeout(5):
            return [await self._came.get() for _ in range(count)]


async def test_what_comes_is_handed_on_whole_and_in_order_with_its_source_and_the_time() -> None:
    inbox = Inbox()
    wire = Wire(LOOPBACK, 0, inbox.take)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((LOOPBACK, 0))
        for number in range(250):
            other.sendto(bytes([number]) * 172, (LOOPBACK, wire.port))
        source = other.getsockname()
        came = await inbox.wait(250)
    wire.close()
    assert [data for _, data, _, _ in came] == [bytes([n]) * 172 for n in range(250)]
    assert {(port, address) for port, _, address, _ in came} == {(wire.port, source)}
    times = [now for *_, now in came]
    assert times == sorted(times)
    assert abs(asyncio.get_running_loop().time() - times[-1]) < 5


async def test_what_is_sent_arrives_and_a_port_where_nobody_is_does_no_harm() -> None:
    inbox = Inbox()
    here, there = Wire(LOOPBACK, 0, inbox.take), Wire(LOOPBACK, 0, inbox.take)
    gone = Wire(LOOPBACK, 0, inbox.take)
    gone.close()
    here.send(b"nobody", (LOOPBACK, gone.port))
    here.send(b"somebody", (LOOPBACK, there.port))
    came = await inbox.wait(1)
    assert came[0][:3] == (there.port, b"somebody", (LOOPBACK, here.port))
    here.close()
    there.close()


async def test_a_port_closed_from_within_reads_no_more() -> None:
    inbox = Inbox()

    def take(port: int, data: bytes, source: Address, now: float) -> None:
        inbox.take(port, data, source, now)
        wire.close()

    wire = Wire(LOOPBACK, 0, take)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for data in (b"1", b"2"):
            other.sendto(data, (LOOPBACK, wire.port))
        came = await inbox.wait(1)
    await asyncio.sleep(0)
    assert [data for _, data, _, _ in came] == [b"1"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(inbox.wait(1), 0.05)
    wire.close()


async def test_a_port_in_use_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        with pytest.raises(MissingPartError, match=f"cannot listen on {LOOPBACK}:{port}"):
            Wire(LOOPBACK, port, Inbox().take)
