"""When the site is open: the declared openings on the clock of its time zone, as one question.

Made once for each set of settings, when the time zone is read from the machine's database (the
only look outside, as with the plans of numbers); a question is then one comparison until the
next edge of the day. What a closed site does with a call is left to `policy`.

On the days when the clock is changed: an edge that the clock jumps over falls on the jump; one
that it shows twice opens at the first and closes at the second, so that nobody is turned away
at an hour that the door says.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import inf
from zoneinfo import ZoneInfo

from screener.core.settings import Hours, Opening

DAY_S = 86_400.0
MOST_DAYS = 400
"""How far ahead the next opening is looked for."""

_ALL_WEEK = (Opening(0, 6, 0.0, DAY_S),)
_DAYS_A_WEEK = 7


def zone_of(name: str) -> tzinfo:
    """Return the time zone of an IANA name; raises ValueError where the machine has none such.

    UTC needs no database.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone of this machine") from error


class OpeningHours:
    """The opening hours under one set of settings; asked by one thread."""

    def __init__(self, hours: Hours) -> None:
        """Compile them; raises ValueError as `zone_of`."""
        self.zone = zone_of(hours.timezone)
        self._openings = hours.openings or _ALL_WEEK
        self._closed_on = frozenset(hours.closed_on)
        always = not hours.openings and not hours.closed_on
        # The answer, and from when until when it holds; nothing is known at first.
        self._open = True
        self._since, self._until = (-inf, inf) if always else (inf, -inf)

    def is_open(self, now: float) -> bool:
        """Say whether the site is open at `now`, seconds since 1970."""
        if not self._since <= now < self._until:
            self._look(now)
        return self._open

    def next_opening(self, now: float) -> float | None:
        """Return when the site is open next, `now` if it is; None in the next 400 days."""
        if self.is_open(now):
            return now
        today = self._date(now)
        for days in range(MOST_DAYS):
            found = [
                begins
                for begins, ends in self._stretches(today + timedelta(days=days))
                if now < begins < ends
            ]
            if found:
                return min(found)
        return None

    def _look(self, now: float) -> None:
        today = self._date(now)
        stretches = list(self._stretches(today))
        edges = [edge for stretch in stretches for edge in stretch]
        edges += [self._moment(today, 0.0), self._moment(today, DAY_S)]
        self._open = any(begins <= now < ends for begins, ends in stretches)
        self._since = max((edge for edge in edges if edge <= now), default=now)
        self._until = min((edge for edge in edges if edge > now), default=now)

    def _date(self, now: float) -> date:
        return datetime.fromtimestamp(now, self.zone).date()

    def _stretches(self, day: date) -> Iterator[tuple[float, float]]:
        """Yield from when until when the site is open on a day."""
        if day.isoformat() in self._closed_on:
            return
        for opening in self._openings:
            span = (opening.last - opening.first) % _DAYS_A_WEEK
            if (day.weekday() - opening.first) % _DAYS_A_WEEK <= span:
                twice = opening.until < DAY_S  # a day ends where the next begins
                yield (
                    self._moment(day, opening.since),
                    self._moment(day, opening.until, last=twice),
                )

    def _moment(self, day: date, seconds: float, *, last: bool = False) -> float:
        """Return when the clock shows so many seconds of the day, for the first or last time."""
        shown = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        shown += timedelta(seconds=seconds)  # on the clock's face, whatever the zone does
        first, second = shown.timestamp(), shown.replace(fold=1).timestamp()
        if first <= second:
            return second if last else first
        return self._jump(second, first)

    def _jump(self, before: float, after: float) -> float:
        """Return when the clock is put forward between the two, to the second."""
        offset = datetime.fromtimestamp(before, self.zone).utcoffset()
        while after - before > 1.0:
            middle = (before + after) // 2
            if datetime.fromtimestamp(middle, self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after
