"""The lab's people on the phone: they listen to the question and press the keys that answer it.

One UDP socket serves any number of calls. SIPp does the calls' SIP and names the listener's port
in its SDP; a stream is told by its port, its source and its SSRC, and the keys go back to where
the sound comes from. When a prompt is over is told by `attention`, what it asked for as well; the
packets are `rtp`'s, the socket is `wire`'s.

A targeted bot could do all of this as well, and cheaper than a person: that these callers pass a
captcha shows that the captcha works, not that whoever passes one is human.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from screener.errors import MissingPartError, RemoteProtocolError
from screener.lab.attention import PAUSE_S, Attention
from screener.lab.ear import Templates
from screener.lab.rtp import PCMU, KeyStream, parse_rtp
from screener.lab.wire import Address, Wire

IDLE_S = 30.0
"""A stream without a packet for so long is forgotten; a dialplan waits 5 s for a key."""

MAX_STREAMS = 2000
"""Calls listened to at once."""

_TICK_S = 0.05
_SLICE_S = 0.005  # of thinking at a stretch: packets come in meanwhile, and a socket holds few
_HOLD_MS = (80, 140)
_BETWEEN_S = (0.1, 0.25)  # more than the repeats of a key's end take

_Key = tuple[int, Address, int]


@dataclass(slots=True)
class Heard:
    """What came of it all, as counts.

    `streams` calls with any sound; `prompts` understood; `pressed` keys; `misheard` prompts that
    asked for a wrong number of keys; `refused` packets that were no RTP or of one stream too many.
    """

    streams: int = 0
    prompts: int = 0
    pressed: int = 0
    misheard: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Stream:
    """One call: what we hear of it, what we send into it, and since when (the loop's clock)."""

    attention: Attention
    keys: KeyStream
    began_at: float
    packet_at: float


class Listener:
    """Listens on UDP ports and answers each question for `digits` keys, of whatever kind it is.

    Say how many there are: a longer prompt that pauses after `digits` of them is answered there.
    `delay` is the least and the most time in seconds from the prompt's end to the first key;
    `rng` draws it and all else that differs between people. Port 0 means any free one; `ports`
    tells which. `pause_s` is the silence that ends a prompt; it is here for tests in a hurry.
    """

    def __init__(
        self,
        host: str,
        ports: Sequence[int],
        templates: Templates,
        *,
        digits: int = 2,
        delay: tuple[float, float] = (0.3, 0.8),
        rng: random.Random | None = None,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.heard = Heard()
        self.ports = tuple(ports)
        self._host = host
        self._templates = templates
        self._digits = digits
        self._delay = delay
        self._rng = rng or random.Random()  # noqa: S311 - how people differ, no secret
        self._pause_s = pause_s
        self._streams: dict[_Key, _Stream] = {}
        self._wires: dict[int, Wire] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._tick: asyncio.Handle | None = None

    async def __aenter__(self) -> Self:
        """Open the ports; raises MissingPartError where one cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            for port in self.ports:
                wire = Wire(self._host, port, self.take)
                self._wires[wire.port] = wire
        except MissingPartError:
            self.close()
            raise
        self.ports = tuple(self._wires)
        self._tick = loop.call_later(_TICK_S, self._look_again)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the ports; keys not yet pressed are not pressed any more."""
        self.close()

    def close(self) -> None:
        """Do what leaving the context does; safe to call twice."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._tick is not None:
            self._tick.cancel()
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()
        self._streams.clear()

    def take(self, port: int, data: bytes, source: Address, now: float) -> None:
        """Take one datagram that came to a port at `now` (seconds, the loop's clock)."""
        try:
            packet = parse_rtp(data)
        except RemoteProtocolError:
            self.heard.refused += 1
            return
        if packet.payload_type != PCMU:
            return
        key = (port, source, packet.ssrc)
        stream = self._streams.get(key) or self._admit(key, now)
        if stream is not None:
            stream.packet_at = now
            stream.attention.hear(packet.sequence, packet.payload, now)

    def _admit(self, key: _Key, now: float) -> _Stream | None:
        if len(self._streams) >= MAX_STREAMS:
            self.heard.refused += 1
            return None
        draw = self._rng.getrandbits
        keys = KeyStream(draw(32), draw(16), draw(32))
        self.heard.streams += 1
        attention = Attention(self._templates, self._digits, self._pause_s)
        return self._streams.setdefault(key, _Stream(attention, keys, now, now))

    def look(self, now: float) -> None:
        """Look at every stream, some times a second: where has a prompt ended by `now`?"""
        for key, stream in list(self._streams.items()):
            self._look_at(key, stream, now)

    def _look_at(self, key: _Key, stream: _Stream, now: float) -> None:
        understood = stream.attention.understand(now)
        self.heard.misheard += understood.misheard
        if understood.keys:
            self.heard.prompts += 1
            self._press(key, stream, understood.keys, now)
        elif now - stream.packet_at >= IDLE_S:
            self._streams.pop(key, None)

    def _look_again(self) -> None:
        self._look_on(list(self._streams.items()))

    def _look_on(self, streams: list[tuple[_Key, _Stream]]) -> None:
        """Look at these streams a slice at a time, and at all of them again after a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _SLICE_S
        while streams and (now := loop.time()) < until:
            self._look_at(*streams.pop(), now)
        if streams:
            self._tick = loop.call_soon(self._look_on, streams)
        else:
            self._tick = loop.call_later(_TICK_S, self._look_again)

    def _press(self, key: _Key, stream: _Stream, wanted: str, now: float) -> None:
        """Set the timers of every packet of the keys, as unevenly as a finger presses them."""
        at_s = now - stream.began_at + self._rng.uniform(*self._delay)
        for digit in wanted:
            hold_ms = self._rng.randint(*_HOLD_MS)
            packets = stream.keys.press(digit, at_s, hold_ms)
            for place, (when_s, packet) in enumerate(packets, 1):
                self._send_at(stream.began_at + when_s, key, packet, last=place == len(packets))
            at_s += hold_ms / 1000 + self._rng.uniform(*_BETWEEN_S)

    def _send_at(self, when: float, key: _Key, packet: bytes, *, last: bool) -> None:
        def send() -> None:
            self._timers.discard(timer)
            self._wires[key[0]].send(packet, key[1])
            self.heard.pressed += last

        timer = asyncio.get_running_loop().call_at(when, send)
        self._timers.add(timer)
