from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.config.hours_section import Day, OpeningTime, Zone
from screener.config.load import parse_config
from screener.core.settings import Hours, Opening, Treatment

WRITTEN = {
    "timezone": "America/Chicago",
    "openings": ["mon-fri 08:00-16:30", "sat 09:00-24:00", "sun-tue 00:00-00:01"],
    "closed_on": ["2026-12-25", "2027-01-01"],
    "when_closed": "busy",
    "learn_arrivals": False,
}
TEXT = """version: 1
hours:
  timezone: America/Chicago
  openings: [mon-fri 08:00-16:30, sat 09:00-24:00, sun-tue 00:00-00:01]
  closed_on: ["2026-12-25", "2027-01-01"]
  when_closed: busy
  learn_arrivals: false
"""


def test_hours_are_read_and_written_back_as_the_file_has_them() -> None:
    config = parse_config(TEXT, "a.yaml", Path())
    assert config.settings.hours == Hours(
        "America/Chicago",
        (
            Opening(0, 4, 28_800.0, 59_400.0),
            Opening(5, 5, 32_400.0, 86_400.0),
            Opening(6, 1, 0.0, 60.0),
        ),
        ("2026-12-25", "2027-01-01"),
        Treatment.BUSY,
        learn_arrivals=False,
    )
    assert config.effective()["hours"] == WRITTEN


@pytest.mark.parametrize(
    "written",
    [
        *("", "mon", "08:00-16:30", "mon 8:00-16:30", "mon 08:00 - 16:30", "mon 08:00-16:60"),
        *("mon 25:00-26:00", "mon 08:00-24:01", "Mon 08:00-16:30", "mon-fri-sun 08:00-16:30"),
        *("mon 16:30-08:00", "mon 08:00-08:00", "mon 08:00-16:30\n", "mon \u06608:00-16:30"),
        *(None, 8, True, ["mon 08:00-16:30"]),
    ],
)
def test_anything_else_is_no_opening(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$|ends before it begins"):
        OpeningTime().read(written)


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 1_439), st.integers(1, 1_440))
def test_every_opening_survives_being_written_and_read(
    first: int, last: int, since: int, length: int
) -> None:
    opening = Opening(first, last, since * 60.0, min(since + length, 1_440) * 60.0)
    assert OpeningTime().read(OpeningTime().write(opening)) == opening


@pytest.mark.parametrize("written", ["2026-02-29", "2026-1-1", "20261225", "", None, 5, "x" * 99])
def test_anything_else_is_no_day(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$|calendar"):
        Day().read(written)


@pytest.mark.parametrize("written", ["", "Mars/Olympus", "../UTC", "/etc/localtime", "America", 5])
def test_anything_else_is_no_time_zone(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        Zone().read(written)


def test_a_zone_of_this_machine_is_one() -> None:
    assert [Zone().read(name) for name in ("UTC", "Asia/Kathmandu")] == ["UTC", "Asia/Kathmandu"]
