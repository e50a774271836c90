"""The figures of a report: which there are, under what name, and how one of them is written.

One column holds the plays of one contender at one scenario. The tables are `simulate_text`'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isinf, isnan

from screener.cli.simulate_contenders import Contender
from screener.cli.simulate_play import Play, Played, Speed, together
from screener.sim.judging import Figures, mean
from screener.sim.model import CenterSite, Scenario

NEVER = "never"
GROUPS = ("known", "unknown", "withheld", "switchboard", "relay", "foreign")

Value = float | None


@dataclass(frozen=True, slots=True)
class Column:
    """What one contender came to in one scenario, over all seeds."""

    contender: Contender
    plays: tuple[Played, ...]
    figures: Figures
    speed: Speed

    @property
    def attack_calls(self) -> float:
        """Return the attack's calls in a play, on average."""
        return sum(one.bots.calls for one in self.plays) / len(self.plays)

    def of_attack(self, count: Callable[[Played], int]) -> Value:
        """Return which share of the attack's calls is counted, None without an attack."""
        calls = sum(one.bots.calls for one in self.plays)
        return sum(map(count, self.plays)) / calls if calls else None


@dataclass(frozen=True, slots=True)
class Report:
    """One scenario with its columns, in the order they were asked for."""

    site: CenterSite
    scenario: Scenario
    seeds: tuple[int, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a report; `unit` is `%` (of a share), `s`, `ms` or empty for a count."""

    key: str
    title: str
    unit: str
    of: Callable[[Column], Value]

    def written(self, value: Value) -> str:
        """Return the value as a table has it."""
        if value is None or isnan(value):
            return "-"
        if isinf(value):
            return NEVER
        match self.unit:
            case "%":
                return f"{100.0 * value:.1f}"
            case "s":
                return f"{value:.0f}"
            case "ms":
                return f"{1000.0 * value:.3f}"
            case _:
                return f"{value:,.0f}"


FIGURES: Sequence[Figure] = (
    Figure("people", "people judged", "", lambda one: one.figures.people),
    Figure("served", "people served, %", "%", lambda one: one.figures.served),
    Figure("challenged", "asked a captcha, %", "%", lambda one: one.figures.challenged),
    Figure("dropped", "dropped by a verdict, %", "%", lambda one: one.figures.dropped),
    Figure("busied", "  told busy, %", "%", lambda one: one.figures.busied),
    Figure("refused", "  refused, %", "%", lambda one: one.figures.refused),
    Figure(
        "dropped_calls", "of their calls dropped, %", "%", lambda one: one.figures.dropped_calls
    ),
    Figure("trunk_full", "found the trunk full, %", "%", lambda one: one.figures.trunk_full),
    Figure("wait_p50", "wait, half of all under, s", "s", lambda one: one.figures.p50),
    Figure("wait_p80", "wait, 80 % under, s", "s", lambda one: one.figures.p80),
    Figure("wait_p95", "wait, 95 % under, s", "s", lambda one: one.figures.p95),
    Figure("stolen", "operator time stolen, %", "%", lambda one: one.figures.stolen),
    Figure("contained", "contained after, s", "s", lambda one: one.figures.contained_s),
    *(
        Figure(
            f"served_{group}",
            f"served of {group}, %",
            "%",
            lambda one, group=group: one.figures.groups.get(group),  # type: ignore[misc]
        )
        for group in GROUPS
    ),
    Figure("attack_calls", "calls of the attack", "", lambda one: one.attack_calls),
    Figure(
        "attack_admitted",
        "  let in at once, %",
        "%",
        lambda one: one.of_attack(lambda play: play.bots.admitted),
    ),
    Figure(
        "attack_served",
        "  reached an operator, %",
        "%",
        lambda one: one.of_attack(lambda play: play.bots.served),
    ),
    Figure("decisions_per_s", "decisions a second", "", lambda one: one.speed.per_s),
    Figure("decision_p99", "99 % of decisions within, ms", "ms", lambda one: one.speed.p99_s),
    Figure("faults", "faults of the defence", "", lambda one: sum(p.faults for p in one.plays)),
)

OVERVIEW = ("served", "challenged", "dropped", "wait_p80", "stolen", "contained")
"""Of many scenarios a table shows these, one after the other."""


def column_of(contender: Contender, plays: Sequence[Played]) -> Column:
    """Put the plays of one contender at one scenario together."""
    figures = mean([one.figures for one in plays])
    return Column(contender, tuple(plays), figures, together([one.speed for one in plays]))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be played: every contender at every scenario, each with the same seeds."""

    scenarios: tuple[tuple[CenterSite, Scenario], ...]
    contenders: tuple[Contender, ...]
    seeds: tuple[int, ...]

    def tasks(self, *, plot: bool) -> list[Play]:
        """Return every play; pictures are of the first seed."""
        return [
            Play(site, scenario, contender, seed, plot=plot and seed == self.seeds[0])
            for site, scenario in self.scenarios
            for contender in self.contenders
            for seed in self.seeds
        ]

    def reports(self, results: Sequence[Played]) -> tuple[Report, ...]:
        """Put the results of the tasks, in their order, together: a report for each scenario."""
        rest = iter(results)
        return tuple(
            Report(
                site,
                scenario,
                self.seeds,
                tuple(
                    column_of(contender, [next(rest) for _ in self.seeds])
                    for contender in self.contenders
                ),
            )
            for site, scenario in self.scenarios
        )
