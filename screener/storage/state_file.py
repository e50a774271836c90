"""What an agent remembers as one sealed file: its tables as of one moment, what is usual.

Written in small chunks so that a thread that writes never holds Python up for long: texts as
JSON, numbers as they stand in memory, so that what is read is exactly what was written. When it
is written is left to `state_keeper`, putting it back into tables to `state_restore`.
"""

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from pathlib import Path
from sys import intern
from typing import Any, TypeVar

from screener.core.crowd import Crowd
from screener.core.limits import Tats
from screener.core.memory import CallNote
from screener.core.reputation import Standing
from screener.core.usual import QUARTERS, UsualWeek
from screener.storage.crowd_state import FIELDS, KeptCrowds, crowds_of, numbers_of
from screener.storage.keys import Keys
from screener.storage.packing import (
    NUMBER_BYTES,
    NUMBERS,
    STANDING_NUMBERS,
    STANDINGS,
    Packing,
    numbers_in,
    trunk_bytes,
    trunk_of,
)
from screener.storage.sealed_file import SealedFileError, read_sealed, write_sealed
from screener.storage.table_view import Entries

CHUNK = 500
"""Entries; about a millisecond of work, most of it in parts that others can interrupt."""

_PACKED = zlib.Z_BEST_SPEED
_ONCE_WITHOUT = 6
"""How many of these a caller had in the files of agents that blocked nobody."""
_CALLS_ONCE_WITHOUT = 3
"""Texts of a call in the files of agents that knew no crowds."""
_OF_QUARTER = ("since", "whole", "before", "came", "refused", "failed")
_WITHHELD = "withheld:"
_CUSTOMERS = "customers"
_MOMENTS = ("counters_at", "callers_at", "calls_at")
_TABLES = ("counters", "known", "callers", "calls")

V = TypeVar("V")


def _no_pause() -> None:
    """Go on at once."""


