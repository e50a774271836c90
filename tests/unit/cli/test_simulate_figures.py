"""Figures of a report, and how plays become one."""

from math import inf, nan

import pytest

from screener.cli.simulate_contenders import Contender, Kind
from screener.cli.simulate_figures import FIGURES, OVERVIEW, Figure, Plan, column_of
from screener.cli.simulate_play import Played, Speed
from screener.sim.judging import Figures
from screener.sim.result import Bots
from tests.unit.cli.simulated import FLOOD, QUIET, SITE

NONE, TRUTH = Contender("none", Kind.NONE), Contender("truth", Kind.TRUTH)


def a_play(seed: int = 1, served: float = 0.9, p80: float = 40.0, calls: int = 100) -> Played:
    figures = Figures(
        *(10, served, 0.2, 0.1, 0.1, 0.0, 0.05, 0.1, 5.0, p80, 90.0, 0.02),
        groups={"known": served, "relay": 1.0},
    )
    bots = Bots(calls=calls, admitted=calls // 10, served=calls // 20)
    return Played(seed, figures, bots, Speed(50, 0.01, 0.001), 0)


def value(key: str, *plays: Played) -> float | None:
    (figure,) = (one for one in FIGURES if one.key == key)
    return figure.of(column_of(NONE, plays))


@pytest.mark.parametrize(
    ("unit", "number", "written"),
    [
        ("%", 0.98765, "98.8"),
        ("s", 61.4, "61"),
        ("s", inf, "never"),
        ("ms", 0.00012, "0.120"),
        ("", 46000.0, "46,000"),
        ("%", None, "-"),
        ("s", nan, "-"),
    ],
)
def test_a_figure_is_written_in_its_unit(unit: str, number: float | None, written: str) -> None:
    assert Figure("x", "x", unit, lambda _: None).written(number) == written


def test_keys_are_unique_and_the_overview_shows_some_of_them() -> None:
    keys = [one.key for one in FIGURES]
    assert len(set(keys)) == len(keys)
    assert set(OVERVIEW) < set(keys)


def test_every_figure_can_be_had_of_a_play_without_an_attack() -> None:
    column = column_of(NONE, [a_play(calls=0)])
    told = {one.key: one.of(column) for one in FIGURES}
    assert told["served"] == 0.9
    assert told["attack_calls"] == 0
    assert told["attack_admitted"] is None
    assert told["contained"] is None
    assert told["served_withheld"] is None
    assert told["served_relay"] == 1.0


def test_seeds_are_averaged_and_a_wait_without_end_in_one_has_no_end_in_all() -> None:
    one, other = a_play(1, 0.8, calls=100), a_play(2, 1.0, p80=inf, calls=300)
    assert value("served", one, other) == pytest.approx(0.9)
    assert value("wait_p80", one, other) == inf
    assert value("attack_calls", one, other) == 200
    assert value("attack_admitted", one, other) == pytest.approx(0.1)
    assert value("decisions_per_s", one, other) == pytest.approx(5000.0)


def test_a_plan_is_every_contender_at_every_scenario_with_every_seed() -> None:
    plan = Plan(((SITE, QUIET), (SITE, FLOOD)), (NONE, TRUTH), (4, 5))
    tasks = plan.tasks(plot=True)
    assert len(tasks) == 8
    assert {(one.scenario.name, one.contender.name, one.seed) for one in tasks} == {
        (name, contender, seed)
        for name in ("calm", "flood")
        for contender in ("none", "truth")
        for seed in (4, 5)
    }
    assert {one.seed for one in tasks if one.plot} == {4}
    assert not any(one.plot for one in plan.tasks(plot=False))


def test_results_find_their_way_back_to_scenario_and_contender() -> None:
    twice = Plan(((SITE, QUIET), (SITE, QUIET)), (NONE, TRUTH), (1, 2))
    tasks = twice.tasks(plot=False)
    results = [a_play(task.seed, served=at / 10) for at, task in enumerate(tasks)]
    reports = twice.reports(results)
    served = [
        [play.figures.served for play in column.plays]
        for report in reports
        for column in report.columns
    ]
    assert served == [[0.0, 0.1], [0.2, 0.3], [0.4, 0.5], [0.6, 0.7]]
    assert [column.contender for column in reports[1].columns] == [NONE, TRUTH]
