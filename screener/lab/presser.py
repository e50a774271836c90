"""Callers that press given keys at given times, whatever they hear: early, too many, in a burst.

One UDP port serves any number of calls, as `listener` does for callers who listen. Calls are told
apart by source and SSRC, and take their scripts in the order in which their first sound comes.
"""

import asyncio
import random
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

from screener.errors import RemoteProtocolError
from screener.lab.rtp import PCMU, KeyStream, parse_rtp
from screener.lab.wire import Address, Wire

MAX_CALLS = 2000
"""Calls that a presser takes part in; those after them press nothing."""


class Press(NamedTuple):
    """One key: `after_s` seconds after the call's first sound packet, held for `hold_ms`."""

    after_s: float
    key: str
    hold_ms: int = 100


class Presser:
    """Presses keys into each call that sends its sound to `port`.

    The first call takes the first of `scripts`, the next one the next; they start over when there
    are more calls. `calls` and `pressed` (keys) count what came of it. Port 0 means any free one.
    """

    def __init__(
        self,
        host: str,
        scripts: Sequence[Sequence[Press]],
        *,
        port: int = 0,
        rng: random.Random | None = None,
    ) -> None:
        self.port = port
        self.calls = 0
        self.pressed = 0
        self._host = host
        self._scripts = scripts
        self._rng = rng or random.Random()  # noqa: S311 - where a stream's numbers begin, no secret
        self._known: set[tuple[Address, int]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._wire: Wire | None = None

    async def __aenter__(self) -> Self:
        """Open the port; raises MissingPartError where it cannot be had."""
        self._wire = Wire(self._host, self.port, self.take)
        self.port = self._wire.port
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the port; keys not yet pressed are not pressed any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._wire is not None:
            self._wire.close()

    def take(self, port: int, data: bytes, source: Address, now: float) -> None:
        """Take one datagram at `now` (seconds, the loop's clock): a call's first sets its keys."""
        del port
        try:
            packet = parse_rtp(data)
        except RemoteProtocolError:
            return
        known = (source, packet.ssrc) in self._known
        if known or packet.payload_type != PCMU or len(self._known) >= MAX_CALLS:
            return
        self._known.add((source, packet.ssrc))
        script = self._scripts[self.calls % len(self._scripts)]
        self.calls += 1
        draw = self._rng.getrandbits
        keys = KeyStream(draw(32), draw(16), draw(32))
        for press in sorted(script):
            packets = keys.press(press.key, press.after_s, press.hold_ms)
            for place, (when_s, data_out) in enumerate(packets, 1):
                self._send_at(now + when_s, data_out, source, last=place == len(packets))

    def _send_at(self, when: float, data: bytes, to: Address, *, last: bool) -> None:
        def send() -> None:
            self._timers.discard(timer)
            if self._wire is not None:
                self._wire.send(data, to)
                self.pressed += last

        timer = asyncio.get_running_loop().call_at(when, send)
        self._timers.add(timer)


__all__ = ["MAX_CALLS", "Press", "Presser"]
