"""Crowds as they are kept in a snapshot: copied as of one moment, and as rows of numbers.

The rows carry the names of their fields, so that a version with others reads what it knows and
begins the rest anew. The file around them is `state_file`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

from screener.core.crowd import Crowd

FIELDS = tuple(one.name for one in fields(Crowd))
"""The names of a crowd's numbers, in the order of a row."""

_PLAIN = Crowd()
_WHOLE = frozenset(name for name in FIELDS if isinstance(getattr(_PLAIN, name), int))


@dataclass(slots=True)
class KeptCrowds:
    """Copies of what a `CrowdMemory` holds: the few, those of prefixes, and all calls together."""

    few: dict[str, Crowd] = field(default_factory=dict)
    prefixes: dict[str, Crowd] = field(default_factory=dict)
    all: Crowd = field(default_factory=Crowd)
    customers: int = 0

    def move(self, by: float) -> None:
        """Move every moment by that many seconds."""
        for crowd in (self.all, *self.few.values(), *self.prefixes.values()):
            crowd.at += by
            crowd.last_call += by if crowd.last_call else 0.0


def copied(crowd: Crowd) -> Crowd:
    """Return a copy; a fifth of what `copy` takes, and much less compiled."""
    return Crowd(
        crowd.at,
        crowd.fast,
        crowd.slow,
        crowd.usual,
        crowd.asked,
        crowd.passed,
        crowd.busied,
        crowd.returned,
        crowd.last_call,
        crowd.gap,
        crowd.square,
        crowd.gaps,
    )


def numbers_of(crowds: Iterable[Crowd]) -> list[float]:
    """Return the rows of some crowds, one after another."""
    numbers: list[float] = []
    for crowd in crowds:
        numbers += (
            crowd.at,
            crowd.fast,
            crowd.slow,
            crowd.usual,
            crowd.asked,
            crowd.passed,
            crowd.busied,
            crowd.returned,
            crowd.last_call,
            crowd.gap,
            crowd.square,
            float(crowd.gaps),
        )
    return numbers


def crowds_of(names: Sequence[str], columns: Sequence[Sequence[float]]) -> list[Crowd]:
    """Return the crowds of columns of numbers under the names that their writer gave them.

    Raises ValueError where there are not as many names as columns.
    """
    known = [
        (name, map(int, column) if name in _WHOLE else column)
        for name, column in zip(names, columns, strict=True)
        if name in FIELDS
    ]
    rows = zip(*(column for _, column in known), strict=True)
    return [Crowd(**dict(zip([name for name, _ in known], row, strict=True))) for row in rows]
