"""The captcha lane: how many callers are being asked at once, and who gets a place in it.

A place is taken when a call is challenged and freed by the challenge's outcome. Where none is
told (the caller hung up, the report was lost) it frees itself when the dialplan's watchdog has
ended every captcha. What becomes of a caller without a place is left to `policy`.
"""

from heapq import heappop, heappush
from math import ceil, floor

from screener.core.recent_scores import RecentScores
from screener.core.settings import CaptchaSettings, Site

LANE_FULL = "lane-full"
NUMBER_LANE_FULL = "number-lane-full"
NO_PLACE = frozenset({LANE_FULL, NUMBER_LANE_FULL})
"""Why a caller is not asked: no place left for it, or its number holds its share of them."""

_WATCHDOG_MARGIN_S = 5.0
"""How much longer than `captcha.seconds` the telephone side gives a captcha before it ends it."""

_SPARED = 0.08
"""Share of the trunk's channels that captchas leave free for calls to come."""

_ROUNDING = 1e-9
"""A share of 0.29 of 100 channels is 28.999999999999996 of them to a computer."""


def places_of(settings: CaptchaSettings, site: Site) -> int:
    """Return how many may be asked at once; 0 means that nobody is."""
    return min(settings.places, floor(settings.share_of_channels * site.channels + _ROUNDING))


def watchdog_s(settings: CaptchaSettings) -> int:
    """Return after how many seconds no captcha can still be going on, whatever was told of it."""
    return ceil(settings.seconds + _WATCHDOG_MARGIN_S)


class CaptchaLane:
    """Open challenges by call id; never more are let in than there are places.

    What has lapsed is dropped for good when somebody asks for a place, even if time steps back.
    """

    def __init__(self, settings: CaptchaSettings, site: Site) -> None:
        self._open: dict[str, tuple[float, str]] = {}
        self._by_time: list[tuple[float, str]] = []
        """A heap; those given back stay in it until they would have lapsed."""
        self._of_caller: dict[str, int] = {}
        self.candidates = RecentScores()
        """With whom a candidate is compared; whoever decides calls adds every one that came."""
        self.at_all_edges = ("", 0)
        """The caller of the call being decided, and how many of it are being asked anywhere."""
        self._told: int | None = None
        self._others = 0
        """Channels in use for other than captchas, when they were last told."""
        self.reconfigure(settings, site)

    def reconfigure(self, settings: CaptchaSettings, site: Site) -> None:
        """Take other settings; who holds a place keeps it."""
        self.places = places_of(settings, site)
        self._most_of_caller = settings.places_per_number
        self._mark = settings.best_first_from * self.places
        self._lapse_s = watchdog_s(settings)
        self._most_channels = (1.0 - _SPARED) * site.channels

    def refusal(self, caller: str, score: float, now: float) -> str:
        """Return why a candidate is given no place, empty where it may have one.

        `caller` is whom places are counted by, empty where that is unknown. From the mark on the
        best go first: as large a share of the recent candidates is let in, best scores first, as
        there are free places among those beyond the mark. Equal scores rank alike, so that where
        all are equal who comes first is served until the lane is full.
        """
        if self._by_time and self._by_time[0][0] <= now - self._lapse_s:
            self._let_lapse(now)
        held = self._of_caller.get(caller, 0)
        told_of, held_anywhere = self.at_all_edges
        if caller and caller == told_of:
            held = max(held, held_anywhere)
        if held >= self._most_of_caller:
            return NUMBER_LANE_FULL
        taken = len(self._open)
        if taken < self._mark:
            return ""
        if taken >= self.places:
            return LANE_FULL
        free = (self.places - taken) / (self.places - self._mark)
        return "" if self.candidates.share_better(score, now) < free else LANE_FULL

    def crowds_trunk(self, channels_in_use: int | None) -> bool:
        """Say whether one more captcha would leave the trunk without channels to spare.

        A trunk that is full screens nobody. What is in use was told some seconds ago, so the
        captchas of now are put in the place of those of then.
        """
        if channels_in_use is None:
            return False
        if channels_in_use != self._told:
            self._told, self._others = channels_in_use, max(channels_in_use - len(self._open), 0)
        return self._others + len(self._open) >= self._most_channels

    def take(self, call_id: str, now: float, caller: str = "") -> None:
        """Take a place for the call."""
        if call_id in self._open:
            self.free(call_id)
        if self._by_time and self._by_time[0][0] <= now - self._lapse_s:
            self._let_lapse(now)
        self._open[call_id] = now, caller
        heappush(self._by_time, (now, call_id))
        if caller:
            self._of_caller[caller] = self._of_caller.get(caller, 0) + 1

    def free(self, call_id: str) -> None:
        """Give the call's place back, if it still holds one."""
        _, caller = self._open.pop(call_id, (0.0, ""))
        if caller:
            left = self._of_caller.pop(caller) - 1
            if left:
                self._of_caller[caller] = left

    def forget(self, caller: str) -> None:
        """Forget who holds the caller's places; they stay taken."""
        if self._of_caller.pop(caller, 0):
            for call_id, (since, holder) in self._open.items():
                if holder == caller:
                    self._open[call_id] = since, ""

    def holds(self, call_id: str) -> bool:
        """Say whether the call was given a place that it has not given back."""
        return call_id in self._open

    def __len__(self) -> int:
        """Return how many places are taken, the lapsed ones included."""
        return len(self._open)

    def _let_lapse(self, now: float) -> None:
        horizon, by_time = now - self._lapse_s, self._by_time
        while by_time and by_time[0][0] <= horizon:
            since, call_id = heappop(by_time)
            if self._open.get(call_id, (None, ""))[0] == since:
                self.free(call_id)
