"""Reads the environment that Asterisk sends at the start of an AGI session, under a strict grammar.

Asterisk writes caller data raw into some of the lines, so a caller can add lines, end the
environment early or repeat a key. Hence: the known keys in Asterisk's order (res_agi.c,
`setup_env` and `launch_netscript`), each once, the arguments numbered and last. A break of the
grammar in the lines before any caller data is the peer's (`RemoteProtocolError`); from
`agi_callerid` on it is the caller's, an event of its own. Raw values serve for comparison only;
what a session asks for is read by `agi_request`.
"""

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
"""Lines of an environment, the arguments included."""

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
_CALLER_AT = _KEYS.index(_FIRST_OF_CALLER)
_OPTIONAL_AT = _KEYS.index(_OPTIONAL)


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
    """Takes the bytes of one session until its environment is whole or broken."""

    __slots__ = ("_arguments", "_at", "_caller_number", "_count", "_lines", "_size", "_values")

    def __init__(self) -> None:
        self._lines = LineBuffer(ARGUMENT_LIMIT, HEADER_LIMIT + ARGUMENT_LIMIT)
        self._at = 0
        self._size = 0
        self._count = 0
        self._values: dict[bytes, str] = {}
        self._caller_number = b""
        self._arguments: list[bytes] = []

    @property
    def started(self) -> bool:
        """Whether any byte has come."""
        return self._size > 0 or bool(self._lines.partial)

    def receive(self, data: bytes) -> Environment | MalformedCaller | None:
        """Take bytes; return the environment once whole, the caller's break, or None to wait.

        Raises:
            RemoteProtocolError: The grammar broke before any caller data.
        """
        self._lines.feed(data)
        try:
            while (line := self._lines.next_line()) is not None:
                if not line and self._at == len(_KEYS):
                    return self._whole()
                self._take(line)
        except RemoteProtocolError as error:
            if self._at < _CALLER_AT:
                raise
            return MalformedCaller(self._prefix(), str(error))
        return None

    def take_rest(self) -> bytes:
        """Return the bytes that came after the environment and forget them."""
        return self._lines.take_rest()

    def _take(self, line: bytes) -> None:
        self._size += len(line) + 1
        self._count += 1
        if self._size > HEADER_LIMIT:
            raise RemoteProtocolError(f"the environment is longer than {HEADER_LIMIT} bytes")
        if self._count > LINES_LIMIT:
            raise RemoteProtocolError(f"the environment has more than {LINES_LIMIT} lines")
        if b"\r" in line or b"\0" in line:
            raise RemoteProtocolError(f"line {self._count} of the environment holds CR or NUL")
        if self._at == len(_KEYS):
            self._take_argument(line)
        else:
            self._take_known(line)

    def _take_known(self, line: bytes) -> None:
        if self._at == _OPTIONAL_AT and not line.startswith(_HEADS[self._at]):
            self._at += 1
        head = _HEADS[self._at]
        if not line.startswith(head):
            raise RemoteProtocolError(
                f"line {self._count} of the environment is not {_KEYS[self._at].decode()}"
            )
        if len(line) > LINE_LIMIT:
            raise RemoteProtocolError(
                f"{_KEYS[self._at].decode()} is longer than {LINE_LIMIT} bytes"
            )
        if self._at < _CALLER_AT:
            value = line[len(head) :].decode("ascii", "backslashreplace")
            self._values[_KEYS[self._at]] = value
        elif self._at == _CALLER_AT:
            self._caller_number = line[len(head) :]
        self._at += 1

    def _take_argument(self, line: bytes) -> None:
        head = b"agi_arg_%d: " % (len(self._arguments) + 1)
        if not line.startswith(head):
            raise RemoteProtocolError(
                f"line {self._count} of the environment is not {head[:-2].decode()}"
            )
        self._arguments.append(line[len(head) :])

    def _whole(self) -> Environment:
        return Environment(self._prefix(), self._caller_number, tuple(self._arguments))

    def _prefix(self) -> TrustedPrefix:
        return TrustedPrefix(
            script=self._values.get(_OPTIONAL, "").removeprefix("/"),
            request=self._values.get(b"agi_request", ""),
            channel=self._values.get(b"agi_channel", ""),
            uniqueid=self._values.get(b"agi_uniqueid", ""),
        )
