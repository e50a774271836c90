"""What one edge counted of crowds since it last told, so that all edges judge by all calls.

Counts fade exponentially, so they add up: what this edge counted is what its memory holds more
than it held when it last told, faded, and the others' counts are added as they are now. Each
edge's memory so holds the sum of all edges'. Arrivals and the usual week are `center_counts`';
what one edge may claim at most is `delta_bounds`'. Customers are not told: a shared standing has
each edge count them by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from screener.core.crowd import Crowd, Fading
from screener.core.crowd_kinds import MOST_CROWDS
from screener.core.crowds import CrowdMemory
from screener.core.settings import CrowdSettings

ALL = ""
"""The key of all calls together; of them only what teaches is counted."""
_NOTHING = 1e-9


class Counts(NamedTuple):
    """Counts of one crowd, as in `Crowd`."""

    fast: float = 0.0
    slow: float = 0.0
    usual: float = 0.0
    asked: float = 0.0
    passed: float = 0.0
    busied: float = 0.0
    returned: float = 0.0


@dataclass(frozen=True, slots=True)
class CrowdDelta:
    """What was counted in some time up to `at` (seconds since 1970), faded to then."""

    at: float
    few: Mapping[str, Counts] = field(default_factory=dict)
    prefixes: Mapping[str, Counts] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Say whether anything was counted."""
        return bool(self.few or self.prefixes)


class CrowdLedger:
    """Knows what of the memory was told, or came from others; made before any call is counted."""

    def __init__(self, memory: CrowdMemory, settings: CrowdSettings, now: float) -> None:
        self._memory = memory
        self._fading = Fading(settings)
        self._known: dict[str, Crowd] = {}
        memory.fresh = {}
        self.forget_untold(now)

    def reconfigure(self, settings: CrowdSettings) -> None:
        """Take other settings; what was told goes on."""
        self._fading = Fading(settings)

    def forget_untold(self, now: float) -> None:
        """Take it that all there is now is known to the others."""
        for key, crowd in self._crowds():
            crowd.fade(self._fading, now)
            self._known[key] = _copied(crowd)
        self._memory.fresh = {}

    def draw(self, now: float) -> CrowdDelta:
        """Return what was counted here since the last time; it counts as told from now on."""
        few: dict[str, Counts] = {}
        for key, crowd in self._crowds():
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = Crowd(now)
            crowd.fade(self._fading, now)
            known.fade(self._fading, now)
            if (counts := _difference(crowd, known)) is not None:
                few[key] = counts
                self._known[key] = _copied(crowd)
        prefixes = {}
        for key, crowd in (self._memory.fresh or {}).items():
            crowd.fade(self._fading, now)
            prefixes[key] = Counts(crowd.fast, crowd.slow, crowd.usual)
        self._memory.fresh = {}
        return CrowdDelta(now, few, prefixes)

    def fold(self, delta: CrowdDelta, now: float) -> float:
        """Add what another edge counted; return how many calls that are now."""
        calls = 0.0
        faded = Crowd(delta.at)
        for key, counts in delta.few.items():
            _set(faded, delta.at, counts)
            faded.fade(self._fading, now)
            for crowd in self._both(key, now):
                _add(crowd, faded)
            if key[:1] == "w":
                calls += faded.fast
        prefixes = self._memory.prefixes
        for key, counts in delta.prefixes.items():
            _set(faded, delta.at, counts)
            faded.fade(self._fading, now)
            crowd = prefixes.get(key) or Crowd(now)
            crowd.fade(self._fading, now)
            _add(crowd, faded)
            prefixes.put(key, crowd)
        return calls

    def _crowds(self) -> list[tuple[str, Crowd]]:
        return [(ALL, self._memory.all), *self._memory.few.items()]

    def _both(self, key: str, now: float) -> tuple[Crowd, Crowd]:
        """Return the crowd in the memory, and what of it is known, both as of now."""
        memory = self._memory
        if key != ALL and key not in memory.few and len(memory.few) >= MOST_CROWDS:
            key = key[0]
        crowd = memory.all if key == ALL else memory.few.setdefault(key, Crowd(now))
        known = self._known.setdefault(key, Crowd(now))
        crowd.fade(self._fading, now)
        known.fade(self._fading, now)
        return crowd, known


def _copied(crowd: Crowd) -> Crowd:
    return Crowd(crowd.at, *counts_of(crowd))


def counts_of(crowd: Crowd) -> Counts:
    """Return a crowd's counts as of its own moment."""
    return Counts(
        *(crowd.fast, crowd.slow, crowd.usual, crowd.asked, crowd.passed),
        *(crowd.busied, crowd.returned),
    )


def _set(crowd: Crowd, at: float, counts: Counts) -> None:
    crowd.at = at
    crowd.fast, crowd.slow, crowd.usual, *rest = counts
    crowd.asked, crowd.passed, crowd.busied, crowd.returned = rest


def _add(crowd: Crowd, other: Crowd) -> None:
    crowd.fast += other.fast
    crowd.slow += other.slow
    crowd.usual += other.usual
    if other.asked or other.busied or other.returned:
        crowd.asked += other.asked
        crowd.passed += other.passed
        crowd.busied += other.busied
        crowd.returned += other.returned


def _difference(crowd: Crowd, known: Crowd) -> Counts | None:
    """Return what a crowd has more than is known of it, None where that is nothing."""
    fast, usual = crowd.fast - known.fast, crowd.usual - known.usual
    asked, busied = crowd.asked - known.asked, crowd.busied - known.busied
    returned = crowd.returned - known.returned
    if max(fast, usual, asked, busied, returned) <= _NOTHING:
        return None
    passed, slow = crowd.passed - known.passed, crowd.slow - known.slow
    told = (fast, slow, usual, asked, passed, busied, returned)
    return Counts(*[max(one, 0.0) for one in told])
