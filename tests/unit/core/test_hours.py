from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.hours import OpeningHours, zone_of
from screener.core.settings import Hours, Opening
from tests.builders import DAY, NOW

CHICAGO = ZoneInfo("America/Chicago")
HOUR = 3_600.0
WORKDAYS = Opening(0, 4, 8 * HOUR, 16.5 * HOUR)


def at(shown: str, *, fold: int = 0) -> float:
    """Return when a clock in Chicago shows this, for the first time unless told otherwise."""
    return datetime.fromisoformat(shown).replace(tzinfo=CHICAGO, fold=fold).timestamp()


def hours(*openings: Opening, closed_on: tuple[str, ...] = ()) -> OpeningHours:
    return OpeningHours(Hours("America/Chicago", openings, closed_on))


def test_without_openings_the_site_is_always_open() -> None:
    always = OpeningHours(Hours())
    assert all(always.is_open(NOW + day * DAY / 3) for day in range(30))
    assert always.next_opening(NOW) == NOW


@pytest.mark.parametrize(
    ("shown", "is_open"),
    [
        ("2026-11-23 07:59:59", False),  # a Monday
        ("2026-11-23 08:00:00", True),
        ("2026-11-23 16:29:59", True),
        ("2026-11-23 16:30:00", False),
        ("2026-11-27 12:00:00", True),
        ("2026-11-28 12:00:00", False),
        ("2026-11-29 12:00:00", False),
    ],
)
def test_an_opening_holds_on_its_days_from_its_first_second_to_before_its_last(
    shown: str, *, is_open: bool
) -> None:
    assert hours(WORKDAYS).is_open(at(shown)) is is_open


def test_several_openings_and_days_over_the_weeks_end() -> None:
    site = hours(Opening(6, 0, 9 * HOUR, 12 * HOUR), Opening(6, 0, 13 * HOUR, 24 * HOUR))
    shown = ("2026-11-22 10:00", "2026-11-22 12:30", "2026-11-22 23:59:59", "2026-11-23 10:00")
    assert [site.is_open(at(one)) for one in shown] == [True, False, True, True]
    assert not site.is_open(at("2026-11-23 00:00"))
    assert not site.is_open(at("2026-11-24 10:00"))


def test_an_opening_until_midnight_goes_on_into_one_that_begins_there() -> None:
    site = hours(Opening(0, 6, 0.0, DAY))
    assert all(site.is_open(at("2026-11-22 00:00") + hour * HOUR) for hour in range(24 * 30))


def test_on_a_day_off_the_site_stays_closed_even_if_it_always_is_open() -> None:
    for site in (hours(WORKDAYS, closed_on=("2026-12-25",)), hours(closed_on=("2026-12-25",))):
        assert site.is_open(at("2026-12-24 12:00"))
        assert not site.is_open(at("2026-12-25 12:00"))


def test_the_next_opening_is_found_behind_weekends_and_days_off() -> None:
    site = hours(WORKDAYS, closed_on=("2026-12-25", "2026-12-28"))
    assert site.next_opening(at("2026-12-24 07:00")) == at("2026-12-24 08:00")
    assert site.next_opening(at("2026-12-24 16:30")) == at("2026-12-29 08:00")
    open_now = at("2026-12-24 09:00")
    assert site.next_opening(open_now) == open_now


def test_of_two_openings_of_a_day_the_next_is_the_earlier() -> None:
    site = hours(Opening(0, 6, 13 * HOUR, 17 * HOUR), Opening(0, 6, 8 * HOUR, 12 * HOUR))
    assert site.next_opening(at("2026-11-23 07:00")) == at("2026-11-23 08:00")
    assert site.next_opening(at("2026-11-23 12:00")) == at("2026-11-23 13:00")


def test_an_opening_that_the_clock_jumps_over_never_comes() -> None:
    site = hours(Opening(6, 6, 2 * HOUR, 3 * HOUR), closed_on=("2026-03-15",))
    # On 2026-03-08 the hour from 02:00 to 03:00 is left out.
    assert site.next_opening(at("2026-03-08 01:00")) == at("2026-03-22 02:00")


def test_an_edge_in_the_left_out_hour_falls_on_the_jump() -> None:
    jump = at("2026-03-08 03:00")
    opening = hours(Opening(6, 6, 2.5 * HOUR, 5 * HOUR))
    assert [opening.is_open(jump + s) for s in (-1.0, 0.0)] == [False, True]
    closing = hours(Opening(6, 6, HOUR, 2.5 * HOUR))
    assert [closing.is_open(jump + s) for s in (-1.0, 0.0)] == [True, False]


def test_after_the_jump_the_door_opens_by_the_new_time() -> None:
    site = hours(Opening(0, 6, 8 * HOUR, 16.5 * HOUR))
    for day in ("2026-03-07", "2026-03-08", "2026-11-01", "2026-11-02"):
        opens = at(f"{day} 08:00")
        assert [site.is_open(opens + s) for s in (-1.0, 0.0)] == [False, True], day


def test_in_the_double_hour_the_door_opens_at_its_first_and_closes_at_its_second_time() -> None:
    # On 2026-11-01 the clock shows 01:00 to 02:00 twice.
    site = hours(Opening(6, 6, 1.25 * HOUR, 1.75 * HOUR))
    first, second = at("2026-11-01 01:15"), at("2026-11-01 01:45", fold=1)
    assert second - first == 1.5 * HOUR
    moments = (first - 1.0, first, second - 1.0, second)
    assert [site.is_open(one) for one in moments] == [False, True, True, False]


@given(st.lists(st.integers(0, 400 * 86_400), max_size=30))
def test_what_was_asked_before_changes_no_answer(seconds: list[int]) -> None:
    asked = hours(WORKDAYS, closed_on=("2026-12-25",))
    for second in seconds:
        now = NOW + second
        assert asked.is_open(now) is hours(WORKDAYS, closed_on=("2026-12-25",)).is_open(now)


@given(st.integers(0, 3 * 366 * 86_400))
def test_an_ordinary_hour_is_open_when_the_clock_on_the_wall_says_so(second: int) -> None:
    now = at("2026-01-01 00:00") + second
    shown = datetime.fromtimestamp(now, CHICAGO)
    minutes = shown.hour * 60 + shown.minute
    assert hours(WORKDAYS).is_open(now) is (shown.weekday() < 5 and 480 <= minutes < 990)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "America"])
def test_what_is_no_zone_of_this_machine_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_of(name)


def test_utc_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screener.core.hours.ZoneInfo", None)
    assert zone_of("UTC").utcoffset(None) is not None
