"""A bounded table in this process: new keys on probation, the known-good in a segment apart.

What earns a place in the protected segment is left to the rules; that nothing here outlives the
process, to the stores that will. Entries carry their own times and end by being pushed out: a
cache with a time to live stalls when many end together. Both segments push out what was least
recently used, each within the small dictionaries of `shards`: whatever is used moves to the end
of its dictionary, so that who goes stands at the begin. Beside an ordered map or one of cachetools
that is as quick to read, takes two thirds of the memory, and grows without a pause (measured).
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from sys import maxsize
from typing import Any, TypeVar, cast

from screener.core.tables import Table
from screener.storage.packing import Packing
from screener.storage.shards import Held, Shards
from screener.storage.table_view import Entries, View

V = TypeVar("V")

AT_ONCE = 4_096
"""Entries that one call pushes out at most, where the bounds became that much smaller."""
_TOGETHER = 7
"""Where there is no room, one entry in 2 to that power of a dictionary goes."""


class SegmentedTable(Table[V]):
    """A map from text keys to values, bounded; keeps the contract `core.tables.Table`.

    `capacity` is the entries on probation, at least 1; `protected` those in the protected
    segment beside them, where 0 makes `protect` do nothing. Raises ValueError for less.
    `largest` is how many entries share one dictionary: without it all do, and the order in which
    they go is the same in every process. `evicted` counts those pushed out of the table so far.
    """

    def __init__(
        self,
        capacity: int,
        protected: int,
        packing: Packing[V, Any] | None = None,
        *,
        largest: int = maxsize,
    ) -> None:
        _check(capacity, protected)
        self.evicted = 0
        self._capacity, self._room = capacity, protected
        self._pack: Callable[[V], Any] | None = packing.pack if packing else None
        self._unpack: Callable[[Any], V] | None = packing.unpack if packing else None
        self._shards = Shards(max(capacity, protected), largest)
        self._on_probation = self._on_protected = 0
        self._full = capacity
        """So many on probation leave no room; 0 while there is more to let go than that."""
        self._hand = 0
        self._views: list[View[V]] = []

    def get(self, key: str) -> V | None:
        """Return the value under the key, or None; a look counts as a use."""
        shards = self._shards
        place = hash(key) >> shards.shift
        held = shards.probation[place]
        # Asked first: of a flood of new callers next to nothing is there to be taken out.
        if key not in held:
            if not self._on_protected:
                return None
            held = shards.protected[place]
            if key not in held:
                return None
        value = held.pop(key)
        held[key] = value
        unpack = self._unpack
        return value if unpack is None else unpack(value)

    def put(self, key: str, value: V) -> None:
        """Keep the value in the segment where the key already is, or else on probation."""
        kept = value if self._pack is None else self._pack(value)
        shards = self._shards
        place = hash(key) >> shards.shift
        held = shards.probation[place]
        if key not in held:
            held = shards.protected[place]
            if key not in held:
                self._add(key, place, kept)
                return
        before = held.pop(key)
        held[key] = kept
        if self._views:
            self._note(key, before, protected=held is shards.protected[place])

    def protect(self, key: str) -> None:
        """Move a present key to the protected segment, where it counts as used just now.

        Where that is full, its least recently used key goes back on probation, as the most
        recently used there, so that nobody loses an entry to another's promotion.
        """
        shards = self._shards
        place = hash(key) >> shards.shift
        known, new = shards.protected[place], shards.probation[place]
        if key in known:
            known[key] = known.pop(key)
            return
        if key not in new:
            return
        value = new.pop(key)
        if self._room == 0:
            new[key] = value
            return
        if self._views:
            self._note(key, value, protected=False)
        self._on_probation -= 1
        if self._on_protected >= self._room:
            self._demote(self._near(place, shards.protected, self._on_protected), 1)
        if len(shards.protected[place]) >= shards.largest and not shards.split(place):
            self._demote(place, 1)
        shards.protected[hash(key) >> shards.shift][key] = value
        self._on_protected += 1

    def forget(self, key: str) -> None:
        """Drop the key where it is present."""
        place = hash(key) >> self._shards.shift
        if key in self._shards.protected[place]:
            self._drop(self._shards.protected[place], key, protected=True)
            self._on_protected -= 1
        elif key in self._shards.probation[place]:
            self._drop(self._shards.probation[place], key, protected=False)
            self._on_probation -= 1

    def parts(self) -> View[V]:
        """Return the table as it is now, to be told part by part; no look counts as a use."""
        return View(self._shards, self._unpack or _same, self._views)

    def entries(self, *, protected: bool) -> Mapping[str, V]:
        """Return a copy of one of the two segments; no look counts as a use."""
        together: Held = {}
        for part in self.parts():
            together.update(cast("Entries[V]", part[protected]).packed)
        return together if self._unpack is None else Entries(together, self._unpack)

    def adopt(self, probation: Mapping[str, V], protected: Mapping[str, V]) -> None:
        """Fill an empty table with entries that fit, each least recently used first."""
        shards = self._shards
        shards.spread(max(len(probation), len(protected)))
        shift = shards.shift
        for segment, entries in ((shards.probation, probation), (shards.protected, protected)):
            for key, kept in self._packed(entries):
                segment[hash(key) >> shift][key] = kept
        self._on_probation, self._on_protected = len(probation), len(protected)

    def _packed(self, entries: Mapping[str, V]) -> Iterable[tuple[str, Any]]:
        if isinstance(entries, Entries) and entries.unpack is (self._unpack or _same):
            return entries.packed.items()
        pack = self._pack
        if pack is None:
            return entries.items()
        return ((key, pack(value)) for key, value in entries.items())

    def is_protected(self, key: str) -> bool:
        """Return whether the key is in the protected segment; does not count as a use."""
        return key in self._shards.protected[hash(key) >> self._shards.shift]

    @property
    def bounds(self) -> tuple[int, int]:
        """How many entries fit on probation, and how many in the protected segment."""
        return self._capacity, self._room

    def resize(self, capacity: int, protected: int) -> None:
        """Change the bounds and keep the most recently used; raises ValueError as `__init__`.

        Protected entries for which there is no room go on probation, as the most recently used
        there. Of more than `AT_ONCE` the rest goes while others are put.
        """
        _check(capacity, protected)
        self._capacity, self._room = capacity, protected
        self._shards.allow(max(capacity, protected))
        self._make_fit(capacity)

    def __len__(self) -> int:
        """Return how many keys are held in both segments."""
        return self._on_probation + self._on_protected

    def _add(self, key: str, place: int, kept: object) -> None:
        shards = self._shards
        if self._on_probation >= self._full:
            if self._full < self._capacity:
                self._make_fit(self._capacity - 1)
            else:
                near = self._near(place, shards.probation, self._on_probation)
                self._evict(shards.probation[near], _some(shards.probation[near]))
        held = shards.probation[place]
        if len(held) >= shards.largest:
            if not shards.split(place):
                self._evict(held, _some(held))
            held = shards.probation[hash(key) >> shards.shift]
        held[key] = kept
        self._on_probation += 1
        if self._views:
            self._note(key, None, protected=False)

    def _evict(self, held: Held, many: int) -> None:
        gone = list(islice(held, many))
        for key in gone:
            self._drop(held, key, protected=False)
        self._on_probation -= len(gone)
        self.evicted += len(gone)

    def _demote(self, place: int, many: int) -> None:
        """Put the least recently used of a protected dictionary back on probation."""
        known, new = self._shards.protected[place], self._shards.probation[place]
        for key in list(islice(known, many)):
            new[key] = self._drop(known, key, protected=True)
            self._on_protected -= 1
            self._on_probation += 1

    def _make_fit(self, capacity: int) -> None:
        """Let go what is more than that, a little of each dictionary in turn."""
        left = AT_ONCE
        while left > 0 and (over := self._on_protected - self._room) > 0:
            segment, entries = self._shards.protected, self._on_protected
            place = self._next(segment)
            many = min(self._share(len(segment[place]), over, entries), left)
            self._demote(place, many)
            left -= many
        while left > 0 and (over := self._on_probation - capacity) > 0:
            held = self._shards.probation[self._next(self._shards.probation)]
            many = min(self._share(len(held), over, self._on_probation), left)
            self._evict(held, many)
            left -= many
        self._full = self._capacity if left > 0 else 0

    def _share(self, held: int, over: int, entries: int) -> int:
        """Return how many of those of one dictionary are too many, if `over` of all are."""
        return held * over // entries or int(held * 2 >= entries // self._shards.pairs)

    def _next(self, segment: list[Held]) -> int:
        """Return the next place, going round, whose dictionary holds anything."""
        while True:
            _, self._hand = self._shards.run(self._hand)
            if segment[self._hand % len(segment)]:
                return self._hand % len(segment)

    def _near(self, place: int, segment: list[Held], entries: int) -> int:
        """Return the place, or the next where many have gone, to let some go."""
        fair = entries // self._shards.pairs
        if len(segment[place]) * 2 >= max(fair, 1):
            return place
        self._hand = place % len(segment)
        found = self._next(segment)
        while len(segment[found]) * 2 < fair:
            found = self._next(segment)
        return found

    def _drop(self, held: Held, key: str, *, protected: bool) -> Any:  # noqa: ANN401 - as packed
        value = held.pop(key)
        if self._views:
            self._note(key, value, protected=protected)
        return value

    def _note(self, key: str, was: object, *, protected: bool) -> None:
        for view in self._views:
            view.note(key, was, protected=protected)


def _some(held: Held) -> int:
    """Return how many go together: the first of a dictionary are slow to find."""
    return len(held) >> _TOGETHER or 1


def _same(value: V) -> V:
    return value


def _check(capacity: int, protected: int) -> None:
    if capacity < 1 or protected < 0:
        raise ValueError(
            f"a table of {capacity} entries and {protected} protected ones;"
            " allowed are 1 or more, and 0 or more"
        )
