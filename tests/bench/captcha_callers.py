"""SIP callers made for measuring captchas: from the answer to the first sound, for each call.

Raw SIP over one UDP socket, sound into another, both stamped by the kernel as they arrive, so that
this process's own load is not read as a delay. A caller sends one packet of sound when it is
answered, as a telephone does at once, presses nothing, and hangs up some seconds after the prompt
began. INVITEs are not sent again: a lost one is a lost call, and is counted.
"""

import gc
import heapq
import re
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from screener.lab.ports import LOOPBACK
from screener.lab.rtp import PCMU, RtpPacket, build_rtp

PATIENCE_S = 30.0
"""From a call's INVITE to its end; whoever heard nothing by then hangs up."""

_STAMPS = 35
"""SO_TIMESTAMPNS of Linux, unnamed by Python: seconds and nanoseconds beside each packet."""

_RECEIVE_BUFFER = 1 << 22
_SILENCE = build_rtp(RtpPacket(PCMU, 1, 160, 1, b"\xff" * 160))
_PAYLOAD_TYPE = 0x7F
_OK = 200
_RTP_HEADER = 12

_CALL_ID = re.compile(rb"\r\nCall-ID: *(\S+)\r\n", re.IGNORECASE)
_TO = re.compile(rb"\r\n(To: *[^\r]+)\r\n", re.IGNORECASE)
_CONTACT = re.compile(rb"\r\nContact: *<([^>\r]+)>", re.IGNORECASE)
_MEDIA = re.compile(rb"\r\nm=audio (\d+) ")
_STATUS = re.compile(
    rb"SIP/2\.0 (\d{3}) .*?\r\nCSeq: *\d+ +([A-Z]+)\r\n", re.DOTALL | re.IGNORECASE
)
_ECHOED = re.compile(rb"^(?:Via|From|To|Call-ID|CSeq):[^\r]*\r\n", re.MULTILINE | re.IGNORECASE)

_REQUEST = """\
{method} {uri} SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{call}{branch}\r
Max-Forwards: 70\r
From: <sip:{number}@127.0.0.1>;tag={call}\r
{to}\r
Call-ID: {call}\r
CSeq: {number_of} {transaction}\r
Contact: <sip:bench@127.0.0.1:{port}>\r
"""
_SDP = """\
v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio {media} RTP/AVP 0 101\r
a=rtpmap:101 telephone-event/8000\r
"""


@dataclass(slots=True)
class Heard:
    """What became of the calls of a round.

    `sounds_ms` is from the answer to the first sound; `without` counts those answered that heard
    none, `unanswered` those refused or lost. `at_once` is the most between answer and end.
    """

    sounds_ms: list[float] = field(default_factory=list)
    without: int = 0
    unanswered: int = 0
    at_once: int = 0


@dataclass(slots=True)
class _Call:
    name: str
    number: str
    to: str
    uri: str
    since: float
    answered_ns: int = 0
    sounded_ns: int = 0
    media: int = 0
    ended: bool = False


