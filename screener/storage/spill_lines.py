"""A waiting entry as one line of a spill file, and back; a line that is not whole is no entry.

`CHECKSUM JSON`: numbers stand in it only as `log_rows` makes them, pseudonyms and sealed. Columns
go by name, so that a later version of the log reads what an earlier one left. Files are `spill`'s.
"""

import json
import zlib

from screener.core.outcome import read_outcome
from screener.storage.log_rows import COLUMNS, Row, Value
from screener.storage.log_writer import Entry, Event

_CHECKSUM_DIGITS = 8


def encode(entry: Entry) -> bytes:
    """Return the entry as a line, with its line end."""
    if isinstance(entry, Event):
        outcome = entry.outcome
        held: object = {
            "outcome": [entry.call_id, entry.at, outcome.event.value, outcome.talk_s],
        }
    else:
        named = zip(COLUMNS, entry.values, strict=True)
        held = {
            "call": {name: value for name, value in named if value is not None},
            "facets": list(entry.facets),
        }
    text = _ENCODER.encode(held).encode("ascii")
    return b"%08x %b\n" % (zlib.crc32(text), text)


def decode(line: bytes) -> Entry | None:
    """Return the entry of a line; None where the line was torn or is none of ours."""
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    if len(checksum) != _CHECKSUM_DIGITS or checksum != b"%08x" % zlib.crc32(text):
        return None
    try:
        held = json.loads(text)
        return _event(held["outcome"]) if "outcome" in held else _row(held)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


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
    return Row(tuple(_value(call.get(name)) for name in COLUMNS), set(facets))


def _value(held: object) -> Value:
    if held is None or isinstance(held, str | int | float):
        return held
    if isinstance(held, list):
        return bytes.fromhex("".join(held))
    raise TypeError(f"no value of a row: {type(held).__name__}")


def _hex(value: bytes) -> list[str]:
    return [value.hex()]


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_hex)
