import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.worth import MORE_PEOPLE, MOST, leniency, of_pass, of_return

asked = st.floats(0.0, 1e5)
share = st.floats(0.0, 1.0)


def test_few_challenges_make_nobody_lenient() -> None:
    assert leniency(4.9, 4.9) == 1.0


def test_who_passes_as_people_do_may_come_in_larger_numbers_and_machines_may_not() -> None:
    assert leniency(100.0, 93.0) == MORE_PEOPLE
    assert leniency(100.0, 3.0) == leniency(100.0, 50.0) == 1.0
    assert 1.0 < leniency(100.0, 75.0) < MORE_PEOPLE


@given(asked, share, share)
def test_more_passes_are_never_less_lenient(of: float, one: float, other: float) -> None:
    fewer, more = sorted((one, other))
    # Of less than one pass, chance is more than all of it.
    if of * fewer >= 1.0:
        assert 1.0 <= leniency(of, of * fewer) <= leniency(of, of * more) <= MORE_PEOPLE


@given(asked, share, share, share)
def test_a_pass_is_worth_less_the_more_machines_pass(
    of: float, people: float, one: float, other: float
) -> None:
    fewer, more = sorted((one, other))
    assert 0.0 <= of_pass(of, of * more, people) <= of_pass(of, of * fewer, people) <= MOST


@given(asked, share, share, share, share)
def test_a_redial_is_worth_less_the_more_machines_redial(
    of: float, people: float, redial: float, one: float, other: float
) -> None:
    fewer, more = sorted((one, other))
    redial = max(redial, 0.01)
    much = of_return(of, of * fewer, people, redial)
    assert 0.0 <= of_return(of, of * more, people, redial) <= much <= MOST


def test_before_anything_was_seen_a_pass_tells_much_and_a_redial_a_little() -> None:
    assert of_pass(0.0, 0.0, 0.5) == pytest.approx(5.74, abs=0.01)
    assert of_return(0.0, 0.0, 0.5, 0.88) == pytest.approx(2.17, abs=0.01)


def test_what_only_people_do_is_worth_more_the_longer_machines_do_not() -> None:
    passes = [of_pass(asked, 0.0, 0.02) for asked in (0.0, 100.0, 1_000.0, 10_000.0)]
    returns = [of_return(busied, 0.0, 0.02, 0.88) for busied in (0.0, 100.0, 1_000.0, 10_000.0)]
    for worth in (passes, returns):
        assert worth == sorted(worth)
        assert worth[0] < worth[-1]


def test_where_machines_do_as_people_it_is_worth_nothing() -> None:
    assert of_pass(1_000.0, 930.0, 0.01) < 0.1
    assert of_return(1_000.0, 880.0, 0.01, 0.88) < 0.1


def test_what_people_are_expected_to_do_is_no_machines_doing() -> None:
    assert of_pass(100.0, 25.0, 0.10) > of_pass(100.0, 25.0, 0.01)
    assert of_return(100.0, 25.0, 0.30, 0.88) > of_return(100.0, 25.0, 0.01, 0.88)


def test_where_nobody_redials_by_the_settings_a_redial_tells_nothing() -> None:
    assert of_return(100.0, 5.0, 0.1, 0.01) == 0.0
