"""A table as it was at one moment, told part by part while it goes on changing.

What changes in a part that was not told yet is noted as it was before, once for each key: as
quick for a table of ten million as for one of ten. To tell a part, its dictionaries are copied and
its notes handed over; whoever reads the copies puts the notes in, in small steps if need be, as a
busy agent has noted thousands. The table itself is `memory`'s.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from screener.core.tables import Part
from screener.storage.shards import HASH_BITS, MOST_BITS, Held, Shards

V = TypeVar("V")

_LEAST_BITS = 10
_FINER_BITS = 2
"""Notes are kept apart by so many bits of a hash at least, and by more than dictionaries are:
they may be split meanwhile.
"""


class Entries(Mapping[str, V]):
    """Copies of some entries; each value is unpacked when it is asked for.

    `before` are notes of entries that were among these and changed since, or None where there was
    none; `elsewhere` of such as were not among these and may be now.
    """

    def __init__(
        self,
        copied: Held,
        unpack: Callable[[Any], V],
        before: list[Held] | None = None,
        elsewhere: list[Held] | None = None,
    ) -> None:
        self.unpack = unpack
        self._copied = copied
        self._before = before or []
        self._elsewhere = elsewhere or []

    def settle_some(self) -> bool:
        """Put some of the notes in; return False where none is left.

        Takes a fraction of a millisecond; by itself that is done when an entry is asked for.
        """
        copied = self._copied
        if self._elsewhere:
            for key in self._elsewhere.pop():
                copied.pop(key, None)
            return True
        if self._before:
            for key, was in self._before.pop().items():
                copied.pop(key, None)
                if was is not None:
                    copied[key] = was
            return True
        return False

    @property
    def packed(self) -> Held:
        """The entries as they are kept."""
        while self.settle_some():
            pass
        return self._copied

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
    """The parts of a table as it was when this was made; an iterator over `Part` of `Entries`."""

    def __init__(self, shards: Shards, unpack: Callable[[Any], V], views: list["View[V]"]) -> None:
        """Join the views that are told of changes, as long as there is more to tell."""
        self._shards = shards
        self._unpack = unpack
        self._views = views
        views.append(self)
        bits = HASH_BITS - shards.shift + _FINER_BITS
        self._bits = min(max(bits, _LEAST_BITS), MOST_BITS)
        self._buckets = 1 << self._bits
        self._to_bucket = HASH_BITS - self._bits
        self._told = 0
        """Buckets that were told already; each part is some whole ones."""
        # Two, as the collector looks at no dictionary of packed values, and at each of pairs.
        self._on_probation: dict[int, Held] = {}
        self._on_protected: dict[int, Held] = {}

    def note(self, key: str, was: Any, *, protected: bool) -> None:  # noqa: ANN401 - as packed
        """Take notice that an entry is about to change; None where there was none."""
        bucket = (hash(key) >> self._to_bucket) % self._buckets
        if bucket < self._told:
            return
        noted, other = self._on_probation, self._on_protected
        if protected:
            noted, other = other, noted
        if bucket in other and key in other[bucket]:
            return
        if bucket in noted:
            noted[bucket].setdefault(key, was)
        else:
            noted[bucket] = {key: was}

    def __iter__(self) -> "View[V]":
        """Go on where it stands."""
        return self

    def __next__(self) -> Part[V]:
        """Return a copy of the next part."""
        if self._told == self._buckets:
            raise StopIteration
        shards, first = self._shards, self._told
        places = len(shards.probation)
        place, behind = shards.run(first * places >> self._bits)
        new, known = shards.probation[place].copy(), shards.protected[place].copy()
        while (behind << self._bits) % places:  # more were split than buckets are
            place, behind = shards.run(behind)
            new.update(shards.probation[place])
            known.update(shards.protected[place])
        self._told = (behind << self._bits) // places
        were_new = self._noted(self._on_probation, first)
        were_known = self._noted(self._on_protected, first)
        if self._told == self._buckets:
            self.close()
        return Part(
            Entries(new, self._unpack, were_new, were_known.copy()),
            Entries(known, self._unpack, were_known, were_new.copy()),
        )

    def close(self) -> None:
        """Tell no more."""
        self._told = self._buckets
        self._on_probation.clear()
        self._on_protected.clear()
        if self in self._views:
            self._views.remove(self)

    def _noted(self, noted: dict[int, Held], first: int) -> list[Held]:
        """Take out the notes of the buckets from that one up to those that are not told yet."""
        if not noted:
            return []
        return [noted.pop(bucket) for bucket in range(first, self._told) if bucket in noted]
