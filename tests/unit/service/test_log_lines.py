import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.service.log_lines import (
    VERDICT,
    Line,
    LineQueue,
    LineTimes,
    decimal,
    line_text,
    message_of,
    queue_behind,
)

LINE: Line = (1.0, "screener.x", "told %s", ("a",))


class Keeper(logging.Handler):
    """What a log pipe puts behind a logger."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = LineQueue(2)


@contextmanager
def loggers() -> Iterator[tuple[logging.Logger, logging.Logger, Keeper]]:
    """Give a logger, the one above it with a keeper behind it, and the keeper.

    No fixture: pytest listens to all loggers that were cut off before the test began.
    """
    above, below = logging.getLogger("lines"), logging.getLogger("lines.below")
    keeper = Keeper()
    above.addHandler(keeper)
    above.propagate = False
    try:
        yield below, above, keeper
    finally:
        above.removeHandler(keeper)
        above.propagate = below.propagate = True


def test_what_is_put_is_handed_over_once_and_in_order() -> None:
    queue = LineQueue(3)
    record = logging.makeLogRecord({"msg": "x"})
    assert queue.put(LINE)
    assert queue.put(record)
    assert queue.take() == [LINE, record]
    assert queue.take() == []


def test_what_finds_no_room_is_counted() -> None:
    queue = LineQueue(2)
    assert [queue.put(LINE) for _ in range(5)] == [True, True, False, False, False]
    assert queue.lost == 3
    assert len(queue.take()) == 2


def test_a_logger_with_nothing_but_the_keeper_behind_it_has_the_short_way() -> None:
    with loggers() as (below, _, keeper):
        assert queue_behind(below) is keeper.lines


def test_whoever_else_listens_is_not_passed_by() -> None:
    other = logging.NullHandler()
    with loggers() as (below, above, keeper):
        for logger in (below, above):
            logger.addHandler(other)
            assert queue_behind(below) is None
            logger.removeHandler(other)
            assert queue_behind(below) is keeper.lines
        above.propagate = True
        assert queue_behind(below) is None


def test_a_filter_is_asked_and_a_logger_cut_off_goes_nowhere() -> None:
    quiet = logging.Filter("nobody")
    with loggers() as (below, _, keeper):
        below.addFilter(quiet)
        assert queue_behind(below) is None
        below.removeFilter(quiet)
        assert queue_behind(below) is keeper.lines
        below.propagate = False
        assert queue_behind(below) is None


def test_a_logger_of_others_has_no_short_way() -> None:
    assert queue_behind(logging.getLogger("lines_of_others")) is None
    assert queue_behind(logging.getLogger()) is None


def rested(queue: LineQueue) -> threading.Thread:
    """Rest in a thread, and return it."""
    thread = threading.Thread(target=queue.rest, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("wake", ["a line", "a word from elsewhere"])
def test_a_writer_that_rests_is_woken(wake: str) -> None:
    queue = LineQueue(3)
    thread = rested(queue)
    thread.join(0.05)
    assert thread.is_alive()
    if wake == "a line":
        queue.put(LINE)
    else:
        queue.urgent.set()
    thread.join(10.0)
    assert not thread.is_alive()


def test_a_writer_does_not_rest_while_there_is_something_to_write() -> None:
    queue = LineQueue(3)
    queue.put(LINE)
    thread = rested(queue)
    thread.join(10.0)
    assert not thread.is_alive()
    assert not queue.urgent.is_set()


def test_only_a_writer_that_rests_is_woken_for_a_line() -> None:
    queue = LineQueue(3)
    queue.put(LINE)
    assert not queue.urgent.is_set()


def test_a_moment_is_told_in_utc_and_cut_to_the_millisecond() -> None:
    times = LineTimes()
    assert times.of_line((0.0009, "", "", ())) == "1970-01-01T00:00:00.000Z"
    assert times.of_line((1_000_000_000.9996, "", "", ())) == "2001-09-09T01:46:40.999Z"
    assert times.of_line((0.5, "", "", ())) == "1970-01-01T00:00:00.500Z"


def test_a_line_reads_as_one_whatever_is_put_into_it() -> None:
    text = line_text((0.0, "screener.x", "A id=%s", ("a\r\nb",)), LineTimes())
    assert text == "1970-01-01T00:00:00.000Z INFO screener.x A id=a\\r\\nb"


@given(st.floats(), st.sampled_from([2, 3]))
def test_a_value_is_written_to_the_last_digit_as_ever(value: float, places: int) -> None:
    assert decimal(value, places) == f"%.{places}f" % value


@given(st.integers(-5, 10**8), st.integers(1, 8), st.integers(-3, 3), st.sampled_from([2, 3]))
def test_a_value_near_a_tie_is_written_as_ever(
    whole: int, power: int, apart: int, places: int
) -> None:
    value = whole / 2**power
    for _ in range(abs(apart)):
        value = math.nextafter(value, math.inf if apart > 0 else -math.inf)
    for near in (value, (whole + 0.5) / 10**places, whole / 10**places):
        assert decimal(near, places) == f"%.{places}f" % near


@pytest.mark.parametrize("value", [0.0, -0.0, 0.005, 0.0005, 0.995, 9.995, 0.1, 1e9, -1.0, 5.0])
def test_values_at_the_ends_are_written_as_ever(value: float) -> None:
    assert (decimal(value, 2), decimal(value, 3)) == (f"{value:.2f}", f"{value:.3f}")


words = st.text(max_size=20)


@given(
    st.tuples(
        *(words, words, words, words, st.one_of(st.floats(), st.integers(0, 9)), words),
        *(st.integers(), words, words, words, words, words),
        *(st.one_of(st.floats(), st.integers(0, 9)), words),
    )
)
def test_a_verdicts_line_reads_as_it_is_written_down(told: tuple[object, ...]) -> None:
    assert message_of((0.0, "screener.calls", VERDICT, told)) == VERDICT % told


@given(st.integers(0, 999_999))
def test_a_moments_milliseconds_are_cut_off_as_ever(micros: int) -> None:
    milliseconds = micros / 1_000.0
    told = LineTimes().of(0, milliseconds)
    assert told == "1970-01-01T00:00:00.%03dZ" % milliseconds  # noqa: UP031 - what it must be like


def test_a_thousandth_millisecond_of_a_record_is_told_as_it_is() -> None:
    assert LineTimes().of(0, 1_000.0) == "1970-01-01T00:00:00.1000Z"
