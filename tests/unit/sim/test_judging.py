import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.sim.judging import judge, mean, percentile, time_to_contain
from screener.sim.result import Bots, Journey, Run


def _run(*journeys: Journey, bots: int = 0, stolen_s: float = 0.0) -> Run:
    return Run(
        "s",
        "d",
        1,
        10_800.0,
        (3600.0, 7200.0),
        10,
        journeys=list(journeys),
        bots=Bots(calls=bots, stolen_s=stolen_s),
    )


def _served(at: float, wait: float = 0.0, group: str = "known") -> Journey:
    return Journey(group, at, served_at=at + wait, wait=wait, attempts=1)


def _lost(at: float, group: str = "known") -> Journey:
    return Journey(group, at, attempts=1, abandoned=1)


def test_only_people_who_first_called_in_the_window_are_judged() -> None:
    figures = judge(_run(_lost(3599.9), _served(3600.0), _served(7199.9), _lost(7200.0)))

    assert (figures.people, figures.served) == (2, 1.0)


def test_shares_are_of_people_and_dropped_calls_of_calls() -> None:
    people = [
        Journey("known", 4000.0, served_at=4100.0, attempts=3, busied=2),
        Journey("known", 4000.0, attempts=1, refused=1),
        Journey("known", 4000.0, served_at=4001.0, attempts=2, trunk_full=1, challenged=1),
        _served(4000.0),
    ]

    figures = judge(_run(*people))

    assert (figures.served, figures.dropped, figures.busied, figures.refused) == (
        0.75,
        0.5,
        0.25,
        0.25,
    )
    assert (figures.trunk_full, figures.challenged) == (0.25, 0.25)
    assert figures.dropped_calls == pytest.approx(3 / 7)


def test_who_was_never_served_waited_for_ever() -> None:
    people = [_served(4000.0, float(wait)) for wait in range(1, 8)]
    figures = judge(_run(*people, *[_lost(4000.0)] * 3))

    assert (figures.p50, figures.p80, figures.p95) == (5.0, math.inf, math.inf)


def test_stolen_is_the_share_of_all_operators_in_the_window() -> None:
    assert judge(_run(bots=1, stolen_s=3600.0)).stolen == pytest.approx(0.1)


def test_groups_are_told_apart() -> None:
    figures = judge(_run(_served(4000.0), _lost(4000.0, "relay"), _served(4000.0, group="relay")))

    assert figures.groups == {"known": 1.0, "relay": 0.5}


def test_a_run_of_nobody_has_figures_of_nothing() -> None:
    figures = judge(_run())

    assert (figures.people, figures.served, figures.p80, figures.contained_s) == (0, 0.0, 0.0, None)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_is_the_least_value_that_covers_its_share(
    values: list[float], share: float
) -> None:
    found = percentile(sorted(values), share)

    covered = sum(value <= found for value in values)
    below = sum(value < found for value in values)
    assert covered >= share * len(values) - 1e-9
    assert below <= share * len(values)


def _day(late: tuple[float, float], wait: float = 500.0) -> Run:
    people = [
        _served(float(at), wait if late[0] <= at < late[1] else 1.0) for at in range(0, 10_800, 4)
    ]
    return _run(*people, bots=1)


def test_an_attack_that_nobody_felt_is_contained_at_once() -> None:
    assert judge(_day((0.0, 0.0))).contained_s == 0.0


def test_it_is_contained_when_the_last_long_waits_have_left_the_sliding_minutes() -> None:
    # 200 s of long waits are more than a fifth of the last 300 s until 240 s past their end.
    assert time_to_contain(_day((3600.0, 3800.0)), 0.0, (3600.0, 7200.0)) == pytest.approx(
        200 + 240, abs=15
    )


def test_long_waits_before_the_attack_or_long_past_it_are_not_its_doing() -> None:
    assert time_to_contain(_day((1000.0, 3500.0)), 0.0, (3600.0, 7200.0)) == 0.0
    assert time_to_contain(_day((9010.0, 10_800.0)), 0.0, (3600.0, 7200.0)) == 0.0


def test_half_an_hour_past_the_attack_still_counts() -> None:
    assert time_to_contain(_day((8000.0, 8800.0)), 0.0, (3600.0, 7200.0)) > 5000


def test_normal_is_what_a_quiet_day_is_used_to() -> None:
    run = _day((3600.0, 5000.0), wait=140.0)

    assert time_to_contain(run, 0.0, (3600.0, 7200.0)) > 0
    assert time_to_contain(run, 100.0, (3600.0, 7200.0)) == 0.0


def test_people_who_were_never_served_keep_an_attack_uncontained() -> None:
    people = [_lost(float(at)) for at in range(3600, 7200, 4)]

    assert judge(_run(*people, bots=1)).contained_s == pytest.approx(3600, abs=300)


def test_the_mean_is_of_each_figure_and_of_each_group() -> None:
    first = judge(_run(_served(4000.0, 10.0), _served(4000.0, 10.0, "relay"), bots=1))
    second = judge(_run(_served(4000.0, 30.0), _lost(4000.0)))

    found = mean([first, second])

    assert (found.served, found.p50, found.p95) == (0.75, 20.0, math.inf)
    assert found.groups == {"known": 0.75, "relay": 1.0}
    assert found.contained_s == 0.0
    assert mean([replace(first, contained_s=None)]).contained_s is None


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="no figures"):
        mean([])