@dataclass(slots=True)
class Snapshot:
    """The tables, and the moment (seconds since 1970) as of which each is known.

    `known` are the protected callers, `callers` those on probation; the usual week and the
    crowds are as of when the counters are. Each table has its least recently used entries first,
    nearly so where it was read.
    """

    counters_at: float
    callers_at: float
    calls_at: float
    counters: Mapping[str, Tats] = field(default_factory=dict)
    known: Mapping[str, Standing] = field(default_factory=dict)
    callers: Mapping[str, Standing] = field(default_factory=dict)
    calls: Mapping[str, CallNote] = field(default_factory=dict)
    usual: UsualWeek = field(default_factory=UsualWeek)
    crowds: KeptCrowds = field(default_factory=KeptCrowds)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some entries of a table, the least recently used first.

    `table` is the name of a snapshot's table, or `few` or `prefixes` for crowds.
    """

    table: str
    entries: Mapping[str, Any]


def write_state(
    path: Path,
    keys: Keys,
    snapshot: Snapshot,
    pause: Callable[[], None] = _no_pause,
    pieces: Iterable[Piece] = (),
) -> int:
    """Write the snapshot and more of its tables, and return the file's size in bytes.

    `pause` is called after every chunk; pieces are asked for when those before are written.
    Raises OSError; the file that stood there stays then.
    """
    return write_sealed(path, keys, _chunks(snapshot, pieces, pause))


def read_state(path: Path, keys: Keys) -> Snapshot:
    """Return what was written; raises SealedFileError where it is not whole and ours, and OSError.

    Takes about a second for 400,000 entries.
    """
    chunks = read_sealed(path, keys)
    try:
        told = json.loads(next(chunks, b"null"))
        counters_at, callers_at, calls_at = (float(told[name]) for name in _MOMENTS)
        stored = Snapshot(counters_at, callers_at, calls_at)
        stored.crowds.customers = int(told.get(_CUSTOMERS, 0))
        found: dict[str, list[_Found]] = {}
        for chunk in chunks:
            _take(stored, found, zlib.decompress(chunk))
        _put_together(stored, found)
    except (ValueError, KeyError, TypeError, IndexError, struct.error, zlib.error) as error:
        raise SealedFileError(f"{path} holds what no agent wrote") from error
    return stored


def forget_in_state(path: Path, keys: Keys, identity: str) -> int:
    """Rewrite the file without what it holds of a caller; return how many entries that were.

    For while no agent runs: a running one would write its own memory over it. A file that is
    not there holds nothing. Raises SealedFileError and OSError; the file stays then.
    """
    try:
        stored = read_state(path, keys)
    except FileNotFoundError:
        return 0
    names = {identity, _WITHHELD + identity}
    left = Snapshot(
        stored.counters_at,
        stored.callers_at,
        stored.calls_at,
        {
            key: tats
            for key, tats in stored.counters.items()
            if names.isdisjoint(key.split("\x1f")[1:])
        },
        {key: one for key, one in stored.known.items() if key != identity},
        {key: one for key, one in stored.callers.items() if key != identity},
        {key: note for key, note in stored.calls.items() if note.identity != identity},
        stored.usual,
        stored.crowds,
    )
    gone = sum(len(getattr(stored, name)) - len(getattr(left, name)) for name in _TABLES)
    if gone:
        write_state(path, keys, left)
    return gone


def _chunks(
    snapshot: Snapshot, pieces: Iterable[Piece], pause: Callable[[], None]
) -> Iterator[bytes]:
    told: dict[str, float] = {name: getattr(snapshot, name) for name in _MOMENTS}
    yield json.dumps({**told, _CUSTOMERS: snapshot.crowds.customers}).encode()
    yield _week_chunk(snapshot.usual)
    yield _crowd_chunk("all", 0.0, [("", snapshot.crowds.all)])
    crowds = snapshot.crowds
    own = [Piece("few", crowds.few), Piece("prefixes", crowds.prefixes)]
    own += [Piece(name, getattr(snapshot, name)) for name in _TABLES]
    for piece in chain(own, pieces):
        for chunk in _chunks_of(piece):
            yield chunk
            pause()


def _chunks_of(piece: Piece) -> Iterator[bytes]:
    name, entries = piece.table, piece.entries
    match name:
        case "counters":
            for place, counters in _batches(_packed(entries, NUMBERS)):
                yield from _counter_chunks(place / len(entries), counters)
        case "known" | "callers":
            for place, callers in _batches(_packed(entries, STANDINGS)):
                texts = [[key for key, _ in callers], [trunk_of(one) for _, one in callers]]
                numbers = b"".join([numbers_in(one) for _, one in callers])
                yield _chunk(name, place / len(entries), len(STANDING_NUMBERS), texts, numbers)
        case "calls":
            for place, notes in _batches(entries.items()):
                texts = [
                    [call_id for call_id, _ in notes],
                    [note.identity for _, note in notes],
                    [note.trunk for _, note in notes],
                    [note.crowd for _, note in notes],
                ]
                yield _chunk(name, place / len(entries), 0, texts, b"")
        case _:
            for place, crowds in _batches(entries.items()):
                yield _crowd_chunk(name, place / len(entries), crowds)


def _batches(entries: Iterable[tuple[str, V]]) -> Iterator[tuple[int, list[tuple[str, V]]]]:
    """Yield the entries of each chunk, and how many were before them."""
    going, place = iter(entries), 0
    while batch := list(islice(going, CHUNK)):
        yield place, batch
        place += len(batch)


def _packed(entries: Mapping[str, V], packing: Packing[V, bytes]) -> Iterable[tuple[str, bytes]]:
    # Not `isinstance`: compiled, `Entries` shares the cache of `Mapping`, and a dict is one, too.
    if type(entries) is Entries and entries.unpack is packing.unpack:
        return entries.packed.items()
    return ((key, packing.pack(value)) for key, value in entries.items())


def _counter_chunks(place: float, counters: list[tuple[str, bytes]]) -> Iterator[bytes]:
    by_size: dict[int, list[tuple[str, bytes]]] = {}
    for entry in counters:
        by_size.setdefault(len(entry[1]), []).append(entry)
    by_size.pop(0, None)
    for size, alike in by_size.items():
        numbers = b"".join([packed for _, packed in alike])
        texts = [[key for key, _ in alike]]
        yield _chunk("counters", place, size // NUMBER_BYTES, texts, numbers)


def _week_chunk(week: UsualWeek) -> bytes:
    of_quarter = [float(getattr(week, name)) for name in _OF_QUARTER]
    numbers = NUMBERS.pack((*of_quarter, *week.usual))
    return _chunk("usual", 0.0, len(numbers) // NUMBER_BYTES, [[week.timezone]], numbers)


def _crowd_chunk(name: str, place: float, crowds: Sequence[tuple[str, Crowd]]) -> bytes:
    texts = [[key for key, _ in crowds], FIELDS]
    numbers = NUMBERS.pack(tuple(numbers_of([one for _, one in crowds])))
    return _chunk(name, place, len(FIELDS), texts, numbers)


def _chunk(
    name: str, place: float, width: int, texts: Sequence[Sequence[str]], numbers: bytes
) -> bytes:
    head = json.dumps([name, width, texts, place], separators=(",", ":")).encode()
    return zlib.compress(head + b"\n" + numbers, _PACKED)


_Found = tuple[float, Sequence[str], Iterable[Any]]
"""How much of its piece stood before a chunk (0 to 1), its keys and their values."""


def _take(stored: Snapshot, found: dict[str, list[_Found]], chunk: bytes) -> None:
    head, _, packed = chunk.partition(b"\n")
    name, width, texts, *more = json.loads(head)
    keys, place = texts[0], float(more[0]) if more else 0.0
    if len(packed) != len(keys) * width * NUMBER_BYTES:
        raise ValueError(name)
    values: Iterable[Any]
    match name:
        case "counters":
            values = _rows(packed, len(keys), width)
        case "known" | "callers":
            values = _standings(_rows(packed, len(keys), width), width, texts[1])
        case "calls":
            crowds = map(intern, texts[3] if len(texts) > _CALLS_ONCE_WITHOUT else repeat(""))
            values = list(map(CallNote, texts[1], map(intern, texts[2]), crowds))
        case "usual":
            stored.usual = _week(keys[0], NUMBERS.unpack(packed))
            return
        case "all":
            (stored.crowds.all,) = crowds_of(texts[1], _columns(packed, width))
            return
        case "few" | "prefixes":
            values = crowds_of(texts[1], _columns(packed, width))
        case _:
            raise ValueError(name)
    found.setdefault(name, []).append((place, keys, values))


def _rows(packed: bytes, rows: int, width: int) -> list[bytes]:
    size = width * NUMBER_BYTES
    return [packed[begin : begin + size] for begin in range(0, rows * size, size or 1)]


def _columns(packed: bytes, width: int) -> list[Tats]:
    numbers = NUMBERS.unpack(packed)
    return [numbers[place::width] for place in range(width)]


def _standings(rows: list[bytes], width: int, trunks: Sequence[str]) -> list[bytes]:
    if width == _ONCE_WITHOUT:
        never = NUMBERS.pack((0.0,))
        rows = [row + never for row in rows]
    elif width != len(STANDING_NUMBERS):
        raise ValueError(width)
    kept = {trunk: trunk_bytes(trunk) for trunk in set(trunks)}
    return [row + kept[trunk] for row, trunk in zip(rows, trunks, strict=True)]


def _put_together(stored: Snapshot, found: dict[str, list[_Found]]) -> None:
    """Put the begins of all pieces before what follows in them: so it was used, nearly."""
    together: dict[str, dict[str, Any]] = {name: {} for name in (*_TABLES, "few", "prefixes")}
    for name, chunks in found.items():
        for _, keys, values in sorted(chunks, key=_place_of):
            together[name].update(zip(keys, values, strict=True))
    stored.counters = Entries(together["counters"], NUMBERS.unpack)
    stored.known = Entries(together["known"], STANDINGS.unpack)
    stored.callers = Entries(together["callers"], STANDINGS.unpack)
    stored.calls = together["calls"]
    stored.crowds.few, stored.crowds.prefixes = together["few"], together["prefixes"]


def _place_of(found: _Found) -> float:
    return found[0]


def _week(timezone: str, numbers: Sequence[float]) -> UsualWeek:
    since, whole, before, *counts = numbers[: len(_OF_QUARTER)]
    came, refused, failed = map(int, counts)
    usual = list(numbers[len(_OF_QUARTER) :])
    if len(usual) != QUARTERS:
        raise ValueError(timezone)
    return UsualWeek(timezone, usual, since, bool(whole), before, came, refused, failed)