class CaptchaCallers:
    """Calls an Asterisk on loopback from one free port; `close` it at the end."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._sip, self._sound = _stamped_socket(), _stamped_socket()
        self._port = int(self._sip.getsockname()[1])
        self._media = int(self._sound.getsockname()[1])
        self._names = count(1)
        self._calls: dict[str, _Call] = {}
        self._by_media: dict[int, _Call] = {}
        self._due: list[tuple[float, str]] = []
        self._up = 0
        self._heard = Heard()

    def close(self) -> None:
        """Give the ports back."""
        self._sip.close()
        self._sound.close()

    def play(
        self, extension: str, numbers: Iterator[str], rate: float, calls: int, stay_s: float
    ) -> Heard:
        """Make so many calls, `rate` a second evenly; each hears `stay_s` of its prompt."""
        self._calls, self._by_media, self._due = {}, {}, []
        self._up, self._heard = 0, Heard()
        self._stay_s = stay_s
        gc.collect()
        gc.disable()
        try:
            self._run(extension, numbers, rate, calls)
        finally:
            gc.enable()
        return self._counted()

    def _run(self, extension: str, numbers: Iterator[str], rate: float, calls: int) -> None:
        began, made = time.monotonic(), 0
        while made < calls or any(not call.ended for call in self._calls.values()):
            now = time.monotonic()
            while made < calls and began + made / rate <= now:
                self._invite(extension, next(numbers), now)
                made += 1
            while self._due and self._due[0][0] <= now:
                self._hang_up(self._calls[heapq.heappop(self._due)[1]])
            if now > began + calls / rate + PATIENCE_S + self._stay_s:
                break
            ready, _, _ = select.select([self._sip, self._sound], [], [], 0.002)
            if self._sound in ready:
                self._listen()
            if self._sip in ready:
                self._hear()

    def _counted(self) -> Heard:
        heard = self._heard
        for call in self._calls.values():
            if not call.answered_ns:
                heard.unanswered += 1
            elif not call.sounded_ns:
                heard.without += 1
            else:
                heard.sounds_ms.append((call.sounded_ns - call.answered_ns) / 1e6)
        return heard

    def _invite(self, extension: str, number: str, now: float) -> None:
        uri = f"sip:{extension}@127.0.0.1:{self._target}"
        name = f"captcha-{self._port}-{next(self._names)}"
        call = _Call(name, number, f"To: <{uri}>", uri, now)
        self._calls[call.name] = call
        heapq.heappush(self._due, (now + PATIENCE_S, call.name))
        self._request(call, "INVITE", 1, _SDP.format(media=self._media))

    def _hang_up(self, call: _Call) -> None:
        if not call.ended:
            self._end(call)
            self._request(call, *(("BYE", 2) if call.answered_ns else ("CANCEL", 1)))

    def _end(self, call: _Call) -> None:
        call.ended = True
        self._up -= bool(call.answered_ns)

    def _hear(self) -> None:
        for data, stamp, _ in _received(self._sip):
            found = _CALL_ID.search(data)
            call = self._calls.get(found[1].decode()) if found else None
            if call is None:
                continue
            if data.startswith(b"BYE "):
                self._sip.sendto(_accepted(data), (LOOPBACK, self._target))
                if not call.ended:
                    self._end(call)
            elif (status := _STATUS.match(data)) and status[2].upper() == b"INVITE":
                self._take_status(call, int(status[1]), data, stamp)

    def _take_status(self, call: _Call, status: int, data: bytes, stamp: int) -> None:
        if status < _OK:
            return
        if to := _TO.search(data):
            call.to = to[1].decode()
        if status == _OK:
            if contact := _CONTACT.search(data):
                call.uri = contact[1].decode()
            if not call.answered_ns:
                self._answered(call, data, stamp)
            self._request(call, "ACK", 1)
        else:
            self._request(call, "ACK", 1, same_branch=True)
            call.ended = True

    def _answered(self, call: _Call, data: bytes, stamp: int) -> None:
        call.answered_ns = stamp
        self._up += not call.ended
        self._heard.at_once = max(self._heard.at_once, self._up)
        if media := _MEDIA.search(data):
            call.media = int(media[1])
            self._by_media[call.media] = call
            self._sound.sendto(_SILENCE, (LOOPBACK, call.media))

    def _listen(self) -> None:
        for data, stamp, source in _received(self._sound):
            call = self._by_media.get(source)
            if call is None or call.sounded_ns or len(data) <= _RTP_HEADER:
                continue
            if data[1] & _PAYLOAD_TYPE == PCMU:
                call.sounded_ns = stamp
                heapq.heappush(self._due, (time.monotonic() + self._stay_s, call.name))

    def _request(
        self, call: _Call, method: str, number_of: int, sdp: str = "", *, same_branch: bool = False
    ) -> None:
        text = _REQUEST.format(
            method=method,
            uri=call.uri,
            port=self._port,
            call=call.name,
            branch="INVITE" if same_branch or method == "CANCEL" else method,
            number=call.number,
            to=call.to,
            number_of=number_of,
            transaction=method,
        )
        if sdp:
            text += "Content-Type: application/sdp\r\n"
        text += f"Content-Length: {len(sdp)}\r\n\r\n{sdp}"
        with suppress(OSError):
            self._sip.sendto(text.encode(), (LOOPBACK, self._target))


def _accepted(request: bytes) -> bytes:
    head = request.partition(b"\r\n\r\n")[0] + b"\r\n"
    return b"SIP/2.0 200 OK\r\n" + b"".join(_ECHOED.findall(head)) + b"Content-Length: 0\r\n\r\n"


def _stamped_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    made.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
    made.settimeout(0)
    made.bind((LOOPBACK, 0))
    return made


def _received(source: socket.socket) -> Iterator[tuple[bytes, int, int]]:
    """Yield what has come: its bytes, when (ns of the system's clock), and the sender's port."""
    for _ in range(200):
        try:
            data, extra, _, sender = source.recvmsg(4_096, 64)
        except OSError:  # nothing more for now, or the word that nobody listens there any more
            return
        seconds, nanoseconds = struct.unpack("qq", extra[0][2])
        yield data, seconds * 1_000_000_000 + nanoseconds, int(sender[1])
