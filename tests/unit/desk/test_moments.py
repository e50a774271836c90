import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.desk.moments import local, moment, span, utc
from screener.errors import UsageError

NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def in_minnesota(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CST6CDT,M3.2.0,M11.1.0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("90s", NOW - 90),
        ("24h", NOW - 86_400),
        ("7d", NOW - 604_800),
        ("2026-11-22T08:00:00Z", 1_795_334_400.0),
        ("2026-11-22T08:00Z", 1_795_334_400.0),
        ("2026-11-22T08:00:00+01:00", 1_795_330_800.0),
        ("2026-11-22 08:00", 1_795_356_000.0),
        ("2026-11-22 08:00:30", 1_795_356_030.0),
        ("2026-07-01 08:00", 1_782_910_800.0),
        ("2026-11-22", 1_795_327_200.0),
    ],
)
def test_a_moment_is_read_in_the_ways_people_write_it(text: str, seconds: float | None) -> None:
    assert moment(text, "--since", NOW) == seconds


@pytest.mark.parametrize(
    "text", ["soon", "2026-13-01", "2026-11-22 25:00", "22.11.2026", "10", "-1h", "\uff11h", "0001"]
)
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(UsageError, match=r"--until .*allowed is 90s, 10m, 24h, 7d, 2026"):
        moment(text, "--until", NOW)


@given(text=st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(moment(text, "--since", NOW), float | None)


def test_a_span_has_its_ends_in_order() -> None:
    assert span("2h", "1h", NOW) == (NOW - 7_200, NOW - 3_600)
    assert span("", "1h", NOW) == (None, NOW - 3_600)
    with pytest.raises(UsageError, match="--since is not before --until"):
        span("1h", "2h", NOW)


def test_moments_are_shown_in_utc_and_in_local_time() -> None:
    assert utc(1_795_334_400.9) == "2026-11-22T08:00:00Z"
    assert local(1_795_334_400.9) == "2026-11-22 02:00:00 -0600"
