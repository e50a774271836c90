from hypothesis import given
from hypothesis import strategies as st

from screener.core.lane import CaptchaLane
from screener.core.settings import CaptchaSettings
from tests.builders import NOW

TWO_PLACES = CaptchaSettings(digits=2, places=2, seconds=25.0)


def test_a_lane_has_room_until_its_places_are_taken() -> None:
    lane = CaptchaLane(TWO_PLACES)
    lane.take("a", NOW)
    assert lane.has_room(NOW)
    lane.take("b", NOW)
    assert not lane.has_room(NOW)


def test_an_outcome_frees_the_place_and_a_second_one_frees_no_other() -> None:
    lane = CaptchaLane(TWO_PLACES)
    lane.take("a", NOW)
    lane.take("b", NOW)
    lane.free("a")
    lane.free("a")
    assert lane.has_room(NOW)
    lane.take("c", NOW)
    assert not lane.has_room(NOW)


def test_a_challenge_nobody_reported_frees_its_place_by_itself() -> None:
    lane = CaptchaLane(TWO_PLACES)
    lane.take("a", NOW)
    lane.take("b", NOW)
    assert not lane.has_room(NOW + 24.9)
    assert lane.has_room(NOW + 25.1)


def test_lapsed_challenges_are_not_kept() -> None:
    lane = CaptchaLane(TWO_PLACES)
    for second in range(1_000):
        lane.take(f"call-{second}", NOW + second)
    assert len(lane) <= 26


def test_a_reload_changes_the_places_of_a_lane_in_use() -> None:
    lane = CaptchaLane(TWO_PLACES)
    lane.take("a", NOW)
    lane.settings = CaptchaSettings(digits=2, places=1, seconds=25.0)
    assert not lane.has_room(NOW)


@given(st.lists(st.tuples(st.sampled_from("tfr"), st.integers(0, 5), st.integers(-9, 40))))
def test_its_room_is_its_places_less_what_has_not_lapsed_even_if_time_steps_back(
    steps: list[tuple[str, int, int]],
) -> None:
    lane, now = CaptchaLane(TWO_PLACES), NOW
    for what, name, passed in steps:
        now += passed
        if what == "t":
            lane.take(str(name), now)
        elif what == "f":
            lane.free(str(name))
        live = [since for since in lane._open.values() if since > now - TWO_PLACES.seconds]
        assert lane.has_room(now) == (len(live) < TWO_PLACES.places)
