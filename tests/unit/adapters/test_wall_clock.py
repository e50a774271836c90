from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.adapters.wall_clock import WallClock, read_zone
from screener.errors import UsageError
from tests.unit.call_records import wall

BERLIN = ZoneInfo("Europe/Berlin")
BACK = 1_698_541_200  # 2023-10-29 01:00 UTC: in Berlin 03:00 becomes 02:00 again


def test_a_time_is_read_in_its_zone() -> None:
    assert WallClock(ZoneInfo("UTC")).read("2023-11-14 22:13:20") == 1_700_000_000
    assert WallClock(BERLIN).read("2023-11-14 23:13:20") == 1_700_000_000
    assert WallClock(BERLIN).read("2023-07-01 02:00:00") == 1_688_169_600


def test_of_an_hour_that_came_twice_the_first_is_taken_and_counted() -> None:
    clock = WallClock(BERLIN)
    assert clock.read("2023-10-29 02:30:05") == BACK - 1_800 + 5
    assert clock.twice == 1


def test_a_hint_settles_which_of_the_two_it_was() -> None:
    clock = WallClock(BERLIN)
    assert clock.read("2023-10-29 02:30:05", BACK + 1_800.0) == BACK + 1_800 + 5
    assert clock.read("2023-10-29 02:30:05", BACK - 1_800.0) == BACK - 1_800 + 5
    assert clock.twice == 0


def test_a_time_that_never_was_is_an_hour_later_and_counted() -> None:
    clock = WallClock(BERLIN)
    assert clock.read("2023-03-26 02:30:00") == clock.read("2023-03-26 03:30:00")
    assert clock.never == 1


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-30 00:00:00",
        "2023-01-01 24:00:00",
        "0000-01-01 00:00:00",
        "2023-01-01 00:00:61",
        "2023-01-01 00:60:00",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - datetime's own words
        WallClock(ZoneInfo("UTC")).read(text)


@pytest.mark.parametrize("zone", [None, BERLIN, ZoneInfo("Pacific/Kiritimati")])
def test_the_ends_of_the_calendar_break_nothing(zone: ZoneInfo | None) -> None:
    clock = WallClock(zone)
    for text in ("0001-01-01 00:00:00", "9999-12-31 23:59:59"):
        try:
            clock.read(text)
        except ValueError:
            continue


@given(st.integers(0, 4_000_000_000))
def test_utc_has_no_odd_hours(moment: int) -> None:
    clock = WallClock(ZoneInfo("UTC"))
    assert clock.read(wall(moment)) == moment
    assert (clock.twice, clock.never) == (0, 0)


@given(st.integers(1_000_000_000, 2_000_000_000))
def test_with_the_moment_as_a_hint_a_zone_is_read_back_exactly(moment: int) -> None:

    face = datetime.fromtimestamp(moment, tz=BERLIN).strftime("%Y-%m-%d %H:%M:%S")
    assert WallClock(BERLIN).read(face, float(moment)) == moment


def test_a_zone_is_read_by_its_name_and_another_refused() -> None:
    assert read_zone("") is None
    assert read_zone("UTC") == ZoneInfo("UTC")
    for name in ("Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 300, "a\0b"):
        with pytest.raises(UsageError, match="no such zone"):
            read_zone(name)
