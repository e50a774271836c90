"""A waiting entry as one line of a spill file, and back; a line that is not whole is no entry.

A call is `~SHAPE PACKED`, packed by `marshal` in a quarter of the time that JSON takes: every call
is such a line for a moment. SHAPE names the columns that are packed, so that a later version of
the log reads what an earlier one left; PACKED ends with its checksum and has its line ends escaped.
An outcome is `CHECKSUM JSON`; calls were that too once, and later `CHECKSUM =SHAPE BASE64`. Numbers
stand in any of them only as `log_rows` makes them, pseudonyms and sealed. Files are `spill`'s.
"""

import json
import marshal
import zlib
from binascii import a2b_base64

from screener.core.outcome import read_outcome
from screener.storage.log_rows import COLUMNS, Row, Value
from screener.storage.log_writer import Entry, Event

_CHECKSUM_DIGITS = 8
_PACKED = b"~"
_IN_BASE64 = b"="
_ESCAPE, _ESCAPED_ESCAPE, _ESCAPED_END = b"\x1b", b"\x1be", b"\x1bn"
_SUM_BYTES = 4
_FORMAT = 2
"""The newest format of `marshal` that keeps no table of what it met: half the time of format 4."""


def shape_of(columns: tuple[str, ...]) -> bytes:
    """Return the name of a set of columns in this order."""
    return b"%08x" % zlib.crc32(",".join(columns).encode("ascii"))


_SHAPES = {shape_of(COLUMNS): COLUMNS}
"""The columns of each shape; who changes `COLUMNS` adds the former ones."""
_HEAD = b"%b%b " % (_PACKED, shape_of(COLUMNS))


def encode(entry: Entry) -> bytes:
    """Return the entry as a line, with its line end."""
    if isinstance(entry, Event):
        outcome = entry.outcome
        told = [entry.call_id, entry.at, outcome.event.value, outcome.talk_s]
        text = json.dumps({"outcome": told}, separators=(",", ":")).encode("ascii")
        return b"%08x %b\n" % (zlib.crc32(text), text)
    packed = marshal.dumps((entry.values, tuple(entry.facets)), _FORMAT)
    # Adler's checksum needs no table of a hundred cache lines, which are cold when a call comes.
    packed += zlib.adler32(packed).to_bytes(_SUM_BYTES, "big")
    packed = packed.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(b"\n", _ESCAPED_END)
    return _HEAD + packed + b"\n"


def decode(line: bytes) -> Entry | None:
    """Return the entry of a line; None where the line was torn or is none of ours."""
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    try:
        if checksum.startswith(_PACKED):
            return _unpacked(checksum.removeprefix(_PACKED), text)
        if len(checksum) != _CHECKSUM_DIGITS or checksum != b"%08x" % zlib.crc32(text):
            return None
        if text.startswith(_IN_BASE64):
            shape, _, packed = text.removeprefix(_IN_BASE64).partition(b" ")
            return _row_of(shape, a2b_base64(packed, strict_mode=True))
        held = json.loads(text)
        return _event(held["outcome"]) if "outcome" in held else _row(held)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, EOFError):
        return None


def _unpacked(shape: bytes, text: bytes) -> Row | None:
    whole = text.replace(_ESCAPED_END, b"\n").replace(_ESCAPED_ESCAPE, _ESCAPE)
    packed, told = whole[:-_SUM_BYTES], whole[-_SUM_BYTES:]
    if told != zlib.adler32(packed).to_bytes(_SUM_BYTES, "big"):
        return None
    return _row_of(shape, packed)


def _row_of(shape: bytes, packed: bytes) -> Row | None:
    names = _SHAPES[shape]
    # A checksum stands beside it, in a file that nobody but this user may write.
    values, facets = marshal.loads(packed)  # noqa: S302
    return _row({"call": dict(zip(names, values, strict=True)), "facets": list(facets)})


def _event(held: object) -> Event | None:
    if not isinstance(held, list):
        return None
    call_id, at, name, talk_s = held
    outcome = read_outcome(name, str(talk_s))
    if outcome is None or not isinstance(call_id, str):
        return None
    return Event(call_id, float(at), outcome)


def _row(held: dict[str, object]) -> Row | None:
    call, facets = held["call"], held["facets"]
    if not isinstance(call, dict) or not isinstance(facets, list):
        return None
    if not all(isinstance(facet, str) for facet in facets):
        return None
    return Row(tuple(_value(call.get(name)) for name in COLUMNS), frozenset(facets))


def _value(held: object) -> Value:
    if held is None or isinstance(held, str | int | float | bytes):
        return held
    if isinstance(held, list):  # of JSON, which has no bytes
        return bytes.fromhex("".join(held))
    raise TypeError(f"no value of a row: {type(held).__name__}")
