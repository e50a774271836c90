"""The figures of a run: who was served, at what cost to people, and what the attack took.

Judged is every person whose first call falls into the run's window. Waits are those in the queue
before the answer; who was never served counts as having waited for ever, so shutting people out
cannot look like speed. What is good enough is left to the reader.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

from screener.sim.result import Journey, Run

NORMAL_FLOOR_S = 60.0
"""A quiet center's wait counts as at least so long, or any noise would be many times normal."""

CONTAINED_TIMES = 1.5
CONTAINED_SHARE = 0.8
SLIDING_S = 300.0
SLIDING_STEP_S = 15.0
SETTLING_S = 1800.0
"""Contained: the 80th percentile of the waits of the people who first called in the last five
minutes is within 1.5 times normal, from then until half an hour past the attack's end."""

FEWEST_SLIDING = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run, or the mean of several, comes to. Shares are of judged people, 0-1.

    `dropped`, `busied`, `refused`: at least one call was ruled so; `trunk_full` found no channel;
    `dropped_calls` is the share of their calls that a verdict dropped. `p50` to `p95` are queue
    waits, seconds. `stolen` is the bots' share of all operators' time in the window.
    `contained_s` is None where nothing was attacked. `groups` is the share served by group.
    """

    people: float
    served: float
    challenged: float
    dropped: float
    busied: float
    refused: float
    trunk_full: float
    dropped_calls: float
    p50: float
    p80: float
    p95: float
    stolen: float
    contained_s: float | None = None
    groups: dict[str, float] = field(default_factory=dict)


def judge(
    run: Run, normal_p80: float = 0.0, attacked: tuple[float, float] | None = None
) -> Figures:
    """Return the figures of a run.

    `normal_p80` is the 80th percentile of a quiet day's waits, seconds; `attacked` the moments
    at which the attack began and ended, the judged window where not given and bots have called.
    """
    begins, ends = run.judged
    judged = [journey for journey in run.journeys if begins <= journey.first_at < ends]
    waits = sorted(_wait(journey) for journey in judged)
    calls = sum(journey.attempts for journey in judged)
    dropped = sum(journey.busied + journey.refused for journey in judged)
    if attacked is None and run.bots.calls:
        attacked = run.judged
    return Figures(
        people=len(judged),
        served=_share(judged, lambda journey: journey.served_at is not None),
        challenged=_share(judged, lambda journey: journey.challenged > 0),
        dropped=_share(judged, lambda journey: journey.dropped),
        busied=_share(judged, lambda journey: journey.busied > 0),
        refused=_share(judged, lambda journey: journey.refused > 0),
        trunk_full=_share(judged, lambda journey: journey.trunk_full > 0),
        dropped_calls=dropped / calls if calls else 0.0,
        p50=percentile(waits, 0.5),
        p80=percentile(waits, 0.8),
        p95=percentile(waits, 0.95),
        stolen=run.bots.stolen_s / (run.operators * (ends - begins)) if ends > begins else 0.0,
        contained_s=None if attacked is None else time_to_contain(run, normal_p80, attacked),
        groups=_served_by_group(judged),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the least value that so many of the ordered values do not exceed; 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def time_to_contain(run: Run, normal_p80: float, attacked: tuple[float, float]) -> float:
    """Return how long after the attack's begin people last waited far longer than normal."""
    begins, ends = attacked
    limit = CONTAINED_TIMES * max(normal_p80, NORMAL_FLOOR_S)
    called = [
        (journey.first_at, _wait(journey) > limit)
        for journey in run.journeys
        if begins <= journey.first_at <= ends + SETTLING_S
    ]
    last, oldest, newest, late = begins, 0, 0, 0
    moment = begins
    while moment < min(ends + SETTLING_S, run.lasts):
        moment += SLIDING_STEP_S
        while newest < len(called) and called[newest][0] <= moment:
            late += called[newest][1]
            newest += 1
        while oldest < newest and called[oldest][0] <= moment - SLIDING_S:
            late -= called[oldest][1]
            oldest += 1
        if newest - oldest >= FEWEST_SLIDING and late > (1 - CONTAINED_SHARE) * (newest - oldest):
            last = moment
    return last - begins


def mean(several: Sequence[Figures]) -> Figures:
    """Return the mean of the figures of several runs; a wait that is infinite in one stays so."""
    if not several:
        raise ValueError("no figures to take the mean of")
    plain = {
        one.name: sum(getattr(figures, one.name) for figures in several) / len(several)
        for one in fields(Figures)
        if one.name not in {"contained_s", "groups"}
    }
    contained = [one.contained_s for one in several if one.contained_s is not None]
    groups = {group for figures in several for group in figures.groups}
    return Figures(
        **plain,
        contained_s=sum(contained) / len(contained) if contained else None,
        groups={group: _mean_of_group(several, group) for group in sorted(groups)},
    )


def _mean_of_group(several: Sequence[Figures], group: str) -> float:
    shares = [figures.groups[group] for figures in several if group in figures.groups]
    return sum(shares) / len(shares)


def _wait(journey: Journey) -> float:
    return math.inf if journey.served_at is None else journey.wait


def _share(journeys: Sequence[Journey], holds: Callable[[Journey], bool]) -> float:
    return sum(map(holds, journeys)) / len(journeys) if journeys else 0.0


def _served_by_group(judged: Sequence[Journey]) -> dict[str, float]:
    by_group: dict[str, list[Journey]] = {}
    for journey in judged:
        by_group.setdefault(journey.group, []).append(journey)
    return {
        group: _share(members, lambda journey: journey.served_at is not None)
        for group, members in sorted(by_group.items())
    }
