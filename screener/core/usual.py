"""How many calls usually come at this time of the week, so that a daily rush counts as normal.

A week has 672 quarters of an hour on the site's own clock; each keeps the number of calls that it
usually brings. When a quarter is over it moves its number a little, and never far in one week, so
that no attack becomes normal at once. Nothing is taught by calls that the rules refuse, by a
quarter of which most calls were refused or failed the captcha, or by one in which the site was
closed; the hour that the clock shows twice counts once. On a day with other openings than usual
the quarters are those of the clock, not of the time since opening.

What a usual rush means for the load is left to `pressure`, which calls count to `engine`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from math import inf

from screener.core.hours import zone_of
from screener.core.settings import Hours, Site

QUARTER_S = 900.0
QUARTERS = 672

WEIGHT = 1.0 / 3.0
"""What one week counts against all before it: after three weeks a rush is known to 70 %."""
GROWTH = 2.0
"""How many times its number, or the site's capacity where that is more, a quarter may reach."""
MOST_SILENT = 4
"""Quarters without any call that still teach; a longer silence may be an agent that was off."""


@dataclass(slots=True)
class UsualWeek:
    """What was learned, and the quarter under way; survives settings and restarts.

    `usual` is calls a quarter from Monday 00:00 on, 0 where nothing is known; `since` when the
    quarter under way began (seconds since 1970, 0 where none is), `whole` whether it was seen
    from there on, and `before` what was usual in the quarter before it, until then.
    """

    timezone: str = ""
    usual: list[float] = field(default_factory=lambda: [0.0] * QUARTERS)
    since: float = 0.0
    whole: bool = False
    before: float = 0.0
    came: int = 0
    refused: int = 0
    failed: int = 0

    def copy(self) -> "UsualWeek":
        """Return a copy that goes its own way."""
        return replace(self, usual=self.usual.copy())

    def become(self, other: "UsualWeek") -> None:
        """Take everything from another, which must not be used further."""
        for one in fields(self):
            setattr(self, one.name, getattr(other, one.name))


class UsualArrivals:
    """Learns a week and tells of it, under one set of settings; made without touching the week."""

    def __init__(
        self, week: UsualWeek, hours: Hours, site: Site, is_open: Callable[[float], bool]
    ) -> None:
        self._week = week
        self._timezone = hours.timezone
        self._zone = zone_of(hours.timezone)
        self._capacity = site.operators / site.mean_service * QUARTER_S
        self._is_open = is_open
        # What is usual in the quarter that was asked for last (it does not change while that
        # lasts), and the quarter's bounds.
        self._rate = 0.0
        self._since, self._until = inf, -inf

    def per_s(self, now: float) -> float:
        """Return the calls a second that usually come at `now`, 0 where that is not known.

        The quarter before speaks as well: a rush ends late, and arrivals are averaged behind it.
        """
        if not self._since <= now < self._until:
            self._look(now)
        return self._rate

    def count(self, now: float, *, refused: bool) -> None:
        """Count a call that came at `now`; one that the rules refuse is no example."""
        week = self._week
        if not 0.0 <= now - week.since < QUARTER_S:
            if now < week.since and week.timezone == self._timezone:
                return  # of a quarter that is over
            self._turn(now - now % QUARTER_S)
        if refused:
            week.refused += 1
        else:
            week.came += 1

    def count_elsewhere(self, since: float, came: int, refused: int, failed: int) -> None:
        """Count calls that other edges took in the quarter that began at `since`."""
        week = self._week
        if week.timezone != self._timezone or since > week.since:
            self._turn(since)
        if since == week.since:
            week.came += came
            week.refused += refused
            week.failed += failed

    def failed(self) -> None:
        """Count a caller who failed the captcha, in the quarter under way."""
        self._week.failed += 1

    def _look(self, now: float) -> None:
        week = self._week
        self._since = now - now % QUARTER_S
        self._until = self._since + QUARTER_S
        self._rate = 0.0
        if week.timezone != self._timezone:
            return  # what was learned on another zone's clock says nothing of this one's
        place = self._place_of(datetime.fromtimestamp(self._since, self._zone))
        # Not what the quarter before has taught just now: that may be the attack under way.
        before = week.before if week.since == self._since else week.usual[place - 1]
        self._rate = max(week.usual[place], before) / QUARTER_S

    def _turn(self, begins: float) -> None:
        """Learn from the quarter that is over, and begin another."""
        week = self._week
        if week.timezone != self._timezone:
            week.become(UsualWeek(self._timezone, since=begins))
            return
        shown = datetime.fromtimestamp(begins, self._zone)
        week.before = week.usual[self._place_of(shown) - 1]
        if week.whole:
            self._learn(week.since, week.came, week.refused + week.failed, week.refused)
            silent = int((begins - week.since) / QUARTER_S) - 1
            for place in range(1, silent + 1 if silent <= MOST_SILENT else 0):
                self._learn(week.since + place * QUARTER_S, 0, 0, 0)
        week.since, week.whole = begins, week.since > 0.0
        week.came = week.refused = week.failed = 0

    def _learn(self, begins: float, came: int, bad: int, refused: int) -> None:
        shown = datetime.fromtimestamp(begins, self._zone)
        if shown.fold or 2 * bad > came + refused:
            return
        if not (self._is_open(begins) or self._is_open(begins + QUARTER_S - 1.0)):
            return
        place = self._place_of(shown)
        old = self._week.usual[place]
        meant = old + (came - old) * WEIGHT if old else float(came)
        self._week.usual[place] = min(meant, GROWTH * max(old, self._capacity))

    @staticmethod
    def _place_of(shown: datetime) -> int:
        return shown.weekday() * 96 + shown.hour * 4 + shown.minute // 15
