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
