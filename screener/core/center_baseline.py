"""What an edge knows of all calls, whole: for an edge that begins, or was away for long.

Counts and usual shares of the crowds and the usual week, as of one moment, with what of which
edge they hold, so that what was told after it can be added and nothing twice. An edge that takes
it over drops its own; what it counted alone is added afterwards by whoever asks (`fold`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from screener.core.crowd import Crowd, Fading
from screener.core.crowd_deltas import ALL, Counts, counts_of
from screener.core.crowd_kinds import MOST_CROWDS
from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.usual import QUARTERS, UsualWeek

MOST_PREFIXES = 10_000
"""Prefixes in a baseline, those with most calls."""
FRESH_S = 90.0
"""A baseline of so lately holds what is going on now."""
_LEAST_PART = 0.5
"""A fresh one is taken over that was taught by at least this part of the calls that taught ours."""
_LEAST_CALLS = 0.05
_ALL_STALE = 1_000.0


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an edge knows as of `at`; `seen` has of each teller the number of its last delta.

    `week` is a copy, with the quarter under way.
    """

    at: float
    few: Mapping[str, Counts] = field(default_factory=dict)
    customers: int = 0
    week: UsualWeek = field(default_factory=UsualWeek)
    seen: Mapping[str, int] = field(default_factory=dict)

    def taught(self, engine: Engine, now: float) -> float:
        """Return how many calls taught it what is usual, as they count now."""
        half_life = engine.settings.crowds.usual_half_life
        usual = self.few.get(ALL, Counts()).usual
        return float(usual * 0.5 ** (max(now - self.at, 0.0) / half_life))


def baseline_of(engine: Engine, memory: Memory, seen: Mapping[str, int], now: float) -> Baseline:
    """Return what this edge knows."""
    fading, crowds = Fading(engine.settings.crowds), memory.crowds
    few = {}
    for key, crowd in ((ALL, crowds.all), *crowds.few.items()):
        crowd.fade(fading, now)
        few[key] = counts_of(crowd)
    return Baseline(now, few, crowds.customers, memory.usual.copy(), dict(seen))


def prefixes_of(engine: Engine, entries: Mapping[str, Crowd], now: float) -> dict[str, Counts]:
    """Return the counts of the prefixes with most calls; safe in another thread."""
    half_life = engine.settings.crowds.usual_half_life
    taught = []
    for key, crowd in entries.items():
        usual = crowd.usual * 0.5 ** (max(now - crowd.at, 0.0) / half_life)
        if usual > _LEAST_CALLS:
            taught.append((usual, key))
    taught.sort(reverse=True)
    return {key: Counts(usual=usual) for usual, key in taught[:MOST_PREFIXES]}


def is_better(theirs: Baseline, engine: Engine, memory: Memory, now: float) -> bool:
    """Say whether an edge that begins should go on from another's baseline, not its own memory."""
    ours = baseline_of(engine, memory, {}, now).taught(engine, now)
    taught = theirs.taught(engine, now)
    is_fresh = abs(now - theirs.at) <= FRESH_S
    return taught > ours or (is_fresh and taught >= _LEAST_PART * ours)


def adopt(theirs: Baseline, engine: Engine, memory: Memory, now: float) -> None:
    """Put a baseline in the place of this edge's counts; crowds stay the objects that they are."""
    fading, crowds = Fading(engine.settings.crowds), memory.crowds
    for key, crowd in crowds.few.items():
        if key not in theirs.few:
            _become(crowd, Counts(), now)
    for key, counts in theirs.few.items():
        if key == ALL:
            crowd = crowds.all
        elif key in crowds.few or len(crowds.few) < MOST_CROWDS:
            crowd = crowds.few.setdefault(key, Crowd(now))
        else:
            continue
        _become(crowd, counts, min(theirs.at, now))
        crowd.fade(fading, now)
    crowds.customers = max(crowds.customers, theirs.customers)
    _adopt_week(theirs.week, memory.usual)
    engine.crowds.counted_elsewhere(_ALL_STALE)


def adopt_prefixes(theirs: Mapping[str, Counts], at: float, memory: Memory) -> None:
    """Take what was usual of prefixes at `at`, where less was known of them here."""
    prefixes = memory.crowds.prefixes
    for key, counts in reversed(list(theirs.items())[:MOST_PREFIXES]):
        crowd = prefixes.get(key)
        if crowd is None:
            prefixes.put(key, Crowd(at, usual=counts.usual))
        else:
            crowd.usual = max(crowd.usual, counts.usual)


def _become(crowd: Crowd, counts: Counts, at: float) -> None:
    crowd.at = at
    crowd.fast, crowd.slow, crowd.usual, *rest = counts
    crowd.asked, crowd.passed, crowd.busied, crowd.returned = rest


def _adopt_week(theirs: UsualWeek, ours: UsualWeek) -> None:
    if not theirs.timezone or len(theirs.usual) != QUARTERS:
        return
    if ours.timezone != theirs.timezone:
        if not ours.timezone:
            ours.become(theirs.copy())
        return
    for place, calls in enumerate(theirs.usual):
        ours.usual[place] = ours.usual[place] or calls
    if theirs.since > ours.since or (theirs.since == ours.since and theirs.came > ours.came):
        ours.since, ours.whole, ours.before = theirs.since, theirs.whole, theirs.before
        ours.came, ours.refused, ours.failed = theirs.came, theirs.refused, theirs.failed
