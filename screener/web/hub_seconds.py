"""What came in each of the last seconds, and what the site looked like: bounded, time handed in.

Pure: the hub feeds it, pages read it. A moment is seconds since 1970 on a clock that is not set
back; what is older than `SPAN_S` is forgotten.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from screener.core.incident import Ruled
from screener.core.settings import Action, Level

SPAN_S = 600
"""Seconds that are kept."""

_SMALLEST_S = 1e-6
_GROWTH = 1.2
"""Latencies are told to within this factor, as `service.tally` does."""


@dataclass(slots=True)
class Calls:
    """Calls of one or more seconds: by what was done, by what enforcing would do, by latency."""

    ruled: Counter[Ruled] = field(default_factory=Counter)
    would: Counter[Action] = field(default_factory=Counter)
    latency: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Return how many calls there were."""
        return self.ruled.total()

    def add(self, ruled: Ruled, would: Action, latency_s: float) -> None:
        """Count one call."""
        self.ruled[ruled] += 1
        self.would[would] += 1
        steps = math.log(max(latency_s, _SMALLEST_S) / _SMALLEST_S, _GROWTH)
        self.latency[int(steps)] += 1

    def latency_ms(self, share: float) -> float | None:
        """Return under how many milliseconds that share of the verdicts was; None without any."""
        seen, wanted = 0, share * self.latency.total()
        for bucket in sorted(self.latency):
            seen += self.latency[bucket]
            if seen >= wanted:
                return _SMALLEST_S * _GROWTH ** (bucket + 1) * 1000.0
        return None


@dataclass(frozen=True, slots=True)
class Gauge:
    """What the site looked like at a moment; None where that is not known."""

    level: Level
    pressure: float
    waiting: int | None = None
    longest_wait_s: int | None = None
    channels: int | None = None
    taken: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Some seconds from `at` on: their calls, and the last look at the site; None for unseen."""

    at: float
    seconds: int
    calls: Calls | None
    gauge: Gauge | None

    def per_s(self, kind: Ruled | Action) -> float:
        """Return how many calls a second came of that kind."""
        if self.calls is None:
            return 0.0
        counted: Counter[Ruled] | Counter[Action]
        counted = self.calls.ruled if isinstance(kind, Ruled) else self.calls.would
        return counted[kind] / self.seconds  # type: ignore[index]  # chosen by the kind's type


class Seconds:
    """The last seconds; what was not watched is no calm but unknown."""

    def __init__(self, span_s: int = SPAN_S) -> None:
        self._span = span_s
        self._calls: dict[int, Calls] = {}
        self._gauges: deque[tuple[int, Gauge]] = deque(maxlen=span_s)
        self._watched: deque[int] = deque(maxlen=span_s)

    def watched(self, now: float) -> None:
        """Note that calls are told at this moment: a second without one had none."""
        second = int(now)
        if not self._watched or second > self._watched[-1]:
            self._watched.append(second)

    def call(self, now: float, ruled: Ruled, would: Action, latency_s: float) -> None:
        """Count a call that was told now."""
        second = int(now)
        self.watched(now)
        calls = self._calls.get(second)
        if calls is None:
            calls = self._calls[second] = Calls()
            for old in [one for one in self._calls if one <= second - self._span]:
                del self._calls[old]
        calls.add(ruled, would, latency_s)

    def saw(self, now: float, gauge: Gauge) -> None:
        """Take a look at the site; of several in one second the last one counts."""
        second = int(now)
        if self._gauges and self._gauges[-1][0] >= second:
            self._gauges.pop()
        self._gauges.append((second, gauge))

    def last(self, now: float, seconds: int) -> Column:
        """Return the last whole seconds, shortened to those that were watched; `seconds` >= 1."""
        until = int(now)
        watched = sum(until - seconds <= one < until for one in reversed(self._watched))
        column = self._column(until - seconds, seconds, {*self._watched}, dict(self._gauges))
        return Column(column.at, max(watched, 1), column.calls, column.gauge)

    def columns(self, now: float, seconds: int) -> list[Column]:
        """Return all that is kept, oldest first, in columns of whole multiples of `seconds`.

        The one that is not over is left out, so that what is returned changes only with a new one.
        """
        until = int(now) // seconds * seconds
        watched, gauges = {*self._watched}, dict(self._gauges)
        first = until - self._span // seconds * seconds
        return [self._column(at, seconds, watched, gauges) for at in range(first, until, seconds)]

    def _column(self, at: int, seconds: int, watched: set[int], gauges: dict[int, Gauge]) -> Column:
        span = range(at, at + seconds)
        calls = together(self._calls[one] for one in span if one in self._calls)
        seen = [gauges[one] for one in span if one in gauges]
        known = not watched.isdisjoint(span)
        return Column(float(at), seconds, calls if known else None, seen[-1] if seen else None)


def together(calls: Iterable[Calls]) -> Calls:
    """Return all of them as one."""
    whole = Calls()
    for one in calls:
        whole.ruled += one.ruled
        whole.would += one.would
        whole.latency += one.latency
    return whole
