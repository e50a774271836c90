"""One play: a scenario, a site, a seed and what plays against them, in; figures out.

It runs in a process of its own, so what goes in and comes out can be pickled: of the run itself,
which may hold a hundred thousand journeys, only the figures and the picture are kept.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import thread_time

from screener.cli.simulate_contenders import Contender, Kind, defence_of
from screener.sim.center import judged_window, play
from screener.sim.judging import Figures, judge, percentile
from screener.sim.model import CenterSite, Scenario
from screener.sim.plot import day_plot
from screener.sim.result import Bots, Run

_GC_THRESHOLDS = (50_000, 20, 100)


@dataclass(frozen=True, slots=True)
class Play:
    """What is to be played, and whether a picture of it is wanted."""

    site: CenterSite
    scenario: Scenario
    contender: Contender
    seed: int
    plot: bool = False


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the defence decided: `deciding_s` for all `decisions`, and the 99th percentile.

    In seconds of a core's time: what else the machine does meanwhile does not count.
    """

    decisions: int
    deciding_s: float
    p99_s: float

    @property
    def per_s(self) -> float:
        """Return how many decisions it makes a second."""
        return self.decisions / self.deciding_s if self.deciding_s else 0.0


@dataclass(frozen=True, slots=True)
class Played:
    """What one play came to; `svg` is empty where no picture was wanted."""

    seed: int
    figures: Figures
    bots: Bots
    speed: Speed
    faults: int
    svg: str = ""


def play_one(task: Play) -> Played:
    """Play it; the same task gives the same figures, but for the speed."""
    scenario, site = task.scenario, task.site
    learns = task.contender.kind is Kind.POLICY
    with _rare_collections():
        run = play(
            scenario,
            site if learns else without_history(site),
            defence_of(task.contender),
            task.seed,
            timer=thread_time,
        )
    return Played(
        task.seed,
        judge(run, normal_p80(site, scenario, task.seed), attacked(scenario)),
        run.bots,
        _speed_of(run),
        run.faults,
        day_plot(run, channels=site.channels, starts=scenario.starts) if task.plot else "",
    )


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Collect garbage rarely: a play makes no cycles, and looking for them took 4 % of its time."""
    before = gc.get_threshold()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def without_history(site: CenterSite) -> CenterSite:
    """Return the site without earlier days, for who learns nothing of them: half of its time.

    People come and go as with them.
    """
    return replace(site, history_days=0)


def attacked(scenario: Scenario) -> tuple[float, float] | None:
    """Return from when to when the scenario's attacks last, None without one."""
    waves = [attack.wave for attack in scenario.attacks]
    if not waves:
        return None
    ends = max(wave.begins + wave.lasts for wave in waves)
    return min(wave.begins for wave in waves), min(ends, scenario.lasts)


def normal_p80(site: CenterSite, scenario: Scenario, seed: int) -> float:
    """Return the wait that four of five people stay under at that hour of a usual day, seconds.

    Usual: without an attack, a rush or a defence.
    """
    usual = replace(scenario, attacks=(), rushes=(), judged=judged_window(scenario))
    played = repr((site, replace(usual, name="", about=""), seed))
    if played not in _usual_waits:
        nothing = defence_of(Contender(Kind.NONE.value, Kind.NONE))
        _usual_waits[played] = judge(play(usual, without_history(site), nothing, seed)).p80
    return _usual_waits[played]


_usual_waits: dict[str, float] = {}
"""Of this process: several columns of one report, and several reports, need the same one."""


def together(speeds: Sequence[Speed]) -> Speed:
    """Return the speed of several plays; its 99th percentile is that of the slowest."""
    return Speed(
        sum(one.decisions for one in speeds),
        sum(one.deciding_s for one in speeds),
        max(one.p99_s for one in speeds),
    )


def _speed_of(run: Run) -> Speed:
    taken = sorted(run.decision_s)
    return Speed(len(taken), sum(taken), percentile(taken, 0.99))
