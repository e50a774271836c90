"""A table as it was at one moment, told part by part while it goes on changing.

What changes in a part that was not told yet is noted as it was before, once for each key: as
quick for a table of ten million as for one of ten. The table itself is `memory`'s.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from screener.core.tables import Part
from screener.storage.shards import HASH_BITS, MOST_BITS, Held, Shards

V = TypeVar("V")

_BUCKETS = 1 << MOST_BITS
"""As many as a table has parts at most, so that each part is some whole buckets of keys."""
_TO_BUCKET = HASH_BITS - MOST_BITS


class Was(NamedTuple):
    """An entry as it was kept, and whether it was protected."""

    value: Any
    protected: bool


class Entries(Mapping[str, V]):
    """Copies of some entries; each value is unpacked when it is asked for."""

    def __init__(self, packed: Held, unpack: Callable[[Any], V]) -> None:
        self.packed = packed
        self.unpack = unpack

    def __getitem__(self, key: str) -> V:
        """Return the value; raises KeyError."""
        return self.unpack(self.packed[key])

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self.packed)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.packed)


class View(Generic[V]):
    """The parts of a table as it was when this was made; an iterator over `Part`."""

    def __init__(self, shards: Shards, unpack: Callable[[Any], V], views: list["View[V]"]) -> None:
        """Join the views that are told of changes, as long as there is more to tell."""
        self._shards = shards
        self._unpack = unpack
        self._views = views
        views.append(self)
        self._told = 0
        """Buckets that were told already."""
        self._before: dict[int, dict[str, Was | None]] = {}

    def note(self, key: str, was: Was | None) -> None:
        """Take notice that an entry is about to change; None where there was none."""
        bucket = (hash(key) >> _TO_BUCKET) % _BUCKETS
        if bucket >= self._told:
            self._before.setdefault(bucket, {}).setdefault(key, was)

    def __iter__(self) -> "View[V]":
        """Go on where it stands."""
        return self

    def __next__(self) -> Part[V]:
        """Return a copy of the next part."""
        if self._told == _BUCKETS:
            raise StopIteration
        shards = self._shards
        size = _BUCKETS // len(shards.probation)
        first, behind = shards.run(self._told // size)
        part = shards.probation[first].copy(), shards.protected[first].copy()
        self._told = behind * size
        for bucket in self._noted(first * size, self._told):
            for key, was in self._before.pop(bucket).items():
                for held in part:
                    held.pop(key, None)
                if was is not None:
                    part[was.protected][key] = was.value
        if self._told == _BUCKETS:
            self.close()
        return Part(Entries(part[0], self._unpack), Entries(part[1], self._unpack))

    def close(self) -> None:
        """Tell no more."""
        self._told = _BUCKETS
        self._before.clear()
        if self in self._views:
            self._views.remove(self)

    def _noted(self, first: int, behind: int) -> list[int]:
        before = self._before
        if behind - first <= len(before):
            return [bucket for bucket in range(first, behind) if bucket in before]
        return [bucket for bucket in before if first <= bucket < behind]
