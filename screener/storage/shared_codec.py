"""How what several edges share is written down: the same bytes in every store.

Doubles are written as such, so that arithmetic in a store's own language is exact. What a store
itself must read of a standing stands at its head: version, and ids of events. Refuses what is too
large to be kept; where it is kept is left to the stores.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from math import isfinite
from typing import ParamSpec, TypeVar

from screener.core.shared import EVENTS_KEPT, Counter, Note, SharedStanding
from screener.errors import SharedRefusedError, SharedStoreError

LONGEST_KEY = 512
"""Bytes of a key: of a caller, a line, a counter, a call."""

MOST_COUNTERS = 128
"""Counters of one question, and of one deed."""

MOST_WINDOWS = 64
"""Windows of one counter."""

MOST_DEEDS = 1_000
"""Deeds told at once."""

LARGEST_POST = 262_144
"""Bytes of one entry of a feed."""

LARGEST_KEPT = 1_048_576
"""Bytes of one blob."""

MOST_POSTED = 10_000
"""Entries of one kind that a feed holds, and at times a tenth more."""

TRIM_EVERY = 500
"""Entries after which a store without a language of its own looks whether there are more."""

MOST_KEPT = 1_000
"""Blobs."""

MOST_OPEN = 1_000
"""Open challenges of one line: beyond, those that end soonest are not counted."""

LONGEST_TTL = 3_660 * 86_400.0
"""Seconds that anything is kept at most."""

SLACK_S = 1.0
"""Seconds that a counter is kept beyond the moment up to which it says anything."""

P = ParamSpec("P")
R = TypeVar("R")
Windows = tuple[tuple[int, float], ...]

_HEAD = struct.Struct("<dB")
_EVENT_BYTES = 8


def _ours(read: Callable[P, R]) -> Callable[P, R]:
    """Let a reader raise SharedStoreError for bytes that are not ours."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except (struct.error, ValueError) as error:
            raise SharedStoreError("the store holds something that is not of ours") from error

    return reading


def event_mark(event_id: str) -> bytes:
    """Return the eight bytes under which a standing remembers an event."""
    return hashlib.blake2b(event_id.encode(), digest_size=_EVENT_BYTES).digest()


def pack_doubles(values: Sequence[float]) -> bytes:
    """Write numbers down."""
    return struct.pack(f"<{len(values)}d", *values)


@_ours
def unpack_doubles(data: bytes) -> tuple[float, ...]:
    """Read what `pack_doubles` wrote."""
    return struct.unpack(f"<{len(data) // 8}d", data)


@lru_cache(maxsize=4_096)
def pack_windows(windows: Windows) -> bytes:
    """Write a counter's windows down: calls and seconds of each, as doubles.

    They come from the settings, few and always the same. Raises SharedRefusedError for what is no
    window.
    """
    if not 0 < len(windows) <= MOST_WINDOWS:
        raise SharedRefusedError(f"refused: a counter without windows, or over {MOST_WINDOWS}")
    if any(calls < 1 or not 0.0 < per <= LONGEST_TTL for calls, per in windows):
        raise SharedRefusedError("refused: a window without calls or time")
    return pack_doubles([float(one) for window in windows for one in window])


def pack_body(standing: SharedStanding) -> bytes:
    """Write down what no store looks into: all of a standing but version and events."""
    trunk = standing.trunk.encode()
    fields = standing.fields
    return struct.pack(f"<dB{len(fields)}d", standing.cleared_at, len(fields), *fields) + trunk


