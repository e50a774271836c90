"""Remembers the lines of an AGI environment that are alike from call to call, and reads by them.

What one Asterisk sends differs in few lines: those are looked at, and all between two of them is
compared at once with what an earlier environment of good shape had there. What is not the same to
the byte is left to `agi_environment`, which alone knows the grammar: equal text is of good shape
because that was. Nothing of a caller is remembered. Each Asterisk, trunk's language or account has
a form of its own, so a few are kept.
"""

from collections.abc import Sequence

DIFFERING = (
    b"agi_network_script",
    b"agi_request",
    b"agi_channel",
    b"agi_uniqueid",
    b"agi_callerid",
    b"agi_calleridname",
    b"agi_callingpres",
    b"agi_dnid",
    b"agi_rdnis",
    b"agi_extension",
    b"agi_accountcode",
    b"agi_threadid",
    b"agi_arg_1",
)
"""Keys whose values are not remembered, in Asterisk's order: they differ, or are a caller's."""

_SHORT = 900
"""Bytes of a value, but for the last, that any limit of a line allows."""

_LONGEST = 4_000
"""Bytes of the last value, an argument, that its limit allows."""

MOST_FORMS = 8
"""More than an agent has Asterisks that ask in different ways; one that is of none of them costs
a look at each."""


Values = tuple[str, str, str, bytes, bytes]
"""Of an environment: script, channel, uniqueid, the caller's number, and the argument."""


class Forms:
    """The forms met of late, the one that fitted last before the others."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: list[Form] = []

    def learn(self, lines: Sequence[bytes]) -> None:
        """Take the form of an environment of good shape, all its lines up to the one argument."""
        form = Form()
        if form.learn(lines):
            # Met again: what it did not fit for stood in a value, as a name that is not ASCII does.
            others = [one for one in self._kept if one.shape() != form.shape()]
            self._kept = [form, *others[: MOST_FORMS - 1]]

    def read(self, whole: bytes) -> Values | None:
        """Read an environment of one of these forms, up to its blank line; None for others.

        That it ends with two line ends, and is not too long as a whole, is for the caller to see.
        """
        kept = self._kept
        if not kept:
            return None
        try:
            text = whole.decode("ascii")
        except UnicodeDecodeError:
            return None
        if "\r" in text or "\0" in text:
            return None
        for form in kept:
            values = form.read(text, whole)
            if values is not None:
                if form is not kept[0]:
                    self._kept = [form, *(one for one in kept if one is not form)]
                return values
        return None


class Form:
    """What stands around the differing values, as one environment had it."""

    __slots__ = ("_between", "_head")

    def __init__(self) -> None:
        self._head = ""
        self._between: list[str] = []

    def learn(self, lines: Sequence[bytes]) -> bool:
        """Take the form of an environment of good shape; return False where it has another one."""
        pieces: list[bytes] = []
        piece = b""
        for line in lines:
            key, colon, _ = line.partition(b": ")
            if key in DIFFERING:
                pieces.append(piece + key + colon)
                piece = b"\n"
            else:
                piece += line + b"\n"
        if len(pieces) != len(DIFFERING):
            return False
        texts = [one.decode("latin-1") for one in pieces]
        self._head, self._between = texts[0], texts[1:]
        return True

    def shape(self) -> tuple[str, ...]:
        """Return all that it is; forms of equal shape fit the same environments."""
        return self._head, *self._between

    def read(self, text: str, whole: bytes) -> Values | None:
        """Read an environment of this form, as text and as bytes; None where it is not."""
        between = self._between
        if not text.startswith(self._head):
            return None
        # Where each value begins: less than nothing once one of them did not end as it should.
        script = len(self._head)
        request = _past(text, script, between[0])
        channel = _past(text, request, between[1])
        uniqueid = _past(text, channel, between[2])
        number = _past(text, uniqueid, between[3])
        name = argument = _past(text, number, between[4])
        for piece in between[5:]:
            argument = _past(text, argument, piece)
        end = len(text) - 2
        if argument < 0 or end - argument > _LONGEST or text.find("\n", argument) != end:
            return None
        return (
            text[script : request - len(between[0])],
            text[channel : uniqueid - len(between[2])],
            text[uniqueid : number - len(between[3])],
            whole[number : name - len(between[4])],
            whole[argument:end],
        )


def _past(text: str, start: int, piece: str) -> int:
    """Return where the piece ends that stands behind the value from `start`; -1 where none does."""
    if start < 0:
        return -1
    end = text.find("\n", start)
    past = end + len(piece)
    if end < 0 or end - start > _SHORT or text[end:past] != piece:
        return -1
    return past
