"""Counts of what the agent did and how long it took, bounded, for `status` and the lab.

Latencies are kept as counts in buckets that grow by a fifth, so a quantile is right to within
that fifth however many calls there were. Nothing here is counted per caller.
"""

import math
from collections import Counter

from screener.core.decision import Decision

_SMALLEST_S = 1e-6
_GROWTH = 1.2
_LOG_GROWTH = math.log(_GROWTH)
_BUCKETS = 100
_TOLD_EVERY = 5


class LatencyTally:
    """How long something took, as a histogram from 1 microsecond to about a minute."""

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self._total = 0
        self.total_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        step = math.log(max(seconds, _SMALLEST_S) / _SMALLEST_S) / _LOG_GROWTH
        self._counts[min(int(step), _BUCKETS - 1)] += 1
        self._total += 1
        self.total_s += seconds

    def quantile(self, share: float) -> float:
        """Return the upper edge (s) of the bucket that holds the given share; 0 when empty."""
        seen, wanted = 0, share * self._total
        for bucket, count in enumerate(self._counts):
            seen += count
            if seen and seen >= wanted:
                return float(_SMALLEST_S * _GROWTH ** (bucket + 1))
        return 0.0

    def up_to(self) -> tuple[tuple[float, int], ...]:
        """Return how many took up to how long (s), at every fifth edge; the last one is all."""
        told, seen = [], 0
        for bucket, count in enumerate(self._counts, 1):
            seen += count
            if bucket % _TOLD_EVERY == 0:
                told.append((_SMALLEST_S * _GROWTH**bucket, seen))
        return tuple(told)


class Tally:
    """A `DecisionSink` that counts verdicts; the faults are counted by whoever meets them."""

    def __init__(self) -> None:
        # No `Counter`: to compiled code only a plain dictionary is one.
        self._verdicts: dict[str, int] = {}
        self._would: dict[str, int] = {}
        self.faults: Counter[str] = Counter()
        self.latency = LatencyTally()

    def __call__(self, decision: Decision) -> None:
        """Count one decision."""
        verdict = decision.verdict
        action, would = verdict.action._value_, verdict.would._value_
        self._verdicts[action] = self._verdicts.get(action, 0) + 1
        self._would[would] = self._would.get(would, 0) + 1
        self.latency.add(decision.latency_s)

    @property
    def verdicts(self) -> Counter[str]:
        """How many calls met which verdict."""
        return Counter(self._verdicts)

    @property
    def would(self) -> Counter[str]:
        """How many would have met which verdict, were it enforced."""
        return Counter(self._would)

    def snapshot(self) -> dict[str, object]:
        """Return all counts as JSON-safe data."""
        return {
            "verdicts": dict(self._verdicts),
            "would": dict(self._would),
            "faults": dict(self.faults),
            "latency_ms": {
                "p50": round(self.latency.quantile(0.5) * 1000.0, 3),
                "p99": round(self.latency.quantile(0.99) * 1000.0, 3),
            },
        }
