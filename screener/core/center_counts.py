"""All that one edge counted since it last told: crowds, arrivals, the quarter-hour under way.

Operators are one set for all edges, so what is set against them must be counted at all edges:
calls a second against what they can take, calls of the quarter against what is usual. Channels
and places in the captcha lane are each edge's own, and are not told.
"""

from dataclasses import dataclass, field
from math import exp
from typing import NamedTuple

from screener.core.crowd_deltas import CrowdDelta, CrowdLedger
from screener.core.engine import Engine
from screener.core.memory import Memory

_NOTHING = 1e-9


class QuarterCounts(NamedTuple):
    """Calls of the quarter-hour that began at `since`, as in `usual.UsualWeek`."""

    since: float = 0.0
    came: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def any(self) -> bool:
        """Say whether there are any."""
        return bool(self.came or self.refused or self.failed)


@dataclass(frozen=True, slots=True)
class CenterDelta:
    """What one edge counted in `span` seconds up to `crowds.at`, faded to then."""

    span: float
    crowds: CrowdDelta
    arrivals: float = 0.0
    quarter: QuarterCounts = field(default=QuarterCounts())

    def __bool__(self) -> bool:
        """Say whether anything was counted."""
        return bool(self.crowds or self.arrivals or self.quarter.any)


class CenterLedger:
    """Knows what of an engine's counts was told, or came from others.

    `engine` is asked for at each step, as a reload exchanges it.
    """

    def __init__(self, engine: Engine, memory: Memory, now: float) -> None:
        self._memory = memory
        self._settings = engine.settings.crowds
        self._crowds = CrowdLedger(memory.crowds, engine.settings.crowds, now)
        self.forget_untold(engine, now)

    def forget_untold(self, engine: Engine, now: float) -> None:
        """Take it that all there is now is known to the others."""
        self._follow(engine)
        self._crowds.forget_untold(now)
        self._drawn_at = now
        self._arrivals, self._arrivals_at = engine.gauge.arrivals(now), now
        self._quarter = self._quarter_now()

    def draw(self, engine: Engine, now: float) -> CenterDelta:
        """Return what was counted here since the last time; it counts as told from now on."""
        self._follow(engine)
        crowds = self._crowds.draw(now)
        arrivals = engine.gauge.arrivals(now)
        new = arrivals - self._known_arrivals(engine, now)
        self._arrivals, self._arrivals_at = arrivals, now
        before, quarter = self._quarter, self._quarter_now()
        self._quarter = quarter
        if before.since != quarter.since:
            before = QuarterCounts(quarter.since)
        span, self._drawn_at = now - self._drawn_at, now
        return CenterDelta(
            max(span, 0.0),
            crowds,
            new if new > _NOTHING else 0.0,
            QuarterCounts(
                quarter.since,
                max(quarter.came - before.came, 0),
                max(quarter.refused - before.refused, 0),
                max(quarter.failed - before.failed, 0),
            ),
        )

    def fold(self, engine: Engine, delta: CenterDelta, now: float) -> None:
        """Add what another edge counted, faded to now."""
        self._follow(engine)
        engine.crowds.counted_elsewhere(self._crowds.fold(delta.crowds, now))
        known = self._known_arrivals(engine, now)
        age = max(now - delta.crowds.at, 0.0)
        arrivals = delta.arrivals * exp(-age / engine.settings.pressure.window)
        engine.gauge.add_arrivals(arrivals, now)
        self._arrivals, self._arrivals_at = known + arrivals, now
        if engine.usual is not None and delta.quarter.any:
            untold = self._untold_of_quarter()
            engine.usual.count_elsewhere(*delta.quarter)
            now_there = self._quarter_now()
            if untold.since != now_there.since:
                untold = QuarterCounts()  # of a quarter that is over
            self._quarter = QuarterCounts(
                now_there.since,
                now_there.came - untold.came,
                now_there.refused - untold.refused,
                now_there.failed - untold.failed,
            )

    def _untold_of_quarter(self) -> QuarterCounts:
        there, known = self._quarter_now(), self._quarter
        if known.since != there.since:
            known = QuarterCounts(there.since)
        return QuarterCounts(
            there.since,
            there.came - known.came,
            there.refused - known.refused,
            there.failed - known.failed,
        )

    def _quarter_now(self) -> QuarterCounts:
        week = self._memory.usual
        return QuarterCounts(week.since, week.came, week.refused, week.failed)

    def _known_arrivals(self, engine: Engine, now: float) -> float:
        age = max(now - self._arrivals_at, 0.0)
        return self._arrivals * exp(-age / engine.settings.pressure.window)

    def _follow(self, engine: Engine) -> None:
        if engine.settings.crowds != self._settings:
            self._settings = engine.settings.crowds
            self._crowds.reconfigure(self._settings)
