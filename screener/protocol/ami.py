r"""The AMI wire: bytes of Asterisk's manager interface into messages, actions into bytes.

A caller can write line breaks into a value of an event (`CallerIDNum`, measured on Asterisk 22) and
with them headers, even whole messages; nothing on the wire tells them from Asterisk's own. So the
first header of a name wins, and what a message is worth is told only by an ActionID that nobody
could guess. Asking and waiting are left to `adapters.ami_client`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from screener.errors import LocalProtocolError, RemoteProtocolError
from screener.protocol.lines import LineBuffer

LINE_LIMIT = 16_384
MESSAGE_LIMIT = 65_536
"""Bytes of one line and of one message; Asterisk's own stay far below."""

UNREAD_LIMIT = 1_048_576
"""Bytes that may wait to be read."""

SENT_LIMIT = 1_000
"""Bytes of a line that we send; Asterisk reads no more than 1,024."""

_BANNER = re.compile(r"Asterisk Call Manager/[0-9.]{1,20}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_FORBIDDEN = re.compile("[\r\n\0]")


@dataclass(frozen=True, slots=True)
class AmiMessage:
    """One message: its headers in order, a name as often as it came."""

    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return the first value under a name, whatever its case; empty where there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    @property
    def output(self) -> str:
        """The lines that a command printed, which stand one by one under `Output`."""
        return "\n".join(value for key, value in self.headers if key.lower() == "output")


class AmiReader:
    r"""Turns the stream into messages; a line ends with `\r\n`, a bare `\n` is part of a value."""

    __slots__ = ("_banner", "_headers", "_held", "_lines", "_size")

    def __init__(self) -> None:
        self._lines = LineBuffer(LINE_LIMIT, UNREAD_LIMIT)
        self._banner = ""
        self._held = b""
        self._headers: list[tuple[str, str]] = []
        self._size = 0

    @property
    def banner(self) -> str:
        """Asterisk's first line, once it came."""
        return self._banner

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._lines.feed(data)

    def feed_eof(self) -> None:
        """Take the end of the stream."""
        self._lines.feed_eof()

    def next_message(self) -> AmiMessage | None:
        """Return the next whole message, or None until more is fed, or at the end.

        Raises:
            RemoteProtocolError: The peer is no AMI, sends too much, or ended in the middle.
        """
        while (line := self._next_line()) is not None:
            if not self._banner:
                self._greet(line)
            elif line:
                self._add(line)
            elif self._size:
                return self._take()
        if self._lines.ended and (self._size or self._held or self._lines.partial):
            raise RemoteProtocolError("the stream ended in the middle of a message")
        return None

    def _next_line(self) -> bytes | None:
        while (piece := self._lines.next_line()) is not None:
            line = self._held + piece
            if line.endswith(b"\r"):
                self._held = b""
                return line[:-1]
            self._held = line + b"\n"
            self._refuse_large(len(self._held))
        return None

    def _greet(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if not _BANNER.fullmatch(text):
            raise RemoteProtocolError("the peer does not greet as an Asterisk manager does")
        self._banner = text

    def _add(self, line: bytes) -> None:
        """Keep a header; a line that is none, such as what a caller put into a value, is left."""
        self._size += len(line) + 2
        self._refuse_large(self._size)
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            self._headers.append((name.strip(), value.removeprefix(" ")))

    def _take(self) -> AmiMessage:
        message = AmiMessage(tuple(self._headers))
        self._headers, self._size = [], 0
        return message

    def _refuse_large(self, size: int) -> None:
        if size > MESSAGE_LIMIT:
            raise RemoteProtocolError(f"a message is larger than {MESSAGE_LIMIT} bytes")


def encode_action(name: str, action_id: str, fields: Mapping[str, str] | None = None) -> bytes:
    """Return an action as it goes onto the wire.

    Raises:
        LocalProtocolError: A name is none, a value holds CR, LF or NUL, or a line is too long.
    """
    lines = {"Action": name, "ActionID": action_id, **(fields or {})}
    return b"".join(_line(key, value) for key, value in lines.items()) + b"\r\n"


def _line(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise LocalProtocolError("a header's name is letters, digits and hyphens")
    if _FORBIDDEN.search(value):
        raise LocalProtocolError(f"the value of {name} holds a line break or a NUL")
    line = f"{name}: {value}\r\n".encode()
    if len(line) > SENT_LIMIT:
        raise LocalProtocolError(f"the line of {name} is longer than {SENT_LIMIT} bytes")
    return line


def login_key(challenge: str, secret: str) -> str:
    """Return the answer to AMI's challenge; MD5 is the only kind there is, and hides the secret."""
    return hashlib.md5(f"{challenge}{secret}".encode(), usedforsecurity=False).hexdigest()
