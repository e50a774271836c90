"""A bounded table in this process: new keys on probation, the known-good in a segment apart.

What earns a place in the protected segment is left to the rules; that nothing here outlives the
process, to the stores that will. Both segments are least-recently-used caches of cachetools,
chosen with what was measured of it in mind: one LRU alone is flushed by a flood of new keys, and
a cache with a time to live stalls when many entries end together, so entries carry their own
times and end by being pushed out.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

from cachetools import LRUCache

V = TypeVar("V")


class Segment(LRUCache[str, V]):
    """A least-recently-used cache whose two dictionaries are at hand.

    By the library's methods a look at a key takes five calls of Python, and every call that is
    screened takes a dozen looks (a twelfth of a verdict, measured). What is held already is read
    and replaced in the dictionaries; what comes and goes is left to the library.
    """

    held: dict[str, V]
    order: OrderedDict[str, None]
    """The keys of `held`, least recently used first."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.capacity = capacity
        inside = vars(self)
        self.held, self.order = inside["_Cache__data"], inside["_LRUCache__order"]

    def keep(self, key: str, value: V) -> None:
        """Put a value, as the most recently used."""
        if key in self.held:
            self.held[key] = value
            self.order.move_to_end(key)
        else:
            self[key] = value

    def adopt(self, entries: dict[str, V]) -> None:
        """Become these entries, least recently used first, at most as many as there is room for.

        They are not copied: the caller must not use the dictionary further.
        """
        self.held, self.order = entries, OrderedDict.fromkeys(entries)
        inside = vars(self)
        inside["_Cache__data"], inside["_LRUCache__order"] = self.held, self.order
        inside["_Cache__currsize"] = len(entries)


class SegmentedTable(Generic[V]):
    """A map from text keys to values, bounded; keeps the contract `core.tables.Table`.

    `capacity` is the entries on probation, at least 1; `protected` those in the protected
    segment beside them, where 0 makes `protect` do nothing. Raises ValueError for less.
    `evicted` counts the entries that were pushed out of the table since it was made.
    """

    def __init__(self, capacity: int, protected: int) -> None:
        self.evicted = 0
        self._probation: Segment[V]
        self._protected: Segment[V]
        self._probation, self._protected = _segments(capacity, protected)

    def get(self, key: str) -> V | None:
        """Return the value under the key, or None; a look counts as a use."""
        segment = self._protected
        if key not in segment.held:
            segment = self._probation
            if key not in segment.held:
                return None
        segment.order.move_to_end(key)
        return segment.held[key]

    def put(self, key: str, value: V) -> None:
        """Keep the value in the segment where the key already is, or else on probation."""
        if key in self._protected.held:
            self._protected.keep(key, value)
        else:
            self._put_on_probation(key, value)

    def protect(self, key: str) -> None:
        """Move a present key to the protected segment, where it counts as used just now.

        Where that is full, its least recently used key goes back on probation, as the most
        recently used there, so that nobody loses an entry to another's promotion.
        """
        if key in self._protected.held:
            self._protected.order.move_to_end(key)
            return
        if key not in self._probation or self._protected.maxsize == 0:
            return
        value = self._probation.pop(key)
        if len(self._protected) == self._protected.maxsize:
            self._put_on_probation(*self._protected.popitem())
        self._protected[key] = value

    def forget(self, key: str) -> None:
        """Drop the key where it is present."""
        for segment in (self._probation, self._protected):
            if key in segment.held:
                del segment[key]

    def entries(self, *, protected: bool) -> dict[str, V]:
        """Return a copy of one of the two segments; no look counts as a use."""
        # The way by the cache's methods takes fifty times as long, and reorders as it goes.
        return (self._protected if protected else self._probation).held.copy()

    def is_protected(self, key: str) -> bool:
        """Return whether the key is in the protected segment; does not count as a use."""
        return key in self._protected

    def resize(self, capacity: int, protected: int) -> None:
        """Change the bounds and keep the most recently used; raises ValueError as `__init__`.

        Protected entries for which there is no room go on probation, as the most recently used
        there. Takes time in proportion to the entries held, and none where nothing changes.
        """
        if (capacity, protected) == (self._probation.maxsize, self._protected.maxsize):
            return
        old_probation, old_protected = self._probation, self._protected
        self._probation, self._protected = _segments(capacity, protected)
        # popitem is the only way to see an LRUCache in the order of use: iteration is not.
        while old_probation:
            self._put_on_probation(*old_probation.popitem())
        while len(old_protected) > protected:
            self._put_on_probation(*old_protected.popitem())
        while old_protected:
            key, value = old_protected.popitem()
            self._protected[key] = value

    def __len__(self) -> int:
        """Return how many keys are held in both segments."""
        return len(self._probation) + len(self._protected)

    def _put_on_probation(self, key: str, value: V) -> None:
        probation = self._probation
        if len(probation.held) >= probation.capacity and key not in probation.held:
            self.evicted += 1
        probation.keep(key, value)


def _segments(capacity: int, protected: int) -> tuple[Segment[V], Segment[V]]:
    if capacity < 1 or protected < 0:
        raise ValueError(
            f"a table of {capacity} entries and {protected} protected ones;"
            " allowed are 1 or more, and 0 or more"
        )
    return Segment(capacity), Segment(protected)
