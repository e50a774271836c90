import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import Event, Outcome
from screener.service import journal, logs
from screener.service.logs import JsonFormatter, LogPipe, TextFormatter
from tests.builders import a_decision

log = logging.getLogger("screener.test")


@contextmanager
def piped(style: str = "text", level: str = "info") -> Iterator[tuple[LogPipe, io.StringIO]]:
    stream = io.StringIO()
    pipe = LogPipe(stream, level, style)
    try:
        yield pipe, stream
    finally:
        pipe.close()


def test_a_record_is_one_line_in_utc() -> None:
    with piped() as (pipe, stream):
        log.info("HELLO id=%s", "x\ny")
        pipe.close()
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("INFO screener.test HELLO id=x\\ny")
    assert line[10] == "T"
    assert "Z INFO" in line


def test_a_record_can_be_json() -> None:
    with piped("json") as (pipe, stream):
        try:
            int("inside")
        except ValueError:
            log.exception("BROKEN")
        pipe.close()
    record = json.loads(stream.getvalue())
    assert record["message"] == "BROKEN"
    assert "ValueError" in record["traceback"]


def test_the_level_can_change_while_running() -> None:
    with piped(level="warning") as (pipe, stream):
        log.info("quiet")
        pipe.set_level("info")
        log.info("heard")
        pipe.close()
    assert "quiet" not in stream.getvalue()
    assert "heard" in stream.getvalue()


def test_once_it_is_closed_the_logger_is_as_it_was_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("screener")
    before = logger.level, logger.propagate, list(logger.handlers)
    with piped(level="error") as (pipe, _):
        assert not logger.propagate
        pipe.close()
        after = logger.level, logger.propagate, list(logger.handlers)
        logger.setLevel(logging.INFO)
        pipe.close()  # once more does nothing
        assert logger.level == logging.INFO
        logger.setLevel(before[0])
    assert after == before
    log.warning("heard elsewhere")
    assert "heard elsewhere" in caplog.text


class StuckStream(io.StringIO):
    """A reader of standard error that has stalled until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def write(self, text: str) -> int:
        self.let_go.wait(10.0)
        return super().write(text)


def test_a_stalled_reader_costs_lines_that_are_counted_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "QUEUE_LINES", 5)
    stream = StuckStream()
    pipe = LogPipe(stream, "info", "text")
    for place in range(50):
        log.info("line %d", place)
    # One line at most is in the writer's hands; the queue holds five.
    assert 44 <= pipe.lost <= 45
    stream.let_go.set()
    pipe.close()
    assert len(stream.getvalue().splitlines()) == 50 - pipe.lost


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
@given(
    st.integers(0, 4_000_000_000 * 1_024).map(lambda ticks: ticks / 1_024),
    st.tuples(st.text(max_size=20), st.floats(allow_nan=False)),
)
def test_a_line_without_a_record_has_the_text_of_one_to_the_byte(
    formatter: TextFormatter, at: float, told: tuple[object, ...]
) -> None:
    record = logging.LogRecord("screener.x", logging.INFO, "", 0, "A id=%s b=%.3f", told, None)
    record.created, record.msecs = at, (at - int(at)) * 1_000.0
    line = (at, "screener.x", "A id=%s b=%.3f", told)
    assert formatter.format_line(line) == formatter.format(record)


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_call_is_told_in_the_same_words_by_the_short_way_and_by_a_record(style: str) -> None:
    heard = logging.NullHandler()  # with somebody else there, records are made
    with piped(style) as (pipe, stream):
        journal.write_decision(a_decision())
        journal.write_outcome("c1", Outcome(Event.ANSWERED, 12.5))
        logging.getLogger("screener.calls").addHandler(heard)
        journal.write_decision(a_decision())
        journal.write_outcome("c1", Outcome(Event.ANSWERED, 12.5))
        logging.getLogger("screener.calls").removeHandler(heard)
        pipe.close()
    lines = [
        re.sub("....-..-..T..:..:..[.]...Z", "", one) for one in stream.getvalue().splitlines()
    ]
    assert len(lines) == 4
    assert lines[:2] == lines[2:]
    assert "VERDICT id=call-1" in lines[0]
    assert "OUTCOME id=c1" in lines[1]


def test_a_call_is_not_told_below_the_level() -> None:
    with piped(level="warning") as (pipe, stream):
        journal.write_decision(a_decision())
        journal.write_outcome("c1", Outcome(Event.ANSWERED, 12.5))
        pipe.close()
    assert stream.getvalue() == ""
