"""A bounded table in this process: new keys on probation, the known-good in a segment apart.

What earns a place in the protected segment is left to the rules; that nothing here outlives the
process, to the stores that will. Both segments drop what was used least recently. One such
segment alone is flushed by a flood of new keys, and one with a time to live stalls when many
entries end together, so entries carry their own times and end by being pushed out.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Segment(Generic[V]):
    """Entries and the order of their use, never more than `maxsize`; the caller sees to that.

    `cachetools.LRUCache` does the same by half a dozen calls of Python functions an access, which
    was a fifth of a verdict (measured). The values stand in a dictionary of their own because
    only that is copied in 2 ms for 100,000 entries.
    """

    __slots__ = ("maxsize", "order", "values")

    def __init__(self, maxsize: int) -> None:
        self.maxsize = maxsize
        self.values: dict[str, V] = {}
        self.order: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        """Return how many entries it holds."""
        return len(self.values)

    def put(self, key: str, value: V) -> None:
        """Keep the value as the one used just now."""
        self.order[key] = None
        self.order.move_to_end(key)
        self.values[key] = value

    def pop(self, key: str) -> V | None:
        """Take the entry out; None where there is none."""
        self.order.pop(key, None)
        return self.values.pop(key, None)

    def popitem(self) -> tuple[str, V]:
        """Take out what was used least recently; raises KeyError where there is nothing."""
        key, _ = self.order.popitem(last=False)
        return key, self.values.pop(key)

    def fill(self, entries: dict[str, V]) -> None:
        """Hold these entries, least recently used first, in the place of all others."""
        self.values = entries
        self.order = OrderedDict.fromkeys(entries)


class SegmentedTable(Generic[V]):
    """A map from text keys to values other than None; keeps the contract `core.tables.Table`.

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
        segment = self._probation
        value = segment.values.get(key)
        if value is None:
            segment = self._protected
            value = segment.values.get(key)
            if value is None:
                return None
        segment.order.move_to_end(key)
        return value

    def put(self, key: str, value: V) -> None:
        """Keep the value in the segment where the key already is, or else on probation."""
        if key in self._protected.values:
            self._protected.put(key, value)
        else:
            self._put_on_probation(key, value)

    def protect(self, key: str) -> None:
        """Move a present key to the protected segment, where it counts as used just now.

        Where that is full, its least recently used key goes back on probation, as the most
        recently used there, so that nobody loses an entry to another's promotion.
        """
        if key in self._protected.values:
            self._protected.order.move_to_end(key)
            return
        if key not in self._probation.values or self._protected.maxsize == 0:
            return
        value = self._probation.values[key]
        self._probation.pop(key)
        if len(self._protected) == self._protected.maxsize:
            self._put_on_probation(*self._protected.popitem())
        self._protected.put(key, value)

    def forget(self, key: str) -> None:
        """Drop the key where it is present."""
        self._protected.pop(key)
        self._probation.pop(key)

    def entries(self, *, protected: bool) -> dict[str, V]:
        """Return a copy of one of the two segments; no look counts as a use."""
        return (self._protected if protected else self._probation).values.copy()

    def is_protected(self, key: str) -> bool:
        """Return whether the key is in the protected segment; does not count as a use."""
        return key in self._protected.values

    def resize(self, capacity: int, protected: int) -> None:
        """Change the bounds and keep the most recently used; raises ValueError as `__init__`.

        Protected entries for which there is no room go on probation, as the most recently used
        there. Takes time in proportion to the entries held, and none where nothing changes.
        """
        if (capacity, protected) == (self._probation.maxsize, self._protected.maxsize):
            return
        old_probation, old_protected = self._probation, self._protected
        self._probation, self._protected = _segments(capacity, protected)
        while old_probation:
            self._put_on_probation(*old_probation.popitem())
        while len(old_protected) > protected:
            self._put_on_probation(*old_protected.popitem())
        while old_protected:
            self._protected.put(*old_protected.popitem())

    def __len__(self) -> int:
        """Return how many keys are held in both segments."""
        return len(self._probation) + len(self._protected)

    def _put_on_probation(self, key: str, value: V) -> None:
        segment = self._probation
        values, order = segment.values, segment.order
        if key in values:
            order.move_to_end(key)
        else:
            if len(values) >= segment.maxsize:
                oldest, _ = order.popitem(last=False)
                del values[oldest]
                self.evicted += 1
            order[key] = None
        values[key] = value


def _segments(capacity: int, protected: int) -> tuple[Segment[V], Segment[V]]:
    if capacity < 1 or protected < 0:
        raise ValueError(
            f"a table of {capacity} entries and {protected} protected ones;"
            " allowed are 1 or more, and 0 or more"
        )
    return Segment(capacity), Segment(protected)
