"""The captcha lane: how many callers are being asked at once, against its places.

A place is taken when a call is challenged and freed by the challenge's outcome; where none is
told (the caller hung up, the report was lost) it frees itself after `seconds`.
"""

from collections import OrderedDict
from math import inf

from screener.core.settings import CaptchaSettings


class CaptchaLane:
    """Open challenges by call id, oldest first; never more than there are places."""

    def __init__(self, settings: CaptchaSettings) -> None:
        self.settings = settings
        self._open: OrderedDict[str, float] = OrderedDict()
        self._first = inf
        """When the earliest challenge that is held began; all are open while that one is."""

    def has_room(self, now: float) -> bool:
        """Say whether one more caller can be asked."""
        horizon = now - self.settings.seconds
        live = len(self._open)
        if horizon >= self._first:
            live = sum([since > horizon for since in self._open.values()])
        return live < self.settings.places

    def take(self, call_id: str, now: float) -> None:
        """Take a place for the call."""
        horizon = now - self.settings.seconds
        while self._open and next(iter(self._open.values())) <= horizon:
            self._open.popitem(last=False)
        self._open[call_id] = now
        self._first = min(self._open.values())

    def free(self, call_id: str) -> None:
        """Give the call's place back, if it still holds one."""
        if self._open.pop(call_id, None) is not None:
            self._first = min(self._open.values(), default=inf)

    def holds(self, call_id: str) -> bool:
        """Say whether the call was given a place that it has not given back."""
        return call_id in self._open

    def __len__(self) -> int:
        """Return how many places are taken, the lapsed ones included."""
        return len(self._open)
