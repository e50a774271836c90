"""A waiting entry as one line of a spill file, and back; a line that is not whole is no entry.

A call is `#SHAPE KIND OWN`: every call is such a line for a moment. SHAPE names the columns that
are packed, so that a later version of the log reads what an earlier one left. KIND is packed once
for all calls that share it (`log_kinds`). Most texts are packed as one, since `marshal` takes 400
instructions for each; OWN ends with the checksum of both, and line ends are escaped. `!SHAPE
PACKED` holds all values together, as each did once, and `~SHAPE PACKED` value by value, what does
not go so, once with its features. An outcome is `CHECKSUM JSON`; calls were that too once, and
later `CHECKSUM =SHAPE BASE64`. Numbers stand in any of them only as `log_rows` makes them,
pseudonyms and sealed. Files are `spill`'s.
"""

import json
import zlib
from binascii import a2b_base64
from io import BytesIO
from marshal import dumps, load, loads
from typing import Final
from zlib import adler32

from screener.core.outcome import read_outcome
from screener.storage.log_kinds import (
    FORMAT,
    OTHERS,
    SHARED,
    WORDS,
    Value,
    escaped,
    joined_texts,
    joined_values,
    whole,
)
from screener.storage.log_rows import (
    COLUMNS,
    FORMER_COLUMNS,
    FORMER_TEXTS,
    OWN,
    SELDOM,
    TEXTS,
    Row,
    row_of,
)
from screener.storage.log_writer import Entry, Event

_CHECKSUM_DIGITS = 8
_SHARING, _JOINED, _PACKED = b"#", b"!", b"~"
_IN_BASE64 = b"="
_SUM_BYTES: Final = 4


def shape_of(columns: tuple[str, ...]) -> bytes:
    """Return the name of a set of columns in this order."""
    return b"%08x" % zlib.crc32(",".join(columns).encode("ascii"))


_TEXTS: Final = len(TEXTS)

_SHAPES = {shape_of(columns): columns for columns in (COLUMNS, *FORMER_COLUMNS)}
"""The columns of each shape; who changes `COLUMNS` adds the former ones."""
_FORMER_TEXTS = len(FORMER_TEXTS)
_JOINED_COLUMNS = FORMER_COLUMNS[-1]
_JOINED_SHAPE = shape_of((*FORMER_TEXTS, "", *_JOINED_COLUMNS[_FORMER_TEXTS:]))
"""Of lines that hold the first texts as one."""
_SHARING_SHAPE = shape_of((*TEXTS, "", *OWN[_TEXTS:], "", *SHARED))
_HEAD: Final = b"%b%b " % (_PACKED, shape_of(COLUMNS))
_SHARING_HEAD: Final = b"%b%b " % (_SHARING, _SHARING_SHAPE)


def encode(entry: Entry) -> bytes:
    """Return the entry as a line, with its line end."""
    if isinstance(entry, Event):
        outcome = entry.outcome
        told = [entry.call_id, entry.at, outcome.event.value, outcome.talk_s]
        text = json.dumps({"outcome": told}, separators=(",", ":")).encode("ascii")
        return b"%08x %b\n" % (zlib.crc32(text), text)
    kind, own = entry.kind, entry.own
    joined = joined_texts(own, _TEXTS) if kind.line else None
    if joined is not None:
        others = own[_TEXTS:] + entry.seldom if entry.seldom else own[_TEXTS:]
        packed = dumps((joined, others), FORMAT)
        # Adler's checksum needs no table of cache lines, which are cold when a call comes.
        return _line(_SHARING_HEAD + kind.line, packed, adler32(packed, kind.begun))
    packed = dumps((entry.values, ()), FORMAT)
    return _line(_HEAD, packed, adler32(packed))


def _line(head: bytes, packed: bytes, checksum: int) -> bytes:
    return head + escaped(packed + checksum.to_bytes(_SUM_BYTES, "big")) + b"\n"


def decode(line: bytes) -> Entry | None:
    """Return the entry of a line; None where the line was torn or is none of ours."""
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    try:
        if checksum.startswith((_SHARING, _JOINED, _PACKED)):
            return _unpacked(checksum[:1], checksum[1:], text)
        if len(checksum) != _CHECKSUM_DIGITS or checksum != b"%08x" % zlib.crc32(text):
            return None
        if text.startswith(_IN_BASE64):
            shape, _, packed = text.removeprefix(_IN_BASE64).partition(b" ")
            return _row_of(shape, a2b_base64(packed, strict_mode=True))
        held = json.loads(text)
        return _event(held["outcome"]) if "outcome" in held else _row(held["call"])
    except (
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
        RecursionError,
        EOFError,
        StopIteration,
    ):
        return None


def _unpacked(how: bytes, shape: bytes, text: bytes) -> Row | None:
    told = whole(text)
    packed = told[:-_SUM_BYTES]
    if told[-_SUM_BYTES:] != adler32(packed).to_bytes(_SUM_BYTES, "big"):
        return None
    if how == _PACKED:
        return _row_of(shape, packed)
    if shape != (_JOINED_SHAPE if how == _JOINED else _SHARING_SHAPE):
        return None
    both = BytesIO(packed)
    if how == _JOINED:
        held = load(both)  # noqa: S302 - as below
        return _row(joined_values(held, FORMER_TEXTS, _JOINED_COLUMNS[_FORMER_TEXTS:]))
    shared = joined_values(load(both), WORDS, OTHERS)  # noqa: S302 - as below
    own = joined_values(load(both), TEXTS, OWN[_TEXTS:], SELDOM)  # noqa: S302 - as below
    return None if both.read(1) else _row(shared | own)


def _row_of(shape: bytes, packed: bytes) -> Row | None:
    names = _SHAPES[shape]
    # A checksum stands beside it, in a file that nobody but this user may write.
    values, _ = loads(packed)  # noqa: S302
    return _row(dict(zip(names, values, strict=True)))


def _event(held: object) -> Event | None:
    if not isinstance(held, list):
        return None
    call_id, at, name, talk_s = held
    outcome = read_outcome(name, str(talk_s))
    if outcome is None or not isinstance(call_id, str):
        return None
    return Event(call_id, float(at), outcome)


def _row(call: object) -> Row | None:
    if not isinstance(call, dict):
        return None
    row = row_of(tuple(_value(call.get(name)) for name in COLUMNS))
    # What has no features would be no row of a log; to find that out is left to no writer.
    return row if row.facets else None


def _value(held: object) -> Value:
    if held is None or isinstance(held, str | int | float | bytes):
        return held
    if isinstance(held, list):  # of JSON, which has no bytes
        return bytes.fromhex("".join(held))
    raise TypeError(f"no value of a row: {type(held).__name__}")
