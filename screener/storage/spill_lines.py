"""A waiting entry as one line of a spill file, and back; a line that is not whole is no entry.

A call is `!SHAPE PACKED`: every call is such a line for a moment. SHAPE names the columns that are
packed, so that a later version of the log reads what an earlier one left. Most texts are packed as
one, since `marshal` takes 400 instructions for each; PACKED ends with its checksum and has its line
ends escaped. `~SHAPE PACKED` holds a call value by value, as all once did, with its features, which
follow from the values now. An outcome is `CHECKSUM JSON`; calls were that too once, and later
`CHECKSUM =SHAPE BASE64`. Numbers stand in any of them only as `log_rows` makes them, pseudonyms and
sealed. Files are `spill`'s.
"""

import json
import marshal
import zlib
from binascii import a2b_base64

from screener.core.outcome import read_outcome
from screener.storage.log_rows import COLUMNS, FORMER_COLUMNS, TEXTS, Row, Value
from screener.storage.log_writer import Entry, Event

_CHECKSUM_DIGITS = 8
_JOINED, _PACKED = b"!", b"~"
_BETWEEN = "\0"
"""Stands between texts; calls whose texts hold one, or lack one, are packed value by value."""
_IN_BASE64 = b"="
_ESCAPE, _ESCAPED_ESCAPE, _ESCAPED_END = b"\x1b", b"\x1be", b"\x1bn"
_SUM_BYTES = 4
_FORMAT = 2
"""The newest format of `marshal` that keeps no table of what it met: half the time of format 4."""


def shape_of(columns: tuple[str, ...]) -> bytes:
    """Return the name of a set of columns in this order."""
    return b"%08x" % zlib.crc32(",".join(columns).encode("ascii"))


_TEXTS = len(TEXTS)
_BETWEENS = _TEXTS - 1

_SHAPES = {shape_of(columns): columns for columns in (COLUMNS, FORMER_COLUMNS)}
"""The columns of each shape; who changes `COLUMNS` adds the former ones."""
_JOINED_SHAPES = {shape_of((*TEXTS, "", *COLUMNS[_TEXTS:])): (TEXTS, COLUMNS[_TEXTS:])}
"""The same of lines that hold texts as one: which, and what else; `TEXTS` begins `COLUMNS`."""
_HEAD = b"%b%b " % (_PACKED, shape_of(COLUMNS))
_JOINED_HEAD = b"%b%b " % (_JOINED, next(iter(_JOINED_SHAPES)))


def encode(entry: Entry) -> bytes:
    """Return the entry as a line, with its line end."""
    if isinstance(entry, Event):
        outcome = entry.outcome
        told = [entry.call_id, entry.at, outcome.event.value, outcome.talk_s]
        text = json.dumps({"outcome": told}, separators=(",", ":")).encode("ascii")
        return b"%08x %b\n" % (zlib.crc32(text), text)
    try:
        joined = _BETWEEN.join(entry.values[:_TEXTS])  # type: ignore[arg-type]  # or TypeError
    except TypeError:  # one that is none
        return _line(_HEAD, marshal.dumps((entry.values, ()), _FORMAT))
    if joined.count(_BETWEEN) != _BETWEENS:
        return _line(_HEAD, marshal.dumps((entry.values, ()), _FORMAT))
    return _line(_JOINED_HEAD, marshal.dumps((joined, entry.values[_TEXTS:]), _FORMAT))


def _line(head: bytes, packed: bytes) -> bytes:
    # Adler's checksum needs no table of a hundred cache lines, which are cold when a call comes.
    line = b"".join((head, packed, zlib.adler32(packed).to_bytes(_SUM_BYTES, "big")))
    return line.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(b"\n", _ESCAPED_END) + b"\n"


def decode(line: bytes) -> Entry | None:
    """Return the entry of a line; None where the line was torn or is none of ours."""
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    try:
        if checksum.startswith((_JOINED, _PACKED)):
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


def _unpacked(kind: bytes, shape: bytes, text: bytes) -> Row | None:
    whole = text.replace(_ESCAPED_END, b"\n").replace(_ESCAPED_ESCAPE, _ESCAPE)
    packed, told = whole[:-_SUM_BYTES], whole[-_SUM_BYTES:]
    if told != zlib.adler32(packed).to_bytes(_SUM_BYTES, "big"):
        return None
    if kind == _PACKED:
        return _row_of(shape, packed)
    texts, others = _JOINED_SHAPES[shape]
    joined, rest = marshal.loads(packed)  # noqa: S302 - as below
    if not isinstance(joined, str):
        return None
    values: dict[str, object] = dict(zip(texts, joined.split(_BETWEEN), strict=True))
    return _row(values | dict(zip(others, rest, strict=True)))


def _row_of(shape: bytes, packed: bytes) -> Row | None:
    names = _SHAPES[shape]
    # A checksum stands beside it, in a file that nobody but this user may write.
    values, _ = marshal.loads(packed)  # noqa: S302
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
    row = Row(tuple(_value(call.get(name)) for name in COLUMNS))
    # What has no features would be no row of a log; to find that out is left to no writer.
    return row if row.facets else None


def _value(held: object) -> Value:
    if held is None or isinstance(held, str | int | float | bytes):
        return held
    if isinstance(held, list):  # of JSON, which has no bytes
        return bytes.fromhex("".join(held))
    raise TypeError(f"no value of a row: {type(held).__name__}")
