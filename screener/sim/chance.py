"""Chance, the same for the same seed: mixes, patience and the moments of Poisson processes.

Who draws what is left to `people` and `attackers`.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from random import Random

SECONDS_AN_HOUR = 3600.0


def chances(seed: int | str) -> Random:
    """Return a stream of chances of its own; the simulator has no other chance."""
    return Random(seed)  # noqa: S311 - a simulated world, nothing is kept secret by it


class Mix:
    """A choice among names by their shares, taken from one number in [0, 1)."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._names = tuple(shares) or ("",)
        total = sum(shares.values())
        parts = [share / total for share in shares.values()] if total > 0 else [1.0]
        self._bounds = list(accumulate(parts))

    def pick(self, chance: float) -> str:
        """Return the name at `chance`, 0 up to but not 1."""
        return self._names[min(bisect_right(self._bounds, chance), len(self._names) - 1)]


class Patience:
    """How long people wait: the times of the pairs, at an even rate between two of them."""

    def __init__(self, pairs: Sequence[tuple[float, float]]) -> None:
        self._pieces: list[tuple[float, float, float]] = []
        hazard, rate = 0.0, 0.0
        for (start, still), (end, less) in pairwise(pairs):
            rate = (math.log(still / less) if less > 0 else math.inf) / (end - start)
            self._pieces.append((hazard, start, rate))
            hazard += rate * (end - start)
        self._last = (hazard, pairs[-1][0] if pairs else 0.0, rate)

    def quantile(self, exponential: float) -> float:
        """Return the wait at which so much hazard (drawn from Exp(1)) has come together."""
        begun = (0.0, 0.0, 0.0)
        for piece in (*self._pieces, self._last):
            if piece[0] > exponential:
                break
            begun = piece
        hazard, start, rate = begun
        return start + (exponential - hazard) / rate if rate > 0 else math.inf


def moments(rng: Random, pieces: Sequence[tuple[float, float, float]]) -> Iterator[float]:
    """Yield the moments of a Poisson process; pieces are (begins, ends, calls an hour)."""
    for begins, ends, hourly in pieces:
        if hourly <= 0:
            continue
        rate = hourly / SECONDS_AN_HOUR
        moment = begins + rng.expovariate(rate)
        while moment < ends:
            yield moment
            moment += rng.expovariate(rate)
