"""Reads the environment that Asterisk sends at the start of an AGI session, under a strict grammar.

Asterisk writes caller data raw into some of the lines, so a caller can add lines, end the
environment early or repeat a key. Hence: the known keys in Asterisk's order (res_agi.c,
`setup_env` and `launch_netscript`), each once, the arguments numbered and last. A break of the
grammar in the lines before any caller data is the peer's (`RemoteProtocolError`); from
`agi_callerid` on it is the caller's, an event of its own. Raw values serve for comparison only;
what a session asks for is read by `agi_request`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from screener.errors import RemoteProtocolError
from screener.protocol.lines import LineBuffer

HEADER_LIMIT = 8_192
"""Bytes of a whole environment, line ends included."""

LINE_LIMIT = 1_000
"""Bytes of a line that is not an argument."""

ARGUMENT_LIMIT = 4_096
"""Bytes of an argument line: Asterisk expands a variable into a buffer of this size."""

LINES_LIMIT = 64
"""Lines of an environment, the arguments and the blank one included."""

_OPTIONAL = b"agi_network_script"
_FIRST_OF_CALLER = b"agi_callerid"
_KEYS = (
    b"agi_network",
    _OPTIONAL,
    b"agi_request",
    b"agi_channel",
    b"agi_language",
    b"agi_type",
    b"agi_uniqueid",
    b"agi_version",
    _FIRST_OF_CALLER,
    b"agi_calleridname",
    b"agi_callingpres",
    b"agi_callingani2",
    b"agi_callington",
    b"agi_callingtns",
    b"agi_dnid",
    b"agi_rdnis",
    b"agi_context",
    b"agi_extension",
    b"agi_priority",
    b"agi_enhanced",
    b"agi_accountcode",
    b"agi_threadid",
)
_HEADS = tuple(key + b": " for key in _KEYS)
_ARGUMENTS_AT = len(_KEYS)
_CALLER_AT = _KEYS.index(_FIRST_OF_CALLER)
_OPTIONAL_AT = _KEYS.index(_OPTIONAL)
_PREFIX_AT = tuple(
    map(_KEYS.index, (_OPTIONAL, b"agi_request", b"agi_channel", b"agi_uniqueid")),
)
_READ_AT = (*_PREFIX_AT, _CALLER_AT)
_READ_OF_PREFIX = len(_PREFIX_AT)
_START = _HEADS[0]
_END = b"\n\n"
_TOO_LONG = f"the environment is longer than {HEADER_LIMIT} bytes"


def _sound() -> re.Pattern[bytes]:
    """Build the pattern of an environment of good shape, with a group for what is read of it."""
    # A dot takes a third of the time of what leaves CR and NUL out, which the whole is asked for.
    lines = []
    for at, (key, head) in enumerate(zip(_KEYS, _HEADS, strict=True)):
        value = rb".{0,%d}" % (LINE_LIMIT - len(head))
        line = rb"%s(%s)\n" % (head, value) if at in _READ_AT else rb"%s%s\n" % (head, value)
        lines.append(b"(?:%s)?" % line if key == _OPTIONAL else line)
    head = b"agi_arg_1: "
    lines.append(rb"%s(.{0,%d})\n\n\Z" % (head, ARGUMENT_LIMIT - len(head)))
    return re.compile(b"".join(lines))


_SOUND = _sound()


@dataclass(frozen=True, slots=True)
class TrustedPrefix:
    """Asterisk's own words, from the lines before any caller data.

    `script` is the path of the `agi://` address without its leading slash.
    """

    script: str = ""
    request: str = ""
    channel: str = ""
    uniqueid: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """A whole environment of good shape; `caller_number` is raw and only to be compared."""

    prefix: TrustedPrefix
    caller_number: bytes
    arguments: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class MalformedCaller:
    """The grammar broke where caller data can stand; `why` names the place, never the data."""

    prefix: TrustedPrefix
    why: str


class EnvironmentReader:
    """Takes the bytes of one session until its environment is whole or broken.

    Asterisk sends it in some 24 pieces, so they are only collected until the blank line has come
    and then read at once.
    """

    __slots__ = ("_data",)

    def __init__(self) -> None:
        self._data = b""

    @property
    def started(self) -> bool:
        """Whether any byte has come."""
        return bool(self._data)

    def receive(self, data: bytes) -> Environment | MalformedCaller | None:
        """Take bytes; return the environment once whole, the caller's break, or None to wait.

        Raises:
            RemoteProtocolError: The grammar broke before any caller data.
        """
        known = len(self._data)
        self._data = got = self._data + data
        if known < len(_START) and got[: len(_START)] != _START[: len(got)]:
            raise RemoteProtocolError("line 1 of the environment is not agi_network")
        end = got.find(_END, known - 1 if known else 0, HEADER_LIMIT)
        if end >= 0:
            whole, self._data = got[: end + 2], got[end + 2 :]
            return _read_sound(whole) or _Judge().read(whole)
        if len(got) > HEADER_LIMIT:
            return _Judge().read(got[: HEADER_LIMIT + 1])
        return None

    def take_rest(self) -> bytes:
        """Return the bytes that came after the environment and forget them."""
        rest, self._data = self._data, b""
        return rest


def _read_sound(whole: bytes) -> Environment | None:
    """Read an environment of good shape with one argument; None leaves it to the judge."""
    if b"\r" in whole or b"\0" in whole:
        return None
    match = _SOUND.match(whole)
    if match is None:
        return None
    values = match.groups(b"")
    return Environment(_prefix(values[:_READ_OF_PREFIX]), values[-2], (values[-1],))


def _prefix(values: Sequence[bytes]) -> TrustedPrefix:
    script, request, channel, uniqueid = [v.decode("ascii", "backslashreplace") for v in values]
    return TrustedPrefix(script.removeprefix("/"), request, channel, uniqueid)


class _Judge:
    """Reads an environment line by line and says what is wrong with it, and whose doing it is."""

    def __init__(self) -> None:
        self._at = 0
        self._size = 0
        self._count = 0
        self._values: list[bytes] = []
        self._arguments: list[bytes] = []

    def read(self, whole: bytes) -> Environment | MalformedCaller:
        """Read it all; raises RemoteProtocolError where it breaks before any caller data."""
        lines = LineBuffer(ARGUMENT_LIMIT, len(whole))
        lines.feed(whole)
        try:
            while (line := lines.next_line()) is not None:
                self._measure(line)
                if not line and self._at == _ARGUMENTS_AT:
                    return Environment(
                        self._prefix(), self._values[_CALLER_AT], tuple(self._arguments)
                    )
                self._take(line)
        except RemoteProtocolError as error:
            return self._blame(str(error))
        return self._blame(_TOO_LONG)

    def _blame(self, why: str) -> MalformedCaller:
        if self._at < _CALLER_AT:
            raise RemoteProtocolError(why)
        return MalformedCaller(self._prefix(), why)

    def _measure(self, line: bytes) -> None:
        self._size += len(line) + 1
        self._count += 1
        if self._size > HEADER_LIMIT:
            raise RemoteProtocolError(_TOO_LONG)
        if self._count > LINES_LIMIT:
            raise RemoteProtocolError(f"the environment has more than {LINES_LIMIT} lines")
        if b"\r" in line or b"\0" in line:
            raise RemoteProtocolError(f"line {self._count} of the environment holds CR or NUL")

    def _take(self, line: bytes) -> None:
        if self._at == _ARGUMENTS_AT:
            self._take_argument(line)
            return
        if self._at == _OPTIONAL_AT and not line.startswith(_HEADS[self._at]):
            self._values.append(b"")
            self._at += 1
        key, head = _KEYS[self._at].decode(), _HEADS[self._at]
        if not line.startswith(head):
            raise RemoteProtocolError(f"line {self._count} of the environment is not {key}")
        if len(line) > LINE_LIMIT:
            raise RemoteProtocolError(f"{key} is longer than {LINE_LIMIT} bytes")
        self._values.append(line[len(head) :])
        self._at += 1

    def _take_argument(self, line: bytes) -> None:
        head = b"agi_arg_%d: " % (len(self._arguments) + 1)
        if not line.startswith(head):
            raise RemoteProtocolError(
                f"line {self._count} of the environment is not {head[:-2].decode()}"
            )
        self._arguments.append(line[len(head) :])

    def _prefix(self) -> TrustedPrefix:
        return _prefix([self._values[at] for at in _PREFIX_AT])
