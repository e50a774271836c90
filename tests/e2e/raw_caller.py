"""A caller that writes its INVITE by itself, to say what no telephone says; no sound, no dialog."""

import itertools
import re
import socket
import time
from typing import Self

from screener.lab.ports import LOOPBACK

_LIMIT_S = 5.0
_numbers = itertools.count(1)
_FINAL = 200
_REFUSED = 300


class RawCaller:
    """Calls from one address of loopback; `mark` begins every Call-ID."""

    def __init__(self, target: int, mark: str, address: str = LOOPBACK) -> None:
        self._target = target
        self._mark = mark
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self._socket.settimeout(0.5)
        self._port = self._socket.getsockname()[1]
        self._last = "", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def call(self, caller: str, *headers: str) -> int:
        """Send an INVITE from `<caller>`, a whole URI; return the final status, 0 for none.

        `{here}` in it is this caller's address. Who answers is told goodbye.
        """
        number = next(_numbers)
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 {self._address}\r\ns=-\r\nc=IN IP4 {self._address}\r\n"
            "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
        )
        extra = ("Content-Type: application/sdp", *headers)
        invite = self._request("INVITE", number, (caller, "<sip:+16515392200@{to}>"), extra, sdp)
        self._last = invite, number
        deadline, answer = time.monotonic() + _LIMIT_S, ""
        while time.monotonic() < deadline:
            self._send(invite)
            status, answer = self._final(number, min(deadline, time.monotonic() + 1.0))
            if status:
                self._send(self._ended(number, caller, answer, "ACK"))
                if status < _REFUSED:
                    self._send(self._ended(number, caller, answer, "BYE"))
                return status
        return 0

    def repeat(self) -> int:
        """Send the last INVITE once more, as if it had been lost; return the final status."""
        invite, number = self._last
        self._send(invite)
        return self._final(number, time.monotonic() + _LIMIT_S)[0]

    def _ended(self, number: int, caller: str, answer: str, method: str) -> str:
        """Return what ends a call that had that answer."""
        to = _header(answer, "To")
        routes = [f"Route: {one}" for one in re.findall(r"(?m)^Record-Route: *(.*?)\r", answer)]
        return self._request(method, number, (caller, to), tuple(routes))

    def _request(
        self,
        method: str,
        number: int,
        ends: tuple[str, str],
        headers: tuple[str, ...],
        body: str = "",
    ) -> str:
        caller, to = ends
        here, there = f"{self._address}:{self._port}", f"{LOOPBACK}:{self._target}"
        place = 2 if method == "BYE" else 1
        branch = f"z9hG4bK{self._mark}{number}{'b' if method == 'BYE' else ''}"
        lines = [
            f"{method} sip:+16515392200@{there} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch={branch}",
            f"From: <{caller.replace('{here}', here)}>;tag=t{number}",
            f"To: {to.replace('{to}', there)}",
            f"Call-ID: {self._mark}-{number}",
            f"CSeq: {place} {method}",
            f"Contact: <sip:caller@{here}>",
            "Max-Forwards: 70",
            *headers,
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", body])

    def _send(self, text: str) -> None:
        self._socket.sendto(text.encode(), (LOOPBACK, self._target))

    def _final(self, number: int, deadline: float) -> tuple[int, str]:
        while time.monotonic() < deadline:
            try:
                answer = self._socket.recv(65_535).decode(errors="replace")
            except TimeoutError:
                continue
            shape = re.match(r"SIP/2.0 ([0-9]{3})", answer)
            ours = _header(answer, "Call-ID") == f"{self._mark}-{number}"
            if shape and ours and int(shape[1]) >= _FINAL and "INVITE" in _header(answer, "CSeq"):
                return int(shape[1]), answer
        return 0, ""


def _header(text: str, name: str) -> str:
    found = re.search(rf"(?mi)^{name}: *(.*?)\r", text)
    return found[1] if found else ""
