"""How far this edge's clock is from the store's, as told by answers that took a while to come.

An answer that came within `r` seconds tells the difference to within `r / 2` (Cristian, 1989), so
the quickest is believed until its age makes a later one better. Asking is left to the shells.
"""

_DRIFT = 200e-6
"""How fast two clocks may part: twice what a bad quartz of a computer does (100 ppm)."""

_LEAST_ERROR_S = 1e-4


class StoreClock:
    """The difference of two clocks; `ahead_s` is what to add to the store's time, 0 until told."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.is_known = False
        self._error = 0.0
        self._at = 0.0

    def told(self, store_now: float, asked_at: float, answered_at: float) -> None:
        """Take one answer: the store's time in it, and when it was asked for and came, by ours."""
        error = max((answered_at - asked_at) / 2.0, _LEAST_ERROR_S)
        ahead = (asked_at + answered_at) / 2.0 - store_now
        since = self._error + abs(answered_at - self._at) * _DRIFT
        # Further off than both may err: the store's clock was set, or another store answers.
        stepped = abs(ahead - self.ahead_s) > error + since
        if not self.is_known or error <= since or stepped:
            self.ahead_s, self._error, self._at = ahead, error, answered_at
            self.is_known = True
