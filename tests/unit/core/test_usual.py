from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Load
from screener.core.hours import OpeningHours
from screener.core.pressure import Pressure, PressureGauge
from screener.core.settings import Hours, Level, Opening, PressureSettings, Site
from screener.core.usual import GROWTH, QUARTER_S, QUARTERS, UsualArrivals, UsualWeek
from tests.builders import DAY

SITE = Site(operators=8, channels=46, mean_service=177.0)
CAPACITY = SITE.operators / SITE.mean_service
QUARTERLY = CAPACITY * QUARTER_S
CHICAGO = ZoneInfo("America/Chicago")
OFFICE = Hours("America/Chicago", (Opening(0, 4, 8 * 3_600.0, 16.5 * 3_600.0),))
WEEK = 7 * DAY


def at(shown: str, *, fold: int = 0) -> float:
    return datetime.fromisoformat(shown).replace(tzinfo=CHICAGO, fold=fold).timestamp()


MONDAY = at("2026-06-01 08:00")


class Learner:
    """A week that is learned, and the gauge that takes it as the norm; knows nothing at first."""

    def __init__(self, hours: Hours = OFFICE, week: UsualWeek | None = None) -> None:
        self.week = week or UsualWeek(hours.timezone, since=QUARTER_S)
        self.usual = UsualArrivals(self.week, hours, SITE, OpeningHours(hours).is_open)
        self.gauge = PressureGauge(PressureSettings(), SITE, self.usual)

    def rush(
        self, since: float, times: float, seconds: float = 1_800.0, *, refused: bool = False
    ) -> list[Pressure]:
        """Let calls come evenly, so many times what the operators can take."""
        seen = []
        for call in range(int(seconds * times * CAPACITY)):
            now = since + call / (times * CAPACITY)
            seen.append(self.gauge.arrived(Load(), now))
            self.usual.count(now, refused=refused)
        return seen

    def end(self, now: float) -> None:
        """Let one call come later, with which the quarters before are over."""
        self.usual.count(now, refused=False)

    def quarterly(self, now: float) -> float:
        """Return the calls that are usual in the quarter of `now` and in no other."""
        shown = datetime.fromtimestamp(now, CHICAGO)
        return self.week.usual[shown.weekday() * 96 + shown.hour * 4 + shown.minute // 15]


def openings(weeks: int) -> Iterator[tuple[int, float]]:
    """Yield each opening of so many weeks with the number of its week, from 1 on."""
    first = datetime.fromtimestamp(MONDAY, CHICAGO)
    for day in range(weeks * 7):
        opens = first + timedelta(days=day)
        if opens.weekday() < 5:
            yield day // 7 + 1, opens.timestamp()


def test_an_opening_rush_is_full_in_the_first_week_and_calm_from_the_third_on() -> None:
    learner = Learner()
    by_week: dict[int, set[Level]] = {}
    for week, opens in openings(4):
        of_day = learner.rush(opens, 6.0) + learner.rush(opens + 1_800.0, 1.0, 7 * 3_600.0)
        by_week.setdefault(week, set()).update(one.level for one in of_day)
    assert Level.FULL in by_week[1]
    assert by_week[3] == by_week[4] == {Level.CALM}


def test_an_attack_on_a_site_that_knows_its_rush_is_full_all_the_same() -> None:
    learner = Learner()
    for _, opens in openings(4):
        learner.rush(opens, 6.0)
    attack = learner.rush(MONDAY + 4 * WEEK, 30.0)
    assert {one.arrivals for one in attack[400:]} == {1.0}
    assert {one.level for one in attack[400:]} == {Level.FULL}


def test_an_attack_of_every_week_raises_the_norm_at_most_by_the_bound() -> None:
    learner = Learner()
    norms = [0.0]
    for week in range(6):
        learner.rush(MONDAY + week * WEEK, 30.0)
        learner.end(MONDAY + week * WEEK + 4 * 3_600.0)
        norms.append(learner.quarterly(MONDAY))
    for before, after in pairwise(norms):
        assert after <= GROWTH * max(before, QUARTERLY) * 1.000_001
    assert norms[1] == pytest.approx(GROWTH * QUARTERLY)
    assert norms[-1] <= 30.0 * QUARTERLY * 1.01


def test_one_attack_is_forgotten_over_the_weeks() -> None:
    learner = Learner()
    learner.rush(MONDAY, 30.0)
    for week in range(1, 8):
        learner.rush(MONDAY + week * WEEK, 1.0)
        learner.end(MONDAY + week * WEEK + 4 * 3_600.0)
    assert learner.quarterly(MONDAY) == pytest.approx(QUARTERLY, rel=0.1)


@pytest.mark.parametrize("sign", ["refused", "failed"])
def test_a_quarter_of_which_most_is_refused_or_fails_the_captcha_teaches_nothing(
    sign: str,
) -> None:
    learner = Learner()
    learner.rush(MONDAY, 2.0, QUARTER_S)
    for call in range(200):
        if sign == "refused":
            learner.usual.count(MONDAY + call, refused=True)
        else:
            learner.usual.failed()
    learner.end(MONDAY + 3_600.0)
    assert learner.quarterly(MONDAY) == 0.0


def test_a_few_refused_calls_do_not_count_and_do_not_keep_the_others_from_teaching() -> None:
    learner = Learner()
    for call in range(60):
        learner.usual.count(MONDAY + call, refused=call % 3 == 0)
    learner.end(MONDAY + 3_600.0)
    assert learner.quarterly(MONDAY) == pytest.approx(40.0)


def test_a_quarter_that_was_not_seen_from_its_beginning_teaches_nothing() -> None:
    learner = Learner(week=UsualWeek())
    learner.rush(MONDAY + 300.0, 1.0, 600.0)
    learner.rush(MONDAY + QUARTER_S, 1.0, QUARTER_S)
    learner.end(MONDAY + 3_600.0)
    assert learner.quarterly(MONDAY) == 0.0
    assert learner.quarterly(MONDAY + QUARTER_S) > 0.0


def test_a_norm_that_no_call_confirms_shrinks_unless_the_agent_may_have_been_off() -> None:
    week = UsualWeek("America/Chicago", [30.0] * QUARTERS, MONDAY, whole=True)
    learner = Learner(week=week)
    learner.end(MONDAY + 3 * QUARTER_S)
    assert learner.quarterly(MONDAY + QUARTER_S) == pytest.approx(20.0)
    learner.end(MONDAY + 20 * QUARTER_S)
    assert learner.quarterly(MONDAY + 10 * QUARTER_S) == 30.0


def test_while_closed_nothing_is_learned() -> None:
    learner = Learner(week=UsualWeek("America/Chicago", [30.0] * QUARTERS, MONDAY, whole=True))
    evening = at("2026-06-01 16:15")
    learner.end(evening)
    learner.end(evening + 3 * QUARTER_S)
    assert learner.quarterly(evening) < 30.0
    assert learner.quarterly(evening + QUARTER_S) == learner.quarterly(evening + DAY) == 30.0


def test_a_rush_belongs_to_the_time_on_the_clock_whatever_the_season() -> None:
    learner = Learner()
    winter, summer = at("2026-03-06 08:00"), at("2026-03-13 08:00")
    assert summer - winter == WEEK - 3_600.0
    learner.rush(winter, 2.0)
    learner.end(winter + 7_200.0)
    assert learner.quarterly(summer) == learner.quarterly(winter) > QUARTERLY
    assert learner.quarterly(summer + 3_600.0) == 0.0


def test_the_hour_that_the_clock_shows_twice_counts_once_and_the_one_left_out_keeps_its_norm() -> (
    None
):
    always = Hours("America/Chicago")
    learner = Learner(always)
    learner.end(at("2026-11-01 00:30"))
    learner.rush(at("2026-11-01 01:00"), 1.0, QUARTER_S)
    once = int(QUARTERLY)
    learner.rush(at("2026-11-01 01:00", fold=1), 2.0, QUARTER_S)
    learner.end(at("2026-11-01 03:00"))
    assert learner.quarterly(at("2026-11-08 01:00")) == once
    week = UsualWeek("America/Chicago", [30.0] * QUARTERS, at("2026-03-08 01:45"), whole=True)
    learner = Learner(always, week)
    learner.end(at("2026-03-08 03:15"))
    assert learner.quarterly(at("2026-03-15 01:45")) < 30.0
    assert learner.quarterly(at("2026-03-15 02:15")) == 30.0
    assert learner.quarterly(at("2026-03-15 03:00")) < 30.0


def test_another_time_zone_begins_anew() -> None:
    learner = Learner()
    learner.rush(MONDAY, 6.0)
    learner.end(MONDAY + 7_200.0)
    elsewhere = Learner(Hours("UTC"), learner.week)
    assert all(elsewhere.usual.per_s(MONDAY + hour * 3_600.0) == 0.0 for hour in range(168))
    assert learner.usual.per_s(MONDAY) > 0.0  # asking changed nothing
    elsewhere.end(MONDAY)
    assert (learner.week.timezone, sum(learner.week.usual)) == ("UTC", 0.0)


def test_a_call_of_a_quarter_that_is_over_is_left_out() -> None:
    learner = Learner()
    learner.end(MONDAY)
    before = learner.week.copy()
    learner.usual.count(MONDAY - 5.0, refused=False)
    assert learner.week == before


def test_asking_for_the_usual_teaches_nothing() -> None:
    learner = Learner()
    learner.rush(MONDAY, 2.0)
    before = learner.week.copy()
    for quarter in range(QUARTERS):
        learner.usual.per_s(MONDAY + quarter * QUARTER_S)
    assert learner.week == before


def test_the_quarter_before_speaks_as_well_and_no_other() -> None:
    learner = Learner()
    learner.week.usual[8 * 4] = 900.0  # on Mondays from 08:00 to 08:15
    found = [learner.usual.per_s(MONDAY + quarter * QUARTER_S) for quarter in range(-1, 3)]
    assert found == [0.0, 1.0, 1.0, 0.0]


def test_what_the_quarter_before_has_just_taught_does_not_excuse_its_attack() -> None:
    learner = Learner()
    learner.rush(MONDAY, 30.0, QUARTER_S + 60.0)
    assert learner.quarterly(MONDAY) == pytest.approx(GROWTH * QUARTERLY)
    assert learner.usual.per_s(MONDAY + QUARTER_S + 60.0) == 0.0
    assert learner.usual.per_s(MONDAY + WEEK + QUARTER_S) == pytest.approx(GROWTH * CAPACITY)


def test_queue_and_trunk_speak_for_themselves_in_a_usual_rush() -> None:
    learner = Learner()
    for _, opens in openings(3):
        learner.rush(opens, 6.0)
    seen = learner.gauge.read(Load(queue_waiting=60), MONDAY + 3 * WEEK + 60.0)
    assert (seen.level, seen.arrivals) == (Level.FULL, 0.0)


@given(
    st.lists(st.tuples(st.floats(0, 40 * DAY), st.integers(0, 400), st.booleans()), max_size=40),
    st.sampled_from([lambda _: True, lambda now: now % DAY < 40_000.0]),
)
def test_no_norm_is_negative_or_outgrows_what_its_weeks_allow(
    told: list[tuple[float, int, bool]], is_open: Callable[[float], bool]
) -> None:
    week = UsualWeek()
    usual = UsualArrivals(week, Hours(), SITE, is_open)
    for offset, calls, refused in sorted(told):
        for _ in range(calls):
            usual.count(MONDAY + offset, refused=refused)
        before = week.usual.copy()
        usual.count(MONDAY + offset + QUARTER_S, refused=False)
        for old, new in zip(before, week.usual, strict=True):
            assert 0.0 <= new <= max(old, GROWTH * max(old, QUARTERLY))
