from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Load
from screener.core.crowd import Crowd
from screener.core.crowds import CrowdView
from screener.core.decision import Decision
from screener.core.demand import Demand, Doubt
from screener.core.engine import Engine
from screener.core.incident_watch import (
    ENOUGH_CALLS,
    MOST_KEPT,
    QUIET_S,
    IncidentWatch,
    unwanted_share,
)
from screener.core.outcome import Event
from screener.core.settings import Action, Mode, Settings, Site
from screener.core.swelling import People
from tests.builders import NOW, a_call, a_memory, an_engine

SITE = Site(operators=10, mean_service=100.0)
KEY = "jnew\x1fnone\x1ftrunk-a"
CALM = CrowdView("new", KEY)
SWOLLEN = CrowdView("new", KEY, points=5.0, alert=True)
CROWDS = {KEY: Crowd(NOW, fast=100.0, usual=20.0, gap=2.0, square=4.0, gaps=100)}
ENGINE = an_engine()
ADMITTED = ENGINE.decide(a_call(), Load())
assert ENGINE.crowds.demand is not None
DEMAND: Demand = replace(
    ENGINE.crowds.demand,
    fast=People(10.0, 10.0),
    usual_calls=1_000.0,
    swollen={KEY: Doubt(5.0, 0.1)},
)


class Watched:
    """A watch, and a clock for it."""

    def __init__(self) -> None:
        self.watch = IncidentWatch(SITE)
        self.now = NOW

    def call(
        self,
        view: CrowdView,
        *,
        limited: bool = False,
        redials: bool = False,
        would: Action = Action.ADMIT,
    ) -> None:
        decision = Decision(
            a_call(arrived_at=self.now), Load(), replace(ADMITTED.verdict, would=would)
        )
        self.watch.saw(decision, view, DEMAND, CROWDS, limited=limited, redials=redials)

    def flood(self, seconds: int, view: CrowdView = SWOLLEN) -> None:
        """Let two calls a second come."""
        for _ in range(2 * seconds):
            self.now += 0.5
            self.call(view)

    def rest(self, seconds: float) -> None:
        self.now += seconds
        self.watch.pass_time(self.now)


def test_calls_that_nothing_speaks_against_are_no_incident_however_many() -> None:
    watched = Watched()
    watched.flood(600, CALM)
    assert watched.watch.active is None
    assert watched.watch.begun == 0


def test_a_flood_is_noticed_within_a_minute_and_began_with_its_first_call() -> None:
    watched = Watched()
    watched.flood(60, CALM)
    began = watched.now + 0.5
    watched.flood(30)
    assert watched.watch.active is not None
    assert watched.watch.active.began == began
    assert watched.watch.active.calls == 60
    assert watched.watch.excess_per_s(watched.now) > 0.5


def test_a_swollen_crowd_of_a_few_calls_is_noise() -> None:
    watched = Watched()
    for _ in range(50):
        watched.now += 60.0
        watched.call(SWOLLEN)
        watched.flood(20, CALM)
    assert watched.watch.active is None


def test_it_is_over_when_nothing_was_left_for_minutes_and_ended_when_that_began() -> None:
    watched = Watched()
    watched.flood(60)
    last = watched.now
    watched.rest(QUIET_S - 1.0)
    assert watched.watch.active is not None
    watched.rest(2.0)
    assert watched.watch.active is None
    (ended,) = watched.watch.recent
    assert ended.ended == last
    assert watched.watch.excess_per_s(watched.now) < 0.001


def test_a_few_calls_of_a_crowd_that_is_still_in_doubt_do_not_make_it_last() -> None:
    watched = Watched()
    watched.flood(60)
    for _ in range(30):
        watched.flood(20, CALM)
        watched.call(SWOLLEN)
    assert watched.watch.active is None


def test_the_end_does_not_depend_on_how_often_one_looks() -> None:
    seldom, often = Watched(), Watched()
    for one in (seldom, often):
        one.flood(60)
    seldom.rest(1_000.0)
    for _ in range(1_000):
        often.rest(1.0)
    assert seldom.watch.recent[0].ended == pytest.approx(often.watch.recent[0].ended)


