"""Given keys at given times, into calls on real loopback sockets."""

import asyncio
import random
import socket

import pytest

from screener.errors import MissingPartError
from screener.lab import presser as pressing
from screener.lab.ports import LOOPBACK
from screener.lab.presser import Press, Presser
from screener.lab.rtp import RtpPacket, build_rtp, parse_key, parse_rtp
from screener.lab.wire import Address, Wire
from tests.unit.lab.spoken import SILENCE


class Call:
    """Asterisk's half of a call: one port, one stream."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self._came: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        self._wire = Wire(LOOPBACK, 0, self._take)

    def _take(self, port: int, data: bytes, source: Address, now: float) -> None:
        del port, source, now
        packet = parse_rtp(data)
        event = parse_key(packet.payload)
        self._came.put_nowait((event.key, packet.marker))

    def sound(self, to: int, kind: int = 0) -> None:
        self._wire.send(build_rtp(RtpPacket(kind, 1, 1, self.ssrc, SILENCE)), (LOOPBACK, to))

    async def keys(self, count: int) -> str:
        """Return the keys whose first packets came, in order."""
        found = ""
        async with asyncio.timeout(5):
            while len(found) < count:
                key, first = await self._came.get()
                found += key if first else ""
        return found

    def close(self) -> None:
        self._wire.close()


async def test_a_call_presses_its_script_once_and_the_next_call_the_next() -> None:
    scripts = [[Press(0.0, "4", 40), Press(0.1, "7", 40)], [Press(0.05, "#", 40)]]
    calls = [Call(ssrc) for ssrc in range(3)]
    async with Presser(LOOPBACK, scripts, rng=random.Random(1)) as presser:  # noqa: S311 - no secret
        pressed = []
        for call, count in zip(calls, (2, 1, 2), strict=True):
            for _ in range(5):
                call.sound(presser.port)
            pressed.append(await call.keys(count))
        assert presser.calls == 3
    assert pressed == ["47", "#", "47"]
    for call in calls:
        call.close()


async def test_the_packets_of_each_key_are_set_for_their_times() -> None:
    async with Presser(LOOPBACK, [[Press(100.0, "7", 200), Press(50.0, "4", 60)]]) as presser:
        now = asyncio.get_running_loop().time()
        presser.take(0, build_rtp(RtpPacket(0, 1, 1, 9, SILENCE)), (LOOPBACK, 9), now)
        times = sorted(round(timer.when() - now, 2) for timer in presser._timers)
        timers = set(presser._timers)
    assert times[:5] == [50.02, 50.04, 50.06, 50.08, 50.1]
    assert times[5] == 100.02
    assert all(timer.cancelled() for timer in timers)
    assert presser.pressed == 0


@pytest.mark.parametrize("data", [b"", b"x", bytes(20), b"\x80\xc8" + bytes(10)])
async def test_garbage_is_no_call(data: bytes) -> None:
    async with Presser(LOOPBACK, [[Press(0, "1")]]) as presser:
        presser.take(0, data, (LOOPBACK, 9), 0.0)
        presser.take(0, build_rtp(RtpPacket(8, 1, 1, 9, SILENCE)), (LOOPBACK, 9), 0.0)
        assert presser.calls == 0


async def test_a_call_too_many_presses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressing, "MAX_CALLS", 2)
    async with Presser(LOOPBACK, [[Press(60, "1")]]) as presser:
        for ssrc in (1, 2, 3, 2):
            presser.take(0, build_rtp(RtpPacket(0, 1, 1, ssrc, SILENCE)), (LOOPBACK, 9), 0.0)
        assert presser.calls == 2


async def test_a_port_in_use_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        with pytest.raises(MissingPartError, match=str(port)):
            async with Presser(LOOPBACK, [[]], port=port):
                pass
