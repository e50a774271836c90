"""Adding signals up: a sum with a cap for each group, which keeps its parts.

Two sums are made at once: over the signals that take effect, and over all of them, which is
what enforcing everything would have counted. What a sum leads to is `policy`'s business.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from screener.core.settings import GroupCap
from screener.core.signals import Signal


class Score(NamedTuple):
    """`total` counts what takes effect, `would` everything; `signals` are the parts of both."""

    total: float
    would: float
    signals: tuple[Signal, ...]

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
    return Score(total, would, parts)


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
