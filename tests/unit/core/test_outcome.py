import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import (
    LONGEST_TALK_S,
    LONGEST_WAIT_S,
    Event,
    Outcome,
    joined_queue,
    read_outcome,
    waited,
)
from tests.builders import NOW


def test_every_event_word_is_read() -> None:
    for event in Event:
        assert read_outcome(event.value) == Outcome(event)


def test_the_talk_time_is_seconds() -> None:
    assert read_outcome("answered", "93.5") == Outcome(Event.ANSWERED, 93.5)


@pytest.mark.parametrize(
    ("event", "talk"),
    [
        ("", ""),
        ("Answered", ""),
        ("answered", "-1"),
        ("answered", "nan"),
        ("answered", "inf"),
        ("answered", "1e9"),
        ("answered", "a minute"),
    ],
)
def test_anything_else_is_no_outcome(event: str, talk: str) -> None:
    assert read_outcome(event, talk) is None


@given(st.integers(0, 86_400), st.integers(0, 86_400))
def test_a_queue_was_joined_as_long_before_the_end_as_was_waited_and_talked(
    wait_s: int, talk_s: int
) -> None:
    joined = joined_queue(wait_s, talk_s)
    assert joined is not None
    assert joined.event is Event.QUEUE_JOINED
    assert waited(joined.happened_at(NOW), NOW, talk_s) == wait_s


@pytest.mark.parametrize("wait_s", [-0.1, math.nan, math.inf, LONGEST_WAIT_S + 1.0])
def test_a_wait_that_cannot_be_tells_of_no_queue(wait_s: float) -> None:
    assert joined_queue(wait_s, 0.0) is None


@pytest.mark.parametrize(
    ("ago_s", "believed"),
    [
        (0.0, 0.0),
        (90.0, 90.0),
        (-5.0, 0.0),
        (math.nan, 0.0),
        (1e12, LONGEST_WAIT_S + LONGEST_TALK_S),
    ],
)
def test_nothing_happened_after_it_was_told_nor_days_before(ago_s: float, believed: float) -> None:
    assert Outcome(Event.QUEUE_JOINED, ago_s=ago_s).happened_at(NOW) == NOW - believed


@given(st.floats(0.0, 4e9), st.floats(0.0, 4e9), st.floats(0.0, LONGEST_TALK_S))
def test_no_wait_is_shorter_than_none_or_longer_than_a_day(
    joined_at: float, ended_at: float, talk_s: float
) -> None:
    assert 0.0 <= waited(joined_at, ended_at, talk_s) <= LONGEST_WAIT_S
