"""Looking for the highest rate that is still borne, in few steps: which one to try next.

Rates stand on a ladder of equal ratios; each try halves what is left of it. Trying is the
benchmarks' part.
"""

LEAST, RATIO, RUNGS = 200.0, 1.22, 15
"""From 200 to 3,230 calls/s in steps of 22 %: found in four tries, as measured figures differ by
a quarter from run to run."""

FINE_RATIO, FINE_SPAN = 1.05, 1.25
"""Of a second look at ways that are to be told apart, and how far around them it goes."""


def fine_search(lowest: int, highest: int) -> "RateSearch":
    """Return a search in steps of 5 % around the highest rates that ways bore on the ladder."""
    least, most = lowest / FINE_SPAN, highest * FINE_SPAN
    rungs = 1
    while least * FINE_RATIO ** (rungs - 1) < most:
        rungs += 1
    return RateSearch(least, FINE_RATIO, rungs)


class RateSearch:
    """One search; ask `next`, try it, `tell`, until it is None."""

    def __init__(self, least: float = LEAST, ratio: float = RATIO, rungs: int = RUNGS) -> None:
        self._ladder = [round(least * ratio**place) for place in range(rungs)]
        self._borne = -1
        self._over = rungs

    @property
    def next(self) -> int | None:
        """The rate to try, or None where it is found."""
        if self._over - self._borne <= 1:
            return None
        return self._ladder[(self._borne + self._over) // 2]

    def tell(self, *, borne: bool) -> None:
        """Note what became of the rate to try."""
        place = (self._borne + self._over) // 2
        if borne:
            self._borne = place
        else:
            self._over = place

    @property
    def found(self) -> int:
        """The highest rate that was borne; 0 where none was."""
        return self._ladder[self._borne] if self._borne >= 0 else 0
