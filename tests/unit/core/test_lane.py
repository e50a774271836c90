import random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.lane import (
    LANE_FULL,
    NUMBER_LANE_FULL,
    CaptchaLane,
    places_of,
    watchdog_s,
)
from screener.core.settings import CaptchaSettings, Site
from tests.builders import NOW

SITE = Site(channels=100)
TWO_PLACES = CaptchaSettings(places=2, seconds=25.0, best_first_from=1.0)
TEN_PLACES = CaptchaSettings(places=10, seconds=25.0, best_first_from=0.5)
LAPSE_S = 30.0


def a_lane(settings: CaptchaSettings = TWO_PLACES) -> CaptchaLane:
    return CaptchaLane(settings, SITE)


def drawn(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same rush each time, no secret


def room(lane: CaptchaLane, now: float = NOW, score: float = 1.0) -> bool:
    return not lane.refusal("", score, now)


def ask(lane: CaptchaLane, name: str, score: float, now: float = NOW, caller: str = "") -> bool:
    """Go through the lane as a call that is decided does; say whether it got a place."""
    refused = lane.refusal(caller, score, now)
    lane.candidates.add(score, now)
    if not refused:
        lane.take(name, now, caller)
    return not refused


@pytest.mark.parametrize(
    ("places", "share", "channels", "effective"),
    [(12, 0.5, 46, 12), (12, 0.5, 20, 10), (12, 0.5, 3, 1), (50, 0.29, 100, 29), (12, 0.0, 46, 0)],
)
def test_there_are_no_more_places_than_their_share_of_the_channels(
    places: int, share: float, channels: int, effective: int
) -> None:
    captcha = CaptchaSettings(places=places, share_of_channels=share)
    assert places_of(captcha, Site(channels=channels)) == effective


def test_a_place_lapses_when_the_watchdog_has_ended_every_captcha() -> None:
    assert watchdog_s(TWO_PLACES) == LAPSE_S
    assert watchdog_s(CaptchaSettings(seconds=25.1)) == LAPSE_S + 1.0


def test_a_lane_has_room_until_its_places_are_taken() -> None:
    lane = a_lane()
    lane.take("a", NOW)
    assert room(lane)
    lane.take("b", NOW)
    assert lane.refusal("", -30.0, NOW) == LANE_FULL


@pytest.mark.parametrize("best_first_from", [0.0, 0.5, 1.0])
def test_without_places_nobody_is_asked(best_first_from: float) -> None:
    lane = a_lane(CaptchaSettings(places=0, best_first_from=best_first_from))
    assert lane.refusal("", -30.0, NOW) == LANE_FULL


def test_an_outcome_frees_the_place_and_a_second_one_frees_no_other() -> None:
    lane = a_lane()
    lane.take("a", NOW)
    lane.take("b", NOW)
    lane.free("a")
    lane.free("a")
    assert room(lane)
    lane.take("c", NOW)
    assert not room(lane)


def test_a_challenge_nobody_reported_frees_its_place_by_itself() -> None:
    lane = a_lane()
    lane.take("a", NOW)
    lane.take("b", NOW)
    assert not room(lane, NOW + LAPSE_S - 0.1)
    assert lane.holds("a")
    assert room(lane, NOW + LAPSE_S)


def test_a_place_taken_anew_lapses_by_its_new_time() -> None:
    lane = a_lane()
    lane.take("a", NOW)
    lane.free("a")
    lane.take("a", NOW + 20.0)
    lane.take("b", NOW + 20.0)
    assert not room(lane, NOW + LAPSE_S)


def test_lapsed_challenges_are_not_kept() -> None:
    lane = a_lane()
    for second in range(1_000):
        lane.take(f"call-{second}", NOW + second)
    assert len(lane) <= LAPSE_S + 1.0


def test_a_reload_changes_the_places_of_a_lane_in_use() -> None:
    lane = a_lane()
    lane.take("a", NOW)
    lane.reconfigure(CaptchaSettings(places=1, best_first_from=1.0), SITE)
    assert not room(lane)
    assert lane.holds("a")


def test_one_number_holds_no_more_places_than_one_number_may() -> None:
    lane = a_lane(CaptchaSettings(places=10, places_per_number=2))
    for name in ("a", "b"):
        assert lane.refusal("+1651", 1.0, NOW) == ""
        lane.take(name, NOW, "+1651")
    assert lane.refusal("+1651", -30.0, NOW) == NUMBER_LANE_FULL
    assert lane.refusal("+1612", 1.0, NOW) == ""
    lane.free("a")
    assert lane.refusal("+1651", 1.0, NOW) == ""


def test_a_number_gets_its_places_back_when_they_lapse() -> None:
    lane = a_lane(CaptchaSettings(places=10, places_per_number=1, seconds=25.0))
    lane.take("a", NOW, "+1651")
    assert lane.refusal("+1651", 1.0, NOW + LAPSE_S - 0.1) == NUMBER_LANE_FULL
    assert lane.refusal("+1651", 1.0, NOW + LAPSE_S) == ""


def test_callers_that_cannot_be_told_apart_are_not_counted_as_one() -> None:
    lane = a_lane(CaptchaSettings(places=10, places_per_number=1))
    lane.take("a", NOW)
    assert room(lane)


def test_who_is_forgotten_is_not_counted_and_its_place_stays_taken() -> None:
    lane = a_lane(CaptchaSettings(places=10, places_per_number=1))
    lane.take("a", NOW, "+1651")
    lane.forget("+1651")
    assert lane.refusal("+1651", 1.0, NOW) == ""
    assert lane.holds("a")
    lane.free("a")
    assert len(lane) == 0


def test_below_the_mark_nobody_is_refused_however_bad_the_score() -> None:
    lane = a_lane(TEN_PLACES)
    for score in range(50):
        lane.candidates.add(float(-score), NOW)
    assert all(ask(lane, str(name), 40.0) for name in range(6))
    assert not ask(lane, "6", 40.0)


def test_from_the_mark_on_the_share_let_in_is_that_of_the_free_places() -> None:
    lane = a_lane(TEN_PLACES)
    for score in range(1, 100):
        lane.candidates.add(float(score), NOW)
    for taken, bar in ((5, 100), (6, 80), (7, 60), (8, 40), (9, 20)):
        while len(lane) < taken:
            lane.take(str(len(lane)), NOW)
        assert room(lane, score=float(bar))
        assert room(lane, score=bar + 0.5) == (taken == 5)


def test_equal_scores_fill_the_lane_as_they_come() -> None:
    lane = a_lane(TEN_PLACES)
    assert [ask(lane, str(name), 1.0) for name in range(30)] == [True] * 10 + [False] * 20


def test_the_same_calls_get_the_same_places() -> None:
    def played() -> list[bool]:
        lane, chance = a_lane(TEN_PLACES), drawn(7)
        return [ask(lane, str(n), chance.gauss(1, 2), NOW + n / 3.0) for n in range(300)]

    assert played() == played()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 3.0, 14.0]), st.floats(0.0, 0.6))