def test_pulses_of_a_minute_every_third_minute_are_one_incident() -> None:
    watched = Watched()
    for _ in range(10):
        watched.flood(60)
        watched.rest(120.0)
    assert watched.watch.begun == 1
    assert watched.watch.active is not None
    watched.rest(1_000.0)
    assert len(watched.watch.recent) == 1


def test_another_flood_after_the_end_is_another_incident() -> None:
    watched = Watched()
    for _ in range(MOST_KEPT + 5):
        watched.flood(60)
        watched.rest(1_000.0)
    assert watched.watch.begun == MOST_KEPT + 5
    assert len(watched.watch.recent) == MOST_KEPT


def test_calls_refused_for_the_limit_of_their_own_number_are_unwanted() -> None:
    watched = Watched()
    for _ in range(int(ENOUGH_CALLS * 2)):
        watched.now += 0.5
        watched.call(CALM, limited=True, would=Action.DROP)
    assert watched.watch.active is not None
    assert watched.watch.active.limited == watched.watch.active.calls
    assert [one.key for one in watched.watch.active.numbers.top(1.0)] == ["+1...42"]


def test_who_redials_after_a_busy_tone_makes_no_crowd_unwanted() -> None:
    watched = Watched()
    for _ in range(200):
        watched.now += 0.5
        watched.call(SWOLLEN, redials=True)
    assert watched.watch.active is None


def test_a_caller_over_a_limit_who_is_let_in_all_the_same_is_not() -> None:
    watched = Watched()
    for _ in range(200):
        watched.now += 0.5
        watched.call(CALM, limited=True)
    assert watched.watch.active is None


def test_what_becomes_of_challenges_is_counted_while_it_lasts() -> None:
    watched = Watched()
    watched.watch.told(Event.CHALLENGE_PASSED)
    watched.flood(60)
    for event in (Event.CHALLENGE_PASSED, Event.CHALLENGE_FAILED, Event.ANSWERED):
        watched.watch.told(event)
    assert watched.watch.active is not None
    assert watched.watch.active.challenges == {"challenge_passed": 1, "challenge_failed": 1}


def test_the_cadence_of_a_crowd_is_taken_from_its_gaps() -> None:
    watched = Watched()
    watched.flood(60)
    assert watched.watch.active is not None
    assert watched.watch.active.crowds[KEY].unevenness == 0.0


def test_of_a_swollen_crowd_only_what_people_and_chance_do_not_explain_is_unwanted() -> None:
    share = unwanted_share(SWOLLEN, DEMAND, CROWDS)
    assert 0.9 < share < 1.0
    assert unwanted_share(CALM, DEMAND, CROWDS) == 0.0
    assert unwanted_share(SWOLLEN, None, CROWDS) == 0.0
    assert unwanted_share(SWOLLEN, DEMAND, {}) == 0.0
    small = {KEY: replace(CROWDS[KEY], fast=1.0)}
    assert unwanted_share(SWOLLEN, DEMAND, small) == 0.0


@given(
    steps=st.lists(st.tuples(st.floats(-10.0, 2_000.0), st.booleans(), st.booleans()), max_size=150)
)
def test_whatever_comes_the_watch_stays_in_its_bounds(
    steps: list[tuple[float, bool, bool]],
) -> None:
    watched = Watched()
    for seconds, swollen, limited in steps:
        watched.now += seconds
        watched.call(SWOLLEN if swollen else CALM, limited=limited, would=Action.DROP)
        watch = watched.watch
        assert watch.begun == len(watch.recent) + (watch.active is not None)
        assert watch.excess_per_s(watched.now) >= 0.0
        for one in (*watch.recent, *([watch.active] if watch.active else [])):
            assert 0.0 < one.unwanted <= one.calls
            assert one.ended is None or one.ended >= one.began


def test_an_incident_outlives_a_change_of_settings() -> None:
    engine = an_engine()
    successor = engine.succeed(Settings(mode=Mode.OBSERVE, site=Site(operators=100)))
    successor.take_over()
    assert successor.incidents is engine.incidents


def test_assessing_a_call_leaves_no_trace_in_the_watch() -> None:
    engine = Engine(Settings(mode=Mode.ENFORCE), a_memory())
    for place in range(300):
        engine.assess(a_call(arrived_at=NOW + place * 0.1), Load())
    assert engine.incidents.active is None
    assert engine.incidents.excess_per_s(NOW + 30.0) == 0.0