def pack_standing(version: int, marks: bytes, body: bytes) -> bytes:
    """Write a standing with its version and the marks of its events, the latest last."""
    kept = marks[-EVENTS_KEPT * _EVENT_BYTES :]
    return _HEAD.pack(version, len(kept) // _EVENT_BYTES) + kept + body


@_ours
def standing_head(data: bytes) -> tuple[int, bytes]:
    """Return the version and the marks of the events that a standing remembers."""
    version, events = _HEAD.unpack_from(data)
    return int(version), data[_HEAD.size : _HEAD.size + events * _EVENT_BYTES]


def remembers(marks: bytes, mark: bytes) -> bool:
    """Say whether an event is among those."""
    return any(
        marks[start : start + _EVENT_BYTES] == mark for start in range(0, len(marks), _EVENT_BYTES)
    )


@_ours
def unpack_standing(data: bytes) -> SharedStanding:
    """Read a standing."""
    version, events = _HEAD.unpack_from(data)
    at = _HEAD.size + events * _EVENT_BYTES
    cleared_at, count = _HEAD.unpack_from(data, at)
    fields = struct.unpack_from(f"<{count}d", data, at + _HEAD.size)
    trunk = data[at + _HEAD.size + count * 8 :].decode()
    return SharedStanding(int(version), fields, trunk, cleared_at)


def pack_note(note: Note) -> bytes:
    """Write a note down, its caller first, without its call id: that is its key."""
    told = (note.caller, note.edge, note.line, note.trunk, note.crowd)
    parts = [text.encode() for text in told]
    lengths = struct.pack("<5H", *map(len, parts))
    return lengths + b"".join(parts) + struct.pack("<?d", note.challenged, note.ttl)


@_ours
def note_caller(data: bytes) -> bytes:
    """Return of whom a note is."""
    start = struct.calcsize("<5H")
    return data[start : start + int(struct.unpack_from("<H", data)[0])]


@_ours
def unpack_note(call_id: str, data: bytes) -> Note:
    """Read the note of that call."""
    at = struct.calcsize("<5H")
    texts = []
    for length in struct.unpack_from("<5H", data):
        texts.append(data[at : at + length].decode())
        at += length
    challenged, ttl = struct.unpack_from("<?d", data, at)
    caller, edge, line, trunk, crowd = texts
    return Note(call_id, edge, caller, line, trunk, crowd, challenged, ttl)


def pack_post(edge: str, body: bytes) -> bytes:
    """Write an entry of a feed down."""
    name = edge.encode()
    return struct.pack("<H", len(name)) + name + body


@_ours
def unpack_post(data: bytes) -> tuple[str, bytes]:
    """Read an entry of a feed: edge and body."""
    start = 2 + struct.unpack_from("<H", data)[0]
    return data[2:start].decode(), data[start:]


def pack_place(place: int, posted: int) -> bytes:
    """Write down where a feed has got to, and how many entries it ever had."""
    return struct.pack("<QQ", place, posted)


@_ours
def unpack_place(data: bytes) -> tuple[int, int]:
    """Read what `pack_place` wrote."""
    place, posted = struct.unpack("<QQ", data)
    return place, posted


def pack_open(held: Sequence[tuple[float, str]]) -> bytes:
    """Write a line's open challenges down: when each ends, and its call."""
    named = [(ends, call_id.encode()) for ends, call_id in held]
    return b"".join([struct.pack("<dH", ends, len(name)) + name for ends, name in named])


@_ours
def unpack_open(data: bytes) -> list[tuple[float, str]]:
    """Read what `pack_open` wrote."""
    held, at = [], 0
    while at < len(data):
        ends, length = struct.unpack_from("<dH", data, at)
        at += 10 + length
        held.append((ends, data[at - length : at].decode()))
    return held


def checked_keys(*keys: str) -> None:
    """Refuse keys that are too long, or that have characters of ours; raises SharedRefusedError."""
    for key in keys:
        # Most are of ASCII, and no letter takes more than four bytes.
        if len(key) * 4 > LONGEST_KEY and len(key.encode()) > LONGEST_KEY:
            raise SharedRefusedError(f"refused: a key of more than {LONGEST_KEY} bytes")


def checked_counters(counters: Sequence[Counter]) -> None:
    """Refuse counters that no store takes; raises SharedRefusedError."""
    if len(counters) > MOST_COUNTERS:
        raise SharedRefusedError(f"refused: more than {MOST_COUNTERS} counters")
    for key, windows in counters:
        checked_keys(key)
        pack_windows(windows)


def checked_moments(counter: Counter, moments: Sequence[float]) -> None:
    """Refuse what is not one number for each window; raises SharedRefusedError."""
    if len(moments) != len(counter.windows) or not all(map(isfinite, moments)):
        raise SharedRefusedError("refused: not one number for each window")


def checked_ttl(ttl: float) -> float:
    """Refuse what would not end; raises SharedRefusedError."""
    if not 0.0 < ttl <= LONGEST_TTL:
        raise SharedRefusedError("refused: a time to live that is none")
    return ttl


def checked_size(body: bytes, largest: int) -> bytes:
    """Refuse what is too large; raises SharedRefusedError."""
    if len(body) > largest:
        raise SharedRefusedError(f"refused: {len(body)} bytes, allowed: {largest}")
    return body


def checked_kind(kind: str) -> str:
    """Refuse a kind of entries that is no plain word; raises SharedRefusedError."""
    if not (kind.isascii() and kind.replace("-", "").isalnum() and len(kind) <= LONGEST_KEY):
        raise SharedRefusedError("refused: a kind of entries that is no plain word")
    return kind
