"""The tables the rules keep their memory in: what they ask of one, not how it is stored.

A table is bounded. Its entries live in one of two segments: new keys on probation, and a
protected segment into which only `protect` moves a key, so that a flood of new keys evicts
other new keys and never the known-good. No step of its work takes long, however many entries it
holds, but for `entries`. `storage.memory` keeps one in this process.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Part(NamedTuple, Generic[V_co]):
    """Copies of some entries of a table, the least recently used first."""

    probation: Mapping[str, V_co]
    protected: Mapping[str, V_co]


class Parts(Protocol[V_co]):
    """An iterator over the parts of a table, to be gone through to its end, or closed."""

    def __iter__(self) -> Iterator[Part[V_co]]:
        """Go on where it stands."""
        ...

    def __next__(self) -> Part[V_co]:
        """Return the next part, of some thousand entries at most."""
        ...

    def close(self) -> None:
        """Tell no more."""


class Table(Generic[V]):
    """A bounded map from text keys to values, none of which is None; a store fills it in.

    A class and no protocol: compiled code calls it without looking for its methods by name, ten
    times a call.
    """

    def get(self, key: str) -> V | None:
        """Return the value under the key, or None; a look counts as a use.

        It is equal to what was put, and need not be the same object.
        """
        raise NotImplementedError

    def put(self, key: str, value: V) -> None:
        """Keep the value in the segment where the key already is, or else on probation.

        Where there is no room, some of the least recently used on probation go: of a table of
        more than a few thousand entries, of those that share a part with the key.
        """
        raise NotImplementedError

    def protect(self, key: str) -> None:
        """Move a present key to the protected segment."""
        raise NotImplementedError

    def forget(self, key: str) -> None:
        """Drop the key where it is present."""
        raise NotImplementedError

    def parts(self) -> Parts[V]:
        """Return the table as it is now, to be told part by part; no look counts as a use.

        Each entry that there is now is told once, as it is now, whatever is put, moved or dropped
        before its part is; but what a value changes in itself shows.
        """
        raise NotImplementedError

    def entries(self, *, protected: bool) -> Mapping[str, V]:
        """Return a copy of one of the two segments; no look counts as a use.

        Takes about 10 ms for 100,000 entries, in which nothing else is done: see `parts`.
        """
        raise NotImplementedError

    def resize(self, capacity: int, protected: int) -> None:
        """Take other bounds for the two segments; what no longer fits goes, least used first.

        Of many thousand entries that are too many the rest goes while others are put.
        """
        raise NotImplementedError

    def __len__(self) -> int:
        """Return how many keys are held in both segments."""
        raise NotImplementedError
