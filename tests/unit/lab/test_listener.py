"""The listener on real loopback sockets, with a telephone side that speaks and waits for keys."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from screener.errors import MissingPartError
from screener.lab import listener as listening
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK, free_ports
from screener.lab.rtp import KeyEvent, RtpPacket, build_rtp, parse_key, parse_rtp
from tests.unit.lab.spoken import SILENCE, TEMPLATES, prompt

LIMIT_S = 10.0
SOURCE = (LOOPBACK, 9)


class Telephone(asyncio.DatagramProtocol):
    """Asterisk's half of a call: says a prompt from a port of its own, collects the keys."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[RtpPacket] = asyncio.Queue()
        self.number = 65_530

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        self.came.put_nowait(parse_rtp(data))

    async def keys(self, count: int) -> list[tuple[RtpPacket, KeyEvent]]:
        """Wait for the packets up to the last of `count` keys' ends."""
        found: list[tuple[RtpPacket, KeyEvent]] = []
        async with asyncio.timeout(LIMIT_S):
            while sum(event.ended for _, event in found) < 3 * count:
                packet = await self.came.get()
                found.append((packet, parse_key(packet.payload)))
        return found

    def packets(self, frames: list[bytes], ssrc: int = 1) -> list[bytes]:
        data = []
        for sound in frames:
            self.number = (self.number + 1) & 0xFFFF
            data.append(build_rtp(RtpPacket(0, self.number, 160 * self.number, ssrc, sound)))
        return data


@asynccontextmanager
async def call(port: int, said: str, ssrc: int = 1) -> AsyncIterator[Telephone]:
    """Say a prompt to a listener's port, as fast as the socket takes it.

    A socket's usual buffer holds 500 such packets, which is three prompts at once.
    """
    loop = asyncio.get_running_loop()
    transport, telephone = await loop.create_datagram_endpoint(Telephone, local_addr=(LOOPBACK, 0))
    for data in telephone.packets(prompt(said), ssrc):
        transport.sendto(data, (LOOPBACK, port))
    try:
        yield telephone
    finally:
        transport.close()


def quick(ports: tuple[int, ...] = (0,), delay: tuple[float, float] = (0.0, 0.01)) -> Listener:
    rng = random.Random(7)  # noqa: S311 - the same person each time, no secret
    return Listener(LOOPBACK, ports, TEMPLATES, delay=delay, rng=rng, pause_s=0.05)


async def test_the_digits_of_a_prompt_are_pressed_back_to_where_it_came_from() -> None:
    async with quick() as listener, call(listener.ports[0], "47") as telephone:
        keys = await telephone.keys(2)
    packets = [packet for packet, _ in keys]
    first, second = sorted({packet.timestamp for packet in packets})
    by_key = {
        stamp: {event.key for packet, event in keys if packet.timestamp == stamp}
        for stamp in (first, second)
    }
    assert by_key == {first: {"4"}, second: {"7"}}
    assert [event.key for packet, event in keys if packet.marker] == ["4", "7"]
    assert len({packet.ssrc for packet in packets}) == 1
    start = packets[0].sequence
    numbers = [(start + place) & 0xFFFF for place in range(len(packets))]
    assert [packet.sequence for packet in packets] == numbers
    held = keys[-1][1].duration
    assert 640 <= held <= 1120
    assert second - first > 8 * 80
    assert (listener.heard.streams, listener.heard.prompts) == (1, 1)
    assert (listener.heard.pressed, listener.heard.misheard) == (2, 0)


async def test_one_port_serves_many_calls_at_once() -> None:
    codes = ["03", "47", "98"]
    async with quick() as listener, asyncio.TaskGroup() as group:

        async def converse(ssrc: int, code: str) -> str:
            async with call(listener.ports[0], code, ssrc) as telephone:
                keys = await telephone.keys(2)
            return "".join(event.key for packet, event in keys if packet.marker)

        answers = [group.create_task(converse(ssrc, code)) for ssrc, code in enumerate(codes)]
    assert [answer.result() for answer in answers] == codes


async def test_each_port_answers_for_itself() -> None:
    async with (
        quick((0, 0)) as listener,
        call(listener.ports[0], "12") as one,
        call(listener.ports[1], "89") as other,
    ):
        heard = [await one.keys(2), await other.keys(2)]
    assert ["".join(event.key for packet, event in keys if packet.marker) for keys in heard] == [
        "12",
        "89",
    ]


