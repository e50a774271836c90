"""The scores of the last candidates for a captcha place, and how a new one ranks among them.

A bounded window in time and number. Who is given a place for its rank is `lane`'s business.
"""

from bisect import bisect_left, insort
from collections import deque

MOST = 128
"""Candidates compared with: enough to tell a tenth of them apart from the rest."""
WITHIN_S = 60.0
"""How long a candidate is remembered: twice the time of a captcha, so that a rush that is over
does not shut out who comes after it."""


class RecentScores:
    """The last `MOST` candidates' scores of `WITHIN_S`; to add or look up one takes 1 us."""

    def __init__(self) -> None:
        self._by_time: deque[tuple[float, float]] = deque()
        self._by_size: list[float] = []

    def __len__(self) -> int:
        """Return how many are held, the outdated ones included."""
        return len(self._by_time)

    def add(self, score: float, now: float) -> None:
        """Take the score of a candidate that came at `now`."""
        self._drop_until(now - WITHIN_S, MOST - 1)
        self._by_time.append((now, score))
        insort(self._by_size, score)

    def share_better(self, score: float, now: float) -> float:
        """Return which share of the candidates, one with this score added, has a lower score.

        From 0 for the best to less than 1; equal scores rank alike.
        """
        self._drop_until(now - WITHIN_S, MOST)
        return bisect_left(self._by_size, score) / (len(self._by_size) + 1)

    def _drop_until(self, horizon: float, most: int) -> None:
        by_time = self._by_time
        while by_time and (len(by_time) > most or by_time[0][0] <= horizon):
            _, score = by_time.popleft()
            del self._by_size[bisect_left(self._by_size, score)]
