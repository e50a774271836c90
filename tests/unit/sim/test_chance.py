import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.sim.chance import Mix, Patience, chances, moments


def test_the_same_seed_gives_the_same_chances_and_another_one_others() -> None:
    first, again, other = chances(1), chances(1), chances(2)

    drawn = [first.random() for _ in range(5)]

    assert drawn == [again.random() for _ in range(5)]
    assert drawn != [other.random() for _ in range(5)]


def test_a_mix_picks_each_name_as_often_as_its_share_says() -> None:
    mix = Mix({"a": 1.0, "b": 3.0})

    picked = [mix.pick(step / 1000) for step in range(1000)]

    assert picked.count("a") == 250
    assert picked.count("b") == 750


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 10), max_size=4), st.floats(0, 1))
def test_a_mix_always_picks_one_of_its_names(shares: dict[str, float], chance: float) -> None:
    assert Mix(shares).pick(chance) in (shares or {""})


def test_patience_passes_through_the_measured_points() -> None:
    patience = Patience(((0.0, 1.0), (60.0, 0.82), (300.0, 0.49)))

    assert patience.quantile(-math.log(0.82)) == pytest.approx(60.0)
    assert patience.quantile(-math.log(0.49)) == pytest.approx(300.0)


def test_patience_goes_on_at_the_last_rate_past_the_last_point() -> None:
    patience = Patience(((0.0, 1.0), (100.0, math.exp(-1.0))))

    assert patience.quantile(3.0) == pytest.approx(300.0)


def test_patience_that_never_falls_is_infinite() -> None:
    assert Patience(((0.0, 1.0), (60.0, 1.0))).quantile(0.1) == math.inf


@given(st.lists(st.floats(0, 20), min_size=2))
def test_more_hazard_never_means_less_patience(hazards: list[float]) -> None:
    patience = Patience(((0.0, 1.0), (60.0, 0.82), (300.0, 0.49)))

    waits = [patience.quantile(hazard) for hazard in sorted(hazards)]

    assert all(sooner <= later for sooner, later in pairwise(waits))


def test_moments_come_in_order_within_their_pieces_at_their_rate() -> None:
    pieces = [(0.0, 3600.0, 1000.0), (3600.0, 7200.0, 0.0), (7200.0, 10800.0, 4000.0)]

    drawn = list(moments(chances(3), pieces))

    assert drawn == sorted(drawn)
    assert not [moment for moment in drawn if 3600 <= moment < 7200 or moment >= 10800]
    assert sum(moment < 3600 for moment in drawn) == pytest.approx(1000, abs=4 * 1000**0.5)
    assert sum(moment > 7200 for moment in drawn) == pytest.approx(4000, abs=4 * 4000**0.5)
