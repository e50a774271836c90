import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.sim.result import Bots, Journey, Minute, Run

calls = st.integers(0, 12)


@given(calls, calls, calls, calls)
def test_who_was_told_busy_or_refused_was_dropped_and_nobody_else(
    busied: int, refused: int, trunk_full: int, challenged: int
) -> None:
    journey = Journey(
        "known", 0.0, busied=busied, refused=refused, trunk_full=trunk_full, challenged=challenged
    )
    assert journey.dropped is bool(busied or refused)


def test_who_was_never_answered_was_not_served() -> None:
    journey = Journey("withheld", 60.0, attempts=3, abandoned=3)
    assert journey.served_at is None
    assert not journey.dropped


def a_run(name: str) -> Run:
    return Run(name, "policy", 1, 3_600.0, (0.0, 3_600.0), 8)


def test_what_one_run_counts_is_not_in_another() -> None:
    one, other = a_run("one"), a_run("other")
    one.journeys.append(Journey("known", 0.0))
    one.bots.calls += 1
    one.minutes.append(Minute(missed=1))
    one.minutes[0].people["busy"] += 1
    one.decision_s.append(0.001)
    assert (other.journeys, other.minutes, other.decision_s) == ([], [], [])
    assert other.bots == Bots()
    assert Minute().people == {}


@pytest.mark.parametrize("made", [Bots, Minute, lambda: Journey("known", 0.0)])
def test_a_figure_that_nobody_foresaw_is_not_kept(made: object) -> None:
    assert callable(made)
    with pytest.raises(AttributeError):
        made().served_twice = 1
