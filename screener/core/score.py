"""Adding signals up: a sum with a cap for each group, which keeps its parts.

Two sums are made at once: over the signals that take effect, and over all of them, which is
what enforcing everything would have counted. What a sum leads to is `policy`'s business.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from screener.core.settings import GroupCap
from screener.core.signals import Signal

CROWD = "crowd"
"""The group of what callers alike do, whoever this one is."""

REMEMBERED = 2_048
"""Sums kept, 1 MB (reckoned); only failed challenges and the like vary freely."""


class Score(NamedTuple):
    """`total` counts what takes effect, `would` everything; `signals` are the parts of both.

    `crowd` and `crowd_would` are what the caller's crowd has in them, and not the caller itself.
    """

    total: float
    would: float
    signals: tuple[Signal, ...]
    crowd: float = 0.0
    crowd_would: float = 0.0

    @property
    def enforced(self) -> bool:
        """Whether any signal against the caller takes effect."""
        return any(signal.counts and signal.points > 0 for signal in self.signals)


def add_up(signals: Iterable[Signal], caps: Mapping[str, GroupCap]) -> Score:
    """Sum the signals' points group by group, each within its cap; a group without one is free."""
    parts = tuple(signals)
    would = _capped_sum(parts, caps)
    counted = [part for part in parts if part.counts]
    total = would if len(counted) == len(parts) else _capped_sum(counted, caps)
    of_crowd = [part for part in parts if part.group == CROWD]
    if not of_crowd:
        return Score(total, would, parts)
    effective = [part for part in of_crowd if part.counts]
    return Score(total, would, parts, _capped_sum(effective, caps), _capped_sum(of_crowd, caps))


class Adder:
    """Adds up under one set of caps, and remembers the last sums: most calls are alike.

    In a flood most are like one of the two before: to see that takes far less than to look for a
    sum among all of them.
    """

    def __init__(self, caps: Mapping[str, GroupCap]) -> None:
        self._caps = caps
        self._remembered = lru_cache(REMEMBERED)(self._add_up)
        self._last = self._other = self._add_up(())

    def add_up(self, signals: tuple[Signal, ...]) -> Score:
        """Return the sums; of equal signals the same object, as long as it is remembered."""
        last = self._last
        if signals == last.signals:
            return last
        found = self._other
        if signals != found.signals:
            found = self._remembered(signals)
        self._other = last
        self._last = found
        return found

    def _add_up(self, signals: tuple[Signal, ...]) -> Score:
        return add_up(signals, self._caps)


def _capped_sum(signals: Iterable[Signal], caps: Mapping[str, GroupCap]) -> float:
    sums: dict[str, float] = {}
    for signal in signals:
        sums[signal.group] = sums.get(signal.group, 0.0) + signal.points
    total = 0.0
    for group, points in sums.items():
        cap = caps.get(group)
        total += points if cap is None else min(max(points, cap.low), cap.high)
    # Points are declared with a few decimals; without rounding 0.1 + 0.2 misses a threshold of 0.3.
    return round(total, 6)
