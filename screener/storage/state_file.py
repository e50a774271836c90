"""What an agent remembers as one sealed file: the tables, each as of one moment, what is usual.

Written in small chunks so that a thread that writes never holds Python up for long: texts as
JSON, numbers as they stand in memory, so that what is read is exactly what was written. When it
is written is left to `state_keeper`, putting it back into tables to `state_restore`.
"""

import json
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from sys import intern
from typing import TypeVar

from screener.core.crowd import Crowd
from screener.core.engine import CallNote
from screener.core.limits import Tats
from screener.core.reputation import Standing
from screener.core.usual import QUARTERS, UsualWeek
from screener.storage.crowd_state import FIELDS, KeptCrowds, crowds_of, numbers_of
from screener.storage.keys import Keys
from screener.storage.order_of_use import in_order_of_use
from screener.storage.sealed_file import SealedFileError, read_sealed, write_sealed

CHUNK = 500
"""Entries; about a millisecond of work, most of it in parts that others can interrupt."""

_PACKED = zlib.Z_BEST_SPEED
_NUMBERS = ("at", "good", "bad", "first_good", "last_good", "passed_at", "blocked_until")
_ONCE_WITHOUT = 6
"""How many of these a caller had in the files of agents that blocked nobody."""
_CALLS_ONCE_WITHOUT = 3
"""Texts of a call in the files of agents that knew no crowds."""
_OF_QUARTER = ("since", "whole", "before", "came", "refused", "failed")
_WITHHELD = "withheld:"
_CUSTOMERS = "customers"
_MOMENTS = ("counters_at", "callers_at", "calls_at")

V = TypeVar("V")


def _no_pause() -> None:
    """Go on at once."""


@dataclass(slots=True)
class Snapshot:
    """The tables, and the moment (seconds since 1970) as of which each was copied.

    `known` are the protected callers, `callers` those on probation; the usual week and the
    crowds are as of when the counters are.
    """

    counters_at: float
    callers_at: float
    calls_at: float
    counters: dict[str, Tats] = field(default_factory=dict)
    known: dict[str, Standing] = field(default_factory=dict)
    callers: dict[str, Standing] = field(default_factory=dict)
    calls: dict[str, CallNote] = field(default_factory=dict)
    usual: UsualWeek = field(default_factory=UsualWeek)
    crowds: KeptCrowds = field(default_factory=KeptCrowds)


@dataclass(slots=True)
class Stored:
    """A snapshot as it is read: each table with the least recently used entries first, nearly."""

    counters_at: float
    callers_at: float
    calls_at: float
    counters: dict[str, Tats] = field(default_factory=dict)
    known: dict[str, Standing] = field(default_factory=dict)
    callers: dict[str, Standing] = field(default_factory=dict)
    calls: dict[str, CallNote] = field(default_factory=dict)
    usual: UsualWeek = field(default_factory=UsualWeek)
    crowds: KeptCrowds = field(default_factory=KeptCrowds)


def write_state(
    path: Path, keys: Keys, snapshot: Snapshot, pause: Callable[[], None] = _no_pause
) -> int:
    """Write the snapshot, emptying it on the way, and return the file's size in bytes.

    `pause` is called after every chunk. Raises OSError; the file that stood there stays then.
    """
    return write_sealed(path, keys, _chunks(snapshot, pause))


def read_state(path: Path, keys: Keys) -> Stored:
    """Return what was written; raises SealedFileError where it is not whole and ours, and OSError.

    Takes about a second for 400,000 entries.
    """
    chunks = read_sealed(path, keys)
    try:
        told = json.loads(next(chunks, b"null"))
        counters_at, callers_at, calls_at = (float(told[name]) for name in _MOMENTS)
        stored = Stored(counters_at, callers_at, calls_at)
        stored.crowds.customers = int(told.get(_CUSTOMERS, 0))
        for chunk in chunks:
            _take(stored, zlib.decompress(chunk))
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
    gone = sum(
        len(getattr(stored, name)) - len(getattr(left, name))
        for name in ("counters", "known", "callers", "calls")
    )
    if gone:
        write_state(path, keys, left)
    return gone


def _chunks(snapshot: Snapshot, pause: Callable[[], None]) -> Iterator[bytes]:
    told: dict[str, float] = {name: getattr(snapshot, name) for name in _MOMENTS}
    yield json.dumps({**told, _CUSTOMERS: snapshot.crowds.customers}).encode()
    yield _week_chunk(snapshot.usual)
    yield from _crowd_chunks(snapshot.crowds, pause)
    for batch in _batches(
        snapshot.counters, in_order_of_use(snapshot.counters, _counted_at, pause)
    ):
        by_width: dict[int, list[tuple[str, Tats]]] = {}
        for entry in batch:
            by_width.setdefault(len(entry[1]), []).append(entry)
        by_width.pop(0, None)
        for width, entries in by_width.items():
            numbers = [tat for _, tats in entries for tat in tats]
            yield _chunk("counters", width, [[key for key, _ in entries]], numbers)
        pause()
    for name, table in (("known", snapshot.known), ("callers", snapshot.callers)):
        for callers in _batches(table, in_order_of_use(table, _used_at, pause)):
            texts = [[key for key, _ in callers], [one.trunk for _, one in callers]]
            yield _chunk(name, len(_NUMBERS), texts, _numbers_of(callers))
            pause()
    for notes in _batches(snapshot.calls, list(snapshot.calls)):
        texts = [
            [call_id for call_id, _ in notes],
            [note.identity for _, note in notes],
            [note.trunk for _, note in notes],
            [note.crowd for _, note in notes],
        ]
        yield _chunk("calls", 0, texts, [])
        pause()


