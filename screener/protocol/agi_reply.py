"""Reads Asterisk's replies to AGI commands, in lock-step and under a strict grammar.

One reply per command, and none before: anything else is a break of the protocol, forged by
caller data or not. A `HANGUP` line may come at any time. The commands are written by
`agi_command`; how long to wait is the adapter's.
"""

import re
from dataclasses import dataclass

from screener.errors import LocalProtocolError, RemoteProtocolError
from screener.protocol.lines import LineBuffer

REPLY_LIMIT = 8_192
"""Bytes of one reply; a usage text is the longest."""

USAGE_LINES_LIMIT = 64
"""Lines of a usage text."""

DONE = b"200 result=0\n"
"""All that comes, nearly always, once variables are set; a reader of it makes `Result(0)`."""

_RESULT = re.compile(
    rb"200 result=(-?[0-9]{1,9})(?: \(([^\r\0]*)\)| endpos=(?:0|[1-9][0-9]{0,17}))?\Z"
)
_REFUSAL = re.compile(rb"(510|511|520) ([ -~]*)\Z")
_USAGE_START = b"520-"
_USAGE_END = b"520 End of proper usage."


@dataclass(frozen=True, slots=True)
class Result:
    """`200 result=code (text)`: the command ran.

    Of a played sound or a wait, `code` is the key that ended it, 0 for none, -1 where it could
    not be done; where in the sound that was (`endpos`) is of no use to us.
    """

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Asterisk did not run the command: 510 unknown, 511 dead channel, 520 usage."""

    code: int


@dataclass(frozen=True, slots=True)
class HungUp:
    """The `HANGUP` line: the caller is gone."""


class ReplyReader:
    """Takes the bytes that follow an environment."""

    __slots__ = ("_awaited", "_lines", "_usage_lines", "_usage_size")

    def __init__(self) -> None:
        self._lines = LineBuffer(REPLY_LIMIT, 2 * REPLY_LIMIT)
        self._awaited = False
        self._usage_lines = 0
        self._usage_size = 0

    def command_sent(self) -> None:
        """Note that a command went out.

        Raises:
            LocalProtocolError: The reply to the command before it has not come.
        """
        if self._awaited:
            raise LocalProtocolError("a command was sent before the reply to the last one")
        self._awaited = True

    def receive(self, data: bytes) -> Result | Refused | HungUp | None:
        """Take bytes; return the reply, `HungUp`, or None to wait.

        Raises:
            RemoteProtocolError: The bytes are no reply, or none was awaited.
        """
        self._lines.feed(data)
        while (line := self._lines.next_line()) is not None:
            if (event := self._take(line)) is not None:
                return event
        return None

    def _take(self, line: bytes) -> Result | Refused | HungUp | None:
        if self._usage_lines:
            return self._take_usage(line)
        if line == b"HANGUP":
            return HungUp()
        if not self._awaited:
            raise RemoteProtocolError("a reply came that no command asked for")
        if line.startswith(_USAGE_START):
            self._usage_lines = 1
            self._usage_size = len(line)
            return None
        if (match := _RESULT.match(line)) is not None:
            self._awaited = False
            return Result(int(match[1]), (match[2] or b"").decode("utf-8", "replace"))
        if (match := _REFUSAL.match(line)) is not None:
            self._awaited = False
            return Refused(int(match[1]))
        raise RemoteProtocolError("a line came that is no AGI reply")

    def _take_usage(self, line: bytes) -> Refused | None:
        self._usage_lines += 1
        self._usage_size += len(line) + 1
        if self._usage_lines > USAGE_LINES_LIMIT or self._usage_size > REPLY_LIMIT:
            raise RemoteProtocolError("a usage text came that does not end")
        if line != _USAGE_END:
            return None
        self._usage_lines = 0
        self._awaited = False
        return Refused(520)
