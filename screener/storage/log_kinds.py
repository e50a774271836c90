"""What many calls of a log share word for word: put into a statement or a spill line once.

Of what is bound to a statement each text costs a thousand instructions, more than the row's own
writing costs a column (counted); as words of the statement it costs a few. Rows are
`log_rows`'s, the lines `spill_lines`'s.
"""

import marshal
import re
from dataclasses import dataclass, field
from typing import Final
from zlib import adler32

Value = str | bytes | int | float | None

WORDS = (
    *("caller_class", "trunk", "attestation", "verdict", "would", "reasons"),
    *("pressure", "mode", "config"),
)
"""Texts that every decided call has."""
OTHERS = ("key_id", "treatment", "sip_code", "priority", "challenge_from", "drop_from")
SHARED = (*WORDS, *OTHERS)
"""Columns of which many calls have the same values. `did` and `source` are none of them: a site has
many numbers, and a carrier or a botnet many addresses."""

FORMAT: Final = 2
"""The newest format of `marshal` that keeps no table of what it met: half the time of format 4."""
BETWEEN: Final = "\0"
"""Stands between texts packed as one; where one of them holds it they are not."""

_ESCAPE: Final = b"\x1b"
_ESCAPED_ESCAPE: Final = b"\x1be"
_END: Final = b"\n"
_ESCAPED_END: Final = b"\x1bn"
_WORDS: Final = len(WORDS)
_PLAIN = re.compile("[A-Za-z0-9 ,.:_+-]{0,200}")
"""Texts that may stand in a statement: what a trunk is called comes from a call."""
_LARGEST = 1_000_000
_EIGHTHS = 8.0


@dataclass(slots=True, eq=False)
class Kind:
    """Values of `SHARED`, one for each; rows of a kind point to the same one.

    `line` is how they stand in a spill file, empty where they cannot stand there so; `begun` the
    checksum (Adler's) of what it says.
    """

    values: tuple[Value, ...]
    line: bytes = field(default=b"", init=False)
    begun: int = field(default=1, init=False)
    uses: dict[int, int] = field(default_factory=dict, init=False, repr=False)
    """How often rows of it were written, by what else they tell; `log_binding` counts."""

    def __post_init__(self) -> None:
        """Pack the values."""
        joined = joined_texts(self.values, _WORDS)
        if joined is not None:
            packed = marshal.dumps((joined, self.values[_WORDS:]), FORMAT)
            self.begun = adler32(packed)
            self.line = escaped(packed)


def joined_texts(values: tuple[Value, ...], count: int) -> str | None:
    """Return the first values as one text; None where that would not be read as it was."""
    try:
        joined = BETWEEN.join(values[:count])  # type: ignore[arg-type]  # or TypeError
    except TypeError:  # one that is no text
        return None
    return joined if joined.count(BETWEEN) == count - 1 else None


def joined_values(
    held: object, texts: tuple[str, ...], others: tuple[str, ...], seldom: tuple[str, ...] = ()
) -> dict[str, object]:
    """Return values by column of what is packed as one text and the others.

    What is `seldom` there may be left out. Raises ValueError or TypeError where it is none of that.
    """
    if not isinstance(held, tuple):
        raise TypeError("no values")
    joined, rest = held
    if not isinstance(joined, str) or not isinstance(rest, tuple):
        raise TypeError("no texts, or nothing else")
    names = others if len(rest) == len(others) else (*others, *seldom)
    told: dict[str, object] = dict(zip(texts, joined.split(BETWEEN), strict=True))
    return told | dict(zip(names, rest, strict=True))


def escaped(packed: bytes) -> bytes:
    """Return bytes without line ends."""
    # Without a look whether there is any: `in` takes twice as long as both of these (counted).
    return packed.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(_END, _ESCAPED_END)


def whole(text: bytes) -> bytes:
    """Return the bytes that were `escaped`."""
    return text.replace(_ESCAPED_END, _END).replace(_ESCAPED_ESCAPE, _ESCAPE)


def as_word(value: Value) -> str | None:
    """Return a value as a word of SQL that stands for it and no other; None where there is none.

    Of fractions only some of eighths, which any reading of decimals gets exactly.
    """
    if isinstance(value, str):
        return f"'{value}'" if _PLAIN.fullmatch(value) else None
    if type(value) is int:
        return str(value) if 0 <= value < _LARGEST else None
    if isinstance(value, float) and 0.0 <= value < _LARGEST:
        return repr(value) if (value * _EIGHTHS).is_integer() else None
    return None
