"""The tables the rules keep their memory in: what they ask of one, not how it is stored.

A table is bounded. Its entries live in one of two segments: new keys on probation, and a
protected segment into which only `protect` moves a key, so that a flood of new keys evicts
other new keys and never the known-good. `storage.memory` keeps one in this process.
"""

from typing import Protocol, TypeVar

V = TypeVar("V")


class Table(Protocol[V]):
    """A bounded map from text keys to values."""

    def get(self, key: str) -> V | None:
        """Return the value under the key, or None; a look counts as a use."""

    def put(self, key: str, value: V) -> None:
        """Keep the value in the segment where the key already is, or else on probation."""

    def protect(self, key: str) -> None:
        """Move a present key to the protected segment."""

    def forget(self, key: str) -> None:
        """Drop the key where it is present."""

    def entries(self, *, protected: bool) -> dict[str, V]:
        """Return a copy of one of the two segments; no look counts as a use.

        Takes about 2 ms for 100,000 entries, in which nothing else is done.
        """
        ...

    def resize(self, capacity: int, protected: int) -> None:
        """Take other bounds for the two segments; what no longer fits goes, least used first."""

    def __len__(self) -> int:
        """Return how many keys are held in both segments."""
        ...
