"""How loaded the protected resources are, as a level with memory.

Each resource (operator queue, trunk channels, arrivals against what the operators can take, or
against what is usual at this time of the week where that is more) is a ratio between its `calm`
and `full` marks; the worst one counts. A level is entered at once and left only after the value
has stayed below its mark, less the hysteresis, for the hold time. The load comes with the call
(`call.Load`) or, for arrivals, from the calls themselves.
"""

import math

from screener.core.call import Load
from screener.core.records import record
from screener.core.settings import Level, Marks, PressureSettings, Site
from screener.core.usual import UsualArrivals

_RANK = {Level.CALM: 0, Level.RISING: 1, Level.FULL: 2}


@record
class Pressure:
    """The level, the value behind it (0 calm .. 1 full) and each resource's share in it."""

    level: Level
    value: float
    queue: float = 0.0
    channels: float = 0.0
    arrivals: float = 0.0


CALM = Pressure(Level.CALM, 0.0)

_QUEUE_FROM = 0.25
_QUEUE_LEAST = 8
"""Callers waiting for each operator, and in all, that chance does not bring on a usual day."""


def is_queueing(load: Load, operators: int) -> bool:
    """Say whether more callers queue than chance brings on a usual day."""
    waiting = load.queue_waiting or 0
    logged_in = load.operators_logged_in or operators
    return waiting >= max(_QUEUE_FROM * logged_in, _QUEUE_LEAST)


class PressureGauge:
    """Reads the pressure at every call; the only state is the level and a decaying count."""

    def __init__(
        self, settings: PressureSettings, site: Site, usual: UsualArrivals | None = None
    ) -> None:
        """Take the settings; without `usual` no rush is usual."""
        self._settings = settings
        self._site = site
        self._usual = usual
        self._level = Level.CALM
        self._below_since: float | None = None
        self._count = 0.0
        self._counted_at = 0.0

    def reconfigure(
        self, settings: PressureSettings, site: Site, usual: UsualArrivals | None = None
    ) -> None:
        """Take other settings; level and counts go on."""
        self._settings, self._site, self._usual = settings, site, usual

    def read(self, load: Load, now: float) -> Pressure:
        """Return the pressure a call finds at `now`; writes nothing."""
        arrivals = (self._decayed_count(now) + 1.0) / self._settings.window
        measured = self._measure(load, arrivals, now)
        return measured if _is_at_least(measured.level, self._level) else self._held(measured)

    def arrived(self, load: Load, now: float) -> Pressure:
        """Count a call that came at `now` and return the pressure with it."""
        self._count = self._decayed_count(now) + 1.0
        self._counted_at = max(now, self._counted_at)
        measured = self._measure(load, self._count / self._settings.window, now)
        if measured.level is self._level:
            self._below_since = None
            return measured
        self._move(measured, now)
        return measured if measured.level is self._level else self._held(measured)

    def arrivals(self, now: float) -> float:
        """Return the calls counted lately, faded to `now`."""
        return self._decayed_count(now)

    def add_arrivals(self, calls: float, now: float) -> None:
        """Count calls that other edges of the same center took, faded to `now`."""
        self._count = self._decayed_count(now) + calls
        self._counted_at = max(now, self._counted_at)

    def _held(self, measured: Pressure) -> Pressure:
        """Return what was measured at the level that is kept for a while."""
        return Pressure(
            self._level, measured.value, measured.queue, measured.channels, measured.arrivals
        )

    def _decayed_count(self, now: float) -> float:
        age = now - self._counted_at
        return self._count * math.exp(-age / self._settings.window) if age > 0.0 else self._count

    def _measure(self, load: Load, arrivals_per_s: float, now: float) -> Pressure:
        settings, site = self._settings, self._site
        operators = max(load.operators_logged_in or site.operators, 1)
        queue = _share((load.queue_waiting or 0) / operators, settings.queue)
        channels = _share((load.channels_in_use or 0) / site.channels, settings.channels)
        # What the operators can take, calls/s: offered work of one erlang an operator.
        capacity = operators / site.mean_service
        expected = max(capacity, self._usual.per_s(now)) if self._usual else capacity
        arrivals = _share(arrivals_per_s / expected, settings.arrivals)
        value = max(queue, channels)
        value = max(value, arrivals)  # of two at a time compiled code takes the larger by itself
        return Pressure(self._level_of(value), value, queue, channels, arrivals)

    def _level_of(self, value: float) -> Level:
        if value >= self._settings.full_at:
            return Level.FULL
        return Level.RISING if value >= self._settings.rising_at else Level.CALM

    def _move(self, measured: Pressure, now: float) -> None:
        if _is_at_least(measured.level, self._level):
            self._level, self._below_since = measured.level, None
            return
        eased = self._level_of(min(measured.value + self._settings.hysteresis, 1.0))
        if _is_at_least(eased, self._level):
            self._below_since = None
        elif self._below_since is None:
            self._below_since = now
        elif now - self._below_since >= self._settings.hold:
            self._level, self._below_since = eased, None


def _is_at_least(level: Level, other: Level) -> bool:
    return _RANK[level] >= _RANK[other]


def _share(ratio: float, marks: Marks) -> float:
    if ratio <= marks.calm:
        return 0.0
    return min((ratio - marks.calm) / (marks.full - marks.calm), 1.0)
