"""How many callers would be asked at once: what the captcha lane must hold, whatever it has.

Counts everybody whom the rules want to ask, those included who found no place; each holds a
channel for the captcha's whole time. How the lane itself counts is `core.lane`'s.
"""

from collections import deque

from screener.core.lane import NO_PLACE, places_of
from screener.core.policy import Verdict
from screener.core.settings import Action, CaptchaSettings, Site


class CaptchaDemand:
    """The peak of callers asked at once; `turned_away` found no place, wherever they then went.

    `places` is how many the lane has.
    """

    def __init__(self, settings: CaptchaSettings, site: Site) -> None:
        self.settings = settings
        self.places = places_of(settings, site)
        self.peak = 0
        self.peak_at: float | None = None
        self.asked = 0
        self.turned_away = 0
        self._open: deque[float] = deque()

    def add(self, verdict: Verdict, at: float) -> None:
        """Take one call that came at `at`; calls come in order of time."""
        no_place = not NO_PLACE.isdisjoint(verdict.reasons[:1])
        if verdict.action is not Action.CHALLENGE and not no_place:
            return
        self.asked += 1
        self.turned_away += no_place
        horizon = at - self.settings.seconds
        while self._open and self._open[0] <= horizon:
            self._open.popleft()
        self._open.append(at)
        if len(self._open) > self.peak:
            self.peak, self.peak_at = len(self._open), at

    def told(self) -> dict[str, object]:
        """Return the figures as JSON-safe data; `peak_at` is seconds since 1970."""
        return {
            "asked": self.asked,
            "peak": self.peak,
            "peak_at": self.peak_at,
            "turned_away": self.turned_away,
            "places": self.places,
            "seconds": self.settings.seconds,
        }
