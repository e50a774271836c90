"""A SIP caller made for measuring: raw INVITEs over one UDP socket, timed to the final response.

SIPp's clock steps 4 ms on common kernels, more than is to be seen here. Every call is refused by
the dialplan, acknowledged and forgotten; nothing is retransmitted, so a lost datagram is a lost
call, and is counted.
"""

import gc
import random
import re
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass, field

from screener.lab.ports import LOOPBACK

PATIENCE_S = 3.0
"""How long a last final response is waited for."""

_FINAL = re.compile(rb"SIP/2\.0 ([2-6][0-9]{2}) ")
_CALL_ID = re.compile(rb"\r\nCall-ID: *(\S+)\r\n", re.IGNORECASE)
_TO = re.compile(rb"\r\nTo: *([^\r]+)\r\n", re.IGNORECASE)

_HEAD = """\
{method} sip:{extension}@127.0.0.1:{target} SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{call}\r
Max-Forwards: 70\r
From: <sip:{number}@127.0.0.1>;tag={call}\r
To: {to}\r
Call-ID: {call}\r
CSeq: 1 {method}\r
"""
_INVITE_REST = """\
Contact: <sip:bench@127.0.0.1:{port}>\r
Content-Type: application/sdp\r
Content-Length: {length}\r
\r
"""
_SDP = """\
v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 9000 RTP/AVP 0\r
"""
_INVITE_END = _INVITE_REST.replace("{length}", str(len(_SDP))) + _SDP
_ACK_END = "Content-Length: 0\r\n\r\n"


@dataclass(slots=True)
class Heard:
    """What became of a round of calls: delays in ms, and how many met which SIP code."""

    delays_ms: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    lost: int = 0


@dataclass(slots=True)
class _Pending:
    number: str
    sent_ns: int


class Probe:
    """Calls an Asterisk on loopback from one free port; `close` it at the end."""

    def __init__(self, target: int, seed: int = 1) -> None:
        self._target = target
        self._gaps = random.Random(seed)  # noqa: S311 - gaps between calls, no secret
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._socket.connect((LOOPBACK, target))
        self._socket.settimeout(0)
        self._port = int(self._socket.getsockname()[1])
        self._pending: dict[str, _Pending] = {}
        self._calls = 0

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def play(self, extension: str, numbers: list[str], rate: float) -> Heard:
        """Call once from each number, `rate` a second on average with exponential gaps."""
        heard = Heard()
        self._pending.clear()
        waiting = list(reversed(numbers))
        gc.collect()
        gc.disable()  # a collection here would be read as a delay there
        try:
            due = last = time.perf_counter()
            while (waiting or self._pending) and time.perf_counter() - last < PATIENCE_S:
                if waiting and time.perf_counter() >= due:
                    self._invite(extension, waiting.pop())
                    last = time.perf_counter()
                    due += self._gaps.expovariate(rate)
                until = due if waiting else last + PATIENCE_S
                self._hear(extension, max(until - time.perf_counter(), 0.0), heard)
        finally:
            gc.enable()
        heard.lost = len(self._pending)
        return heard

    def _invite(self, extension: str, number: str) -> None:
        self._calls += 1
        call = f"bench-{self._port}-{self._calls}"
        to = f"<sip:{extension}@127.0.0.1:{self._target}>"
        message = self._message("INVITE", extension, number, call, to)
        message += _INVITE_END.format(port=self._port)
        data = message.encode()
        self._pending[call] = _Pending(number, time.perf_counter_ns())
        self._socket.send(data)

    def _hear(self, extension: str, limit_s: float, heard: Heard) -> None:
        if not select.select([self._socket], [], [], limit_s)[0]:
            return
        data = self._socket.recv(8_192)
        now = time.perf_counter_ns()
        final, call_id, to = _FINAL.match(data), _CALL_ID.search(data), _TO.search(data)
        if final is None or call_id is None or to is None:
            return
        call = call_id[1].decode()
        pending = self._pending.pop(call, None)
        if pending is None:
            return
        heard.delays_ms.append((now - pending.sent_ns) / 1e6)
        heard.codes[int(final[1])] += 1
        ack = self._message("ACK", extension, pending.number, call, to[1].decode()) + _ACK_END
        self._socket.send(ack.encode())

    def _message(self, method: str, extension: str, number: str, call: str, to: str) -> str:
        return _HEAD.format(
            method=method,
            extension=extension,
            target=self._target,
            port=self._port,
            number=number,
            call=call,
            to=to,
        )