async def test_a_second_prompt_is_answered_with_later_keys_of_the_same_stream() -> None:
    async with quick() as listener, call(listener.ports[0], "12") as telephone:
        first = await telephone.keys(2)
        key = next(iter(listener._streams))
        for data in telephone.packets(prompt("34")):
            listener.take(key[0], data, key[1], asyncio.get_running_loop().time())
        second = await telephone.keys(2)
    assert [event.key for packet, event in second if packet.marker] == ["3", "4"]
    assert second[0][0].sequence == (first[-1][0].sequence + 1) & 0xFFFF
    later = (second[0][0].timestamp - first[-1][0].timestamp) & 0xFFFFFFFF
    assert 0 < later < 8000 * LIMIT_S
    assert second[0][0].ssrc == first[0][0].ssrc


async def test_garbage_is_counted_and_other_sound_passed_over() -> None:
    async with quick() as listener:
        for data in (b"", b"x", b"\x00" * 20, b"\x80\xc8" + bytes(10)):
            listener.take(1, data, SOURCE, 0.0)
        listener.take(1, build_rtp(RtpPacket(101, 1, 1, 1, b"\x01\x0a\x00\xa0")), SOURCE, 0.0)
        listener.take(1, build_rtp(RtpPacket(8, 1, 1, 1, SILENCE)), SOURCE, 0.0)
        assert (listener.heard.refused, listener.heard.streams) == (4, 0)


async def test_garbage_between_the_packets_of_a_call_does_not_disturb_it() -> None:
    async with quick() as listener, call(listener.ports[0], "50") as telephone:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"\xff" * 172, (LOOPBACK, listener.ports[0]))
        keys = await telephone.keys(2)
    assert [event.key for packet, event in keys if packet.marker] == ["5", "0"]
    assert listener.heard.refused == 1


async def test_a_stream_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MAX_STREAMS", 2)
    async with quick() as listener:
        for ssrc in range(3):
            listener.take(1, build_rtp(RtpPacket(0, 1, 1, ssrc, SILENCE)), SOURCE, 0.0)
        assert (listener.heard.streams, listener.heard.refused) == (2, 1)


async def test_a_stream_without_packets_is_forgotten_in_the_end() -> None:
    listener = quick()
    now = 1000.0
    listener.take(1, build_rtp(RtpPacket(0, 1, 1, 1, SILENCE)), SOURCE, now)
    listener.look(now + listening.IDLE_S - 1)
    assert len(listener._streams) == 1
    listener.look(now + listening.IDLE_S)
    assert len(listener._streams) == 0


async def test_a_misheard_prompt_is_counted_and_not_answered() -> None:
    listener = quick()
    for data in Telephone().packets(prompt("4")):
        listener.take(1, data, SOURCE, 1000.0)
    for now in (1000.2, 1002.0, 1004.0):
        listener.look(now)
    assert (listener.heard.misheard, listener.heard.prompts) == (1, 0)
    assert not listener._timers


async def test_the_delay_before_the_first_key_is_drawn_from_its_range() -> None:
    loop = asyncio.get_running_loop()
    listener = quick(delay=(500.0, 600.0))
    now = loop.time()
    for data in Telephone().packets(prompt("47")):
        listener.take(1, data, SOURCE, now)
    listener.look(now + 0.3)
    first = min(timer.when() for timer in listener._timers)
    last = max(timer.when() for timer in listener._timers)
    assert 500.3 < first - now < 600.4
    assert 0.2 < last - first < 1.0
    listener.close()


async def test_keys_not_yet_pressed_are_dropped_when_the_listener_closes() -> None:
    async with quick(delay=(50.0, 60.0)) as listener:
        now = asyncio.get_running_loop().time()
        for data in Telephone().packets(prompt("47")):
            listener.take(listener.ports[0], data, SOURCE, now)
        listener.look(now + 0.3)
        timers = set(listener._timers)
        assert timers
    assert all(timer.cancelled() for timer in timers)
    assert listener.heard.pressed == 0


async def test_a_port_in_use_is_named_and_nothing_is_left_open() -> None:
    free = free_ports(1)[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        with pytest.raises(MissingPartError, match=f"{LOOPBACK}:{port}"):
            async with quick((free, port)):
                pass
    await asyncio.sleep(0)
    async with quick((free,)) as listener:
        assert listener.ports == (free,)