def test_in_a_rush_those_with_a_place_have_better_scores_than_those_without(
    seed: int, per_s: float, best_first_from: float
) -> None:
    captcha = CaptchaSettings(places=12, seconds=25.0, best_first_from=best_first_from)
    lane, chance = a_lane(captcha), drawn(seed)
    found: dict[bool, list[float]] = {True: [], False: []}
    now = NOW
    for name in range(1_500):
        now += chance.expovariate(per_s)
        score = chance.gauss(2.0, 2.0)
        found[ask(lane, str(name), score, now)].append(score)
    assert mean(found[True]) < mean(found[False])


_STEPS = st.tuples(
    st.sampled_from("afr"), st.integers(0, 9), st.floats(-5.0, 15.0), st.integers(-9, 40)
)


@given(st.lists(_STEPS, max_size=60), st.floats(0.0, 1.0), st.integers(1, 3))
def test_never_more_are_asked_than_there_are_places_in_all_and_for_each_number(
    steps: list[tuple[str, int, float, int]], best_first_from: float, of_number: int
) -> None:
    captcha = CaptchaSettings(
        places=4, places_per_number=of_number, seconds=25.0, best_first_from=best_first_from
    )
    lane, now = a_lane(captcha), NOW
    callers: dict[str, str] = {}
    for place, (what, name, score, passed) in enumerate(steps):
        now += passed
        if what == "a":
            callers[str(place)] = f"number-{name % 3}"
            ask(lane, str(place), score, now, callers[str(place)])
        elif what == "f":
            lane.free(str(place - name))
        else:
            lane.refusal("", score, now)
        holders = [callers[one] for one in callers if lane.holds(one)]
        assert len(holders) == len(lane) <= 4
        assert all(holders.count(number) <= of_number for number in holders)


@given(
    st.lists(st.floats(-5.0, 15.0), max_size=40),
    st.integers(0, 11),
    st.floats(-5.0, 15.0),
    st.floats(0.0, 20.0),
)
def test_where_a_score_gets_a_place_a_better_one_would_have_too(
    recent: list[float], taken: int, score: float, less: float
) -> None:
    lane = a_lane(TEN_PLACES)
    for one in recent:
        lane.candidates.add(one, NOW)
    for name in range(taken):
        lane.take(str(name), NOW)
    if room(lane, score=score):
        assert room(lane, score=score - less)


@given(st.lists(st.tuples(st.sampled_from("tfr"), st.integers(0, 5), st.integers(0, 40))))
def test_its_room_is_its_places_less_what_has_not_lapsed(
    steps: list[tuple[str, int, int]],
) -> None:
    lane, now = a_lane(), NOW
    since: dict[str, float] = {}
    for what, name, passed in steps:
        now += passed
        if what == "t":
            lane.take(str(name), now)
            since[str(name)] = now
        elif what == "f":
            lane.free(str(name))
            since.pop(str(name), None)
        live = [begun for begun in since.values() if begun > now - LAPSE_S]
        assert room(lane, now) == (len(live) < TWO_PLACES.places)


def test_challenges_at_other_edges_count_against_the_callers_own_places_alone() -> None:
    lane = a_lane()
    lane.at_all_edges = ("+16515550142", 2)
    assert lane.refusal("+16515550142", 0.0, NOW) == NUMBER_LANE_FULL
    assert lane.refusal("+16515550143", 0.0, NOW) == ""
    lane.at_all_edges = ("", 9)
    assert lane.refusal("", 0.0, NOW) == ""
