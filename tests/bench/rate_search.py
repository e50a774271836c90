"""Looking for the highest rate that is still borne, in few steps: which one to try next.

Rates stand on a ladder of equal ratios; each try halves what is left of it. Trying is the
benchmarks' part.
"""

LEAST, RATIO, RUNGS = 200.0, 1.22, 15
"""From 200 to 3,230 calls/s in steps of 22 %: found in four tries, as measured figures differ by
a quarter from run to run."""


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
