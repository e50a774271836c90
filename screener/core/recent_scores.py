"""The scores of the last candidates for a captcha place, and how a new one ranks among them.

A bounded window in time and number. Who is given a place for its rank is `lane`'s business.
"""

from bisect import bisect_left, insort
from collections import deque

MOST = 128
"""Candidates compared with: enough to tell a tenth of them apart from the rest."""
_MOST_WAITING = 8 * MOST
"""So many wait to be sorted in at most, which takes a few tens of microseconds."""
_FEW = 8
"""Up to so many are sorted in one by one, as quick as sorting all anew."""
WITHIN_S = 60.0
"""How long a candidate is remembered: twice the time of a captcha, so that a rush that is over
does not shut out who comes after it."""


class RecentScores:
    """The last `MOST` candidates' scores of `WITHIN_S`; to add or look up one takes 1 us.

    Those that came since somebody was ranked last wait unsorted: while the lane is full nobody
    asks, and candidates come by the thousand.
    """

    def __init__(self) -> None:
        self._came: list[tuple[float, float]] = []
        self._by_time: deque[tuple[float, float]] = deque()
        self._by_size: list[float] = []

    def __len__(self) -> int:
        """Return how many are held, the outdated ones included."""
        self._sort_in()
        return len(self._by_time)

    def add(self, score: float, now: float) -> None:
        """Take the score of a candidate that came at `now`."""
        self._came.append((now, score))
        if len(self._came) >= _MOST_WAITING:
            self._sort_in()

    def share_better(self, score: float, now: float) -> float:
        """Return which share of the candidates, one with this score added, has a lower score.

        From 0 for the best to less than 1; equal scores rank alike.
        """
        self._sort_in()
        while self._by_time and self._by_time[0][0] <= now - WITHIN_S:
            self._drop_oldest()
        return bisect_left(self._by_size, score) / (len(self._by_size) + 1)

    def _sort_in(self) -> None:
        """Rank who came since somebody was."""
        came = self._came
        if not came:
            return
        self._came = []
        if len(came) > _FEW:
            self._by_time = deque([*self._by_time, *came], MOST)
            self._by_size = sorted([score for _, score in self._by_time])
            return
        for one in came:
            if len(self._by_time) == MOST:
                self._drop_oldest()
            self._by_time.append(one)
            insort(self._by_size, one[1])

    def _drop_oldest(self) -> None:
        _, score = self._by_time.popleft()
        del self._by_size[bisect_left(self._by_size, score)]
