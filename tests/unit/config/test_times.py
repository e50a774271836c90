import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.config.times import Duration, Moment, format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("10m", 600), ("24h", 86_400), ("7d", 604_800), ("0.5s", 0.5), (5, 5), (0, 0)],
)
def test_a_duration_is_read_in_seconds(written: object, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "90", "s", "-5s", "5 s", "1w", "1m30s", "1e3s", "5S", "\u0665s", ".5s", None, True, []],
)
def test_anything_else_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        parse_duration(written)


@pytest.mark.parametrize("seconds", [-1, -0.5, 3_601, float("nan"), float("inf")])
def test_a_duration_out_of_its_range_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        Duration(0, 3_600).read(seconds)


def test_the_range_of_a_duration_is_told_in_natural_units() -> None:
    assert Duration(0.1, 3_600).range == "0.1s to 1h"
    assert "90s, 10m, 24h, 7d" in Duration(0, 1).allowed


@given(st.integers(0, 10**10))
def test_whole_seconds_survive_being_written_and_read(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.decimals(0, 10_000, places=6))
def test_fractions_survive_being_written_and_read(seconds: object) -> None:
    assert parse_duration(format_duration(float(str(seconds)))) == pytest.approx(
        float(str(seconds))
    )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2026-12-31T00:00:00Z", 1_798_675_200.0),
        ("2026-12-31T00:00:00-05:00", 1_798_693_200.0),
        (None, None),
    ],
)
def test_a_moment_is_read_with_its_zone(written: object, seconds: float | None) -> None:
    assert Moment().read(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-31",
        "2026-12-31T00:00:00",
        "2026-02-30T00:00:00Z",
        "2026-12-31T24:00:01Z",
        "2026-12-31T00:00:00+25:00",
        "0001-01-01T00:00:00+23:00",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:00",
        "soon",
        5,
    ],
)
def test_any_other_moment_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"^$|calendar"):
        Moment().read(written)


def test_a_moment_is_written_in_utc() -> None:
    assert Moment().write(1_798_693_200.0) == "2026-12-31T05:00:00Z"
    assert Moment().write(None) is None
