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
from screener.protocol.agi_form import Forms, Values
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
_SCRIPT_AT = _OPTIONAL_AT
_CHANNEL_AT = _KEYS.index(b"agi_channel")
_UNIQUEID_AT = _KEYS.index(b"agi_uniqueid")
_FIRST_ARGUMENT = b"agi_arg_1: "
_PLAIN_LINES = len(_KEYS) + 3
"""What a plain environment falls into at its line ends: all lines, one argument, and two ends."""

_FORMS = Forms()
"""How those environments were that were read line by line of late."""

_START = _HEADS[0]
_END = b"\n\n"
_TOO_LONG = f"the environment is longer than {HEADER_LIMIT} bytes"


@dataclass(frozen=True, slots=True)
class TrustedPrefix:
    """Asterisk's own words, from the lines before any caller data.

    `script` is the path of the `agi://` address without its leading slash.
    """

    script: str = ""
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
        known = self._data
        got = known + data if known else data
        if got.endswith(_END):
            plain = _read_plain(got)
            if plain is not None:
                self._data = b""
                return plain
        return self._receive_with_care(got, len(known))

    def _receive_with_care(self, got: bytes, known: int) -> Environment | MalformedCaller | None:
        """Look for the end in what has come, of which so many bytes were looked at before."""
        self._data = got
        if known < len(_START) and not (got.startswith(_START) or _START.startswith(got)):
            raise RemoteProtocolError("line 1 of the environment is not agi_network")
        end = got.find(_END, known - 1 if known else 0, HEADER_LIMIT)
        if end >= 0:
            whole, self._data = got[: end + 2], got[end + 2 :]
            # What ends with its blank line has been tried.
            plain = _read_plain(whole) if self._data else None
            return plain or _Judge().read(whole)
        if len(got) > HEADER_LIMIT:
            return _Judge().read(got[: HEADER_LIMIT + 1])
        return None

    def take_rest(self) -> bytes:
        """Return the bytes that came after the environment and forget them."""
        rest, self._data = self._data, b""
        return rest


def _read_plain(whole: bytes) -> Environment | None:
    """Read what Asterisk sends for an address with a path; None leaves it to the judge.

    The judge alone says what is wrong, and reads what has no path, more arguments than one or a
    prefix that is not ASCII.
    """
    if len(whole) > HEADER_LIMIT:
        return None
    values = _FORMS.read(whole) or _read_lines(whole)
    if values is None:
        return None
    script, channel, uniqueid, number, argument = values
    prefix = TrustedPrefix(script.removeprefix("/"), channel, uniqueid)
    return Environment(prefix, number, (argument,))


def _read_lines(whole: bytes) -> Values | None:
    """Read it line by line, and remember how it was."""
    lines = whole.split(b"\n")
    if len(lines) != _PLAIN_LINES or whole.find(b"\r") >= 0 or whole.find(b"\0") >= 0:
        return None
    for at in range(_ARGUMENTS_AT):
        line = lines[at]
        if not line.startswith(_HEADS[at]) or len(line) > LINE_LIMIT:
            return None
    argument = lines[_ARGUMENTS_AT]
    if not argument.startswith(_FIRST_ARGUMENT) or len(argument) > ARGUMENT_LIMIT:
        return None
    try:
        values = (
            _value(lines, _SCRIPT_AT).decode("ascii"),
            _value(lines, _CHANNEL_AT).decode("ascii"),
            _value(lines, _UNIQUEID_AT).decode("ascii"),
            _value(lines, _CALLER_AT),
            argument[len(_FIRST_ARGUMENT) :],
        )
    except UnicodeDecodeError:
        return None
    _FORMS.learn(lines[: _PLAIN_LINES - 2])
    return values


def _value(lines: list[bytes], at: int) -> bytes:
    return lines[at][len(_HEADS[at]) :]


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
        script, channel, uniqueid = [
            self._values[at].decode("ascii", "backslashreplace")
            for at in (_SCRIPT_AT, _CHANNEL_AT, _UNIQUEID_AT)
        ]
        return TrustedPrefix(script.removeprefix("/"), channel, uniqueid)
