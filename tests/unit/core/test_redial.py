import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.redial import MOST_BUSIED, Busied, busied_again, is_redial
from screener.core.settings import ReputationSettings
from tests.builders import NOW

RULES = ReputationSettings()
QUICK_S = RULES.redial_within / (MOST_BUSIED + 2)
"""Who calls again so soon is told busy more often within the time than a person takes."""


def busied(*moments: float) -> Busied | None:
    """Return what is kept of a caller who was told busy at these moments after `NOW`."""
    kept: Busied | None = None
    for moment in moments:
        kept = busied_again(kept, NOW + moment)
    return kept


@pytest.mark.parametrize(
    ("after_s", "earns"),
    [
        (0.0, False),
        (RULES.redial_after - 0.1, False),
        (RULES.redial_after, True),
        (60.0, True),
        (RULES.redial_within, True),
        (RULES.redial_within + 0.1, False),
        (-10.0, False),
    ],
)
def test_a_redial_comes_neither_at_once_nor_much_later(after_s: float, *, earns: bool) -> None:
    assert is_redial(busied(0.0), RULES, NOW + after_s) is earns


def test_who_was_never_told_busy_redials_nothing() -> None:
    assert not is_redial(None, RULES, NOW)


def test_a_person_who_tries_a_few_times_earns_it_each_time() -> None:
    tries = [0.0, 40.0, 95.0, 300.0, 700.0]
    for count in range(1, MOST_BUSIED + 1):
        assert is_redial(busied(*tries[:count]), RULES, NOW + tries[count - 1] + 60.0)


@given(st.floats(RULES.redial_after, QUICK_S), st.integers(MOST_BUSIED + 1, 200))
def test_a_machine_that_goes_on_and_on_earns_nothing(gap: float, count: int) -> None:
    kept = busied(*(place * gap for place in range(count)))
    assert not is_redial(kept, RULES, NOW + count * gap)


def test_after_a_rest_it_is_a_person_again() -> None:
    kept = busied(*(QUICK_S * place for place in range(40)))
    assert not is_redial(kept, RULES, NOW + 40 * QUICK_S)
    rested = busied_again(kept, NOW + 39 * QUICK_S + RULES.redial_within + 1.0)
    assert is_redial(rested, RULES, rested[-1] + 60.0)


@given(st.lists(st.floats(0.0, 4e9)))
def test_what_is_kept_of_a_caller_is_bounded(moments: list[float]) -> None:
    assert len(busied(*moments) or ()) == min(len(moments), MOST_BUSIED + 1)
