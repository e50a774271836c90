from dataclasses import FrozenInstanceError
from math import exp
from random import Random
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import Event
from screener.core.settings import Action
from screener.sim.model import CenterSite, Lognormal, People, Pressed, Ruling, draw

medians = st.floats(0.1, 1e5)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a simulation's own course of events


def test_half_of_what_is_drawn_is_under_the_median_and_the_mean_is_the_lognormals() -> None:
    rng, service = seeded(1), Lognormal(107.0, 1.003)
    drawn = [draw(rng, service) for _ in range(40_000)]
    assert median(drawn) == pytest.approx(107.0, rel=0.03)
    assert fmean(drawn) == pytest.approx(107.0 * exp(1.003**2 / 2.0), rel=0.03)


@given(medians)
def test_without_spread_every_draw_is_the_median(middle: float) -> None:
    assert draw(seeded(2), Lognormal(middle, 0.0)) == middle


@given(st.integers(), medians, st.floats(0.0, 3.0))
def test_the_same_seed_draws_the_same_and_never_less_than_nothing(
    seed: int, middle: float, sigma: float
) -> None:
    duration = Lognormal(middle, sigma)
    assert draw(seeded(seed), duration) == draw(seeded(seed), duration) > 0.0


def test_how_people_behave_adds_up() -> None:
    people = People()
    assert sum(people.attestation.values()) == pytest.approx(1.0)
    assert people.withheld + people.switchboard + people.relay + people.foreign < 1.0
    assert people.captcha_first < people.captcha_second <= 1.0 - people.captcha_hangup
    waits, shares = zip(*people.patience, strict=True)
    assert list(waits) == sorted(waits)
    assert list(shares) == sorted(shares, reverse=True)
    assert people.patience[0] == (0.0, 1.0)


def test_every_call_of_a_site_comes_by_one_of_its_trunks() -> None:
    site = CenterSite("some", 8, 46, (100.0,))
    assert sum(site.trunks.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("pressed", list(Pressed))
def test_the_end_of_a_captcha_is_one_that_an_agent_learns_from(pressed: Pressed) -> None:
    assert Event(f"challenge_{pressed.value}") in Event


def test_what_is_set_is_not_changed_in_a_play() -> None:
    with pytest.raises(FrozenInstanceError):
        People().known_share = 0.5  # type: ignore[misc]  # that it is refused is the point


def test_a_ruling_without_more_words_is_a_plain_one() -> None:
    plain = Ruling(Action.ADMIT)
    assert (plain.priority, plain.treatment, plain.priority_failed) == (5, None, None)