def _week_chunk(week: UsualWeek) -> bytes:
    of_quarter = [float(getattr(week, name)) for name in _OF_QUARTER]
    numbers = [*of_quarter, *week.usual]
    return _chunk("usual", len(numbers), [[week.timezone]], numbers)


def _crowd_chunks(crowds: KeptCrowds, pause: Callable[[], None]) -> Iterator[bytes]:
    yield _crowd_chunk("all", [("", crowds.all)])
    for name, table in (("few", crowds.few), ("prefixes", crowds.prefixes)):
        for batch in _batches(table, in_order_of_use(table, _called_at, pause)):
            yield _crowd_chunk(name, batch)
            pause()


def _crowd_chunk(name: str, crowds: Sequence[tuple[str, Crowd]]) -> bytes:
    texts = [[key for key, _ in crowds], FIELDS]
    return _chunk(name, len(FIELDS), texts, numbers_of(one for _, one in crowds))


def _batches(table: dict[str, V], keys: Sequence[str]) -> Iterator[list[tuple[str, V]]]:
    # Taken out piece by piece: freeing a whole table at once would stop the process for long.
    for start in range(0, len(keys), CHUNK):
        yield [(key, table.pop(key)) for key in keys[start : start + CHUNK]]


def _counted_at(tats: Tats) -> float:
    # Of a counter's windows the one that lapses first tells best when it was last counted; the
    # longest would put every number before the prefixes and classes, which are busier.
    return min(tats, default=0.0)


def _used_at(one: Standing) -> float:
    return one.at


def _called_at(one: Crowd) -> float:
    return one.last_call


def _numbers_of(callers: Sequence[tuple[str, Standing]]) -> list[float]:
    return [getattr(one, name) for _, one in callers for name in _NUMBERS]


def _chunk(
    name: str, width: int, texts: Sequence[Sequence[str]], numbers: Sequence[float]
) -> bytes:
    head = json.dumps([name, width, texts], separators=(",", ":")).encode()
    return zlib.compress(head + b"\n" + struct.pack(f"<{len(numbers)}d", *numbers), _PACKED)


def _take(stored: Stored, chunk: bytes) -> None:
    head, _, packed = chunk.partition(b"\n")
    name, width, texts = json.loads(head)
    numbers = struct.unpack(f"<{len(texts[0]) * width}d", packed)
    columns = [numbers[place::width] for place in range(width)]
    match name:
        case "counters":
            stored.counters.update(zip(texts[0], zip(*columns, strict=True), strict=True))
        case "known" | "callers":
            if width == _ONCE_WITHOUT:
                columns.append((0.0,) * len(texts[0]))
            standings = _standings(columns, texts[1])
            table = stored.known if name == "known" else stored.callers
            table.update(zip(texts[0], standings, strict=True))
        case "calls":
            crowds = map(intern, texts[3] if len(texts) > _CALLS_ONCE_WITHOUT else repeat(""))
            notes = map(CallNote, texts[1], map(intern, texts[2]), crowds)
            stored.calls.update(zip(texts[0], notes, strict=True))
        case "usual":
            stored.usual = _week(texts[0][0], numbers)
        case "all":
            (stored.crowds.all,) = crowds_of(texts[1], columns)
        case "few" | "prefixes":
            kept = stored.crowds.few if name == "few" else stored.crowds.prefixes
            kept.update(zip(texts[0], crowds_of(texts[1], columns), strict=True))
        case _:
            raise ValueError(name)


def _week(timezone: str, numbers: Sequence[float]) -> UsualWeek:
    since, whole, before, *counts = numbers[: len(_OF_QUARTER)]
    came, refused, failed = map(int, counts)
    usual = list(numbers[len(_OF_QUARTER) :])
    if len(usual) != QUARTERS:
        raise ValueError(timezone)
    return UsualWeek(timezone, usual, since, bool(whole), before, came, refused, failed)


def _standings(columns: Sequence[Sequence[float]], trunks: Sequence[str]) -> list[Standing]:
    # Field by field, which the frozen class itself does one by one in four times the time.
    made = [Standing.__new__(Standing) for _ in trunks]
    for name, values in zip(_NUMBERS, columns, strict=True):
        deque(map(vars(Standing)[name].__set__, made, values), maxlen=0)
    deque(map(vars(Standing)["trunk"].__set__, made, map(intern, trunks)), maxlen=0)
    return made
