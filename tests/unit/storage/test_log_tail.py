import sqlite3
from collections.abc import Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from screener.core.number import NumberPlan
from screener.core.outcome import Event, Outcome
from screener.core.settings import Action
from screener.storage.keys import load_keys
from screener.storage.log_tail import (
    BEYOND_ALL,
    PAGE,
    Span,
    Tail,
    read_arrivals,
    read_outcomes,
    read_tail,
)
from screener.storage.recorded_rows import ReadTally, RowReader
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, a_log, at

NUMBER = "+16515550142"


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Iterator[OpenLog]:
    with a_log(tmp_path) as log:
        yield log


@pytest.fixture(name="connection")
def _connection(log: OpenLog) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(log.path)) as connection:
        yield connection


def read(log: OpenLog, connection: sqlite3.Connection, span: Span, *, pages: int = 1_000) -> Tail:
    rows = RowReader(load_keys(log.keys), NumberPlan("US"), ReadTally())
    left = iter(range(pages - 1))
    return read_tail(connection, rows, span, lambda: next(left, None) is None)


def test_an_empty_log_has_no_tail(log: OpenLog, connection: sqlite3.Connection) -> None:
    assert read(log, connection, Span(-inf, inf)) == Tail([], BEYOND_ALL, whole=True)
    assert read_arrivals(connection, Span(-inf, inf), BEYOND_ALL, 10) == []
    assert read_outcomes(connection, Span(-inf, inf), 1) == []


def test_the_calls_of_the_span_come_in_order_of_time(
    log: OpenLog, connection: sqlite3.Connection
) -> None:
    for moment in (1.0, 2.0, 5.0, 4.0, 3.0, 6.0, 7.0):
        log.decisions(at(NOW + moment, f"call-{moment:g}"))
    tail = read(log, connection, Span(NOW + 2.0, NOW + 6.0))
    assert [one.call.call_id for one in tail.calls] == ["call-3", "call-4", "call-5", "call-6"]
    assert tail.calls[0].call.caller.identity == NUMBER
    assert tail.whole


def test_reading_ends_with_the_first_page_that_holds_nothing_wanted(
    log: OpenLog, connection: sqlite3.Connection
) -> None:
    for place in range(3 * PAGE):
        log.decisions(at(NOW + place, f"call-{place}"))
    tail = read(log, connection, Span(NOW + 2.5 * PAGE, inf))
    assert len(tail.calls) == PAGE // 2 - 1
    assert tail.lowest == PAGE + 1


def test_of_what_there_is_no_time_for_the_oldest_is_left_out(
    log: OpenLog, connection: sqlite3.Connection
) -> None:
    for place in range(PAGE + 10):
        log.decisions(at(NOW + place, f"call-{place}"))
    tail = read(log, connection, Span(-inf, inf), pages=1)
    assert (len(tail.calls), tail.calls[0].call.call_id, tail.whole) == (PAGE, "call-10", False)


def test_faults_and_imported_calls_are_no_part_of_it(
    log: OpenLog, connection: sqlite3.Connection
) -> None:
    log.decisions(at(NOW, "own"))
    log.decisions.fault("fault", "1.1", "ValueError")
    log.ask_to("UPDATE calls SET at = ? WHERE id = 'fault'", NOW)
    log.decisions(at(NOW, "brought in"))
    log.ask_to("UPDATE calls SET seq = -5, imported_at = ? WHERE id = 'brought in'", NOW)
    assert [one.call.call_id for one in read(log, connection, Span(0.0, inf)).calls] == ["own"]
    found = read_arrivals(connection, Span(0.0, inf), BEYOND_ALL, 10)
    assert [one.call.call_id for one in found] == ["own"]


def test_arrivals_tell_load_and_verdict_and_not_who_called(
    log: OpenLog, connection: sqlite3.Connection
) -> None:
    log.decisions(at(NOW + 1.0, "one", queue_waiting="7"))
    log.decisions(at(NOW + 2.0, "two"))
    log.ask_to("UPDATE calls SET verdict = 'challenge', would = 'unheard of' WHERE id = 'one'")
    (found,) = read_arrivals(connection, Span(NOW, inf), 2, 10)
    assert (found.seq, found.call.call_id, found.call.arrived_at) == (1, "one", NOW + 1.0)
    assert (found.load.queue_waiting, found.load.operators_ready) == (7, None)
    assert (found.action, found.would) == (Action.CHALLENGE, Action.ADMIT)
    assert found.call.caller.identity == ""


def test_arrivals_are_no_more_than_asked_for_but_for_their_page(
    log: OpenLog, connection: sqlite3.Connection
) -> None:
    for place in range(2 * PAGE):
        log.decisions(at(NOW + place, f"call-{place}"))
    found = read_arrivals(connection, Span(-inf, inf), BEYOND_ALL, 10)
    assert [one.seq for one in found] == list(range(PAGE + 1, 2 * PAGE + 1))


def test_outcomes_of_the_span_come_in_order_of_time(
    log: OpenLog, connection: sqlite3.Connection
) -> None:
    for place in range(3):
        log.decisions(at(NOW, f"call-{place}"))
    told = [(2, "call-2", 5.0), (1, "call-1", 4.0), (1, "call-1", 9.0), (0, "call-0", 6.0)]
    for _, call_id, moment in told:
        log.clock.now = NOW + moment
        log.decisions.outcome(call_id, Outcome(Event.ANSWERED, moment))
    log.ask_to("INSERT INTO outcomes VALUES (3, ?, 'unheard of', 0)", NOW + 5.0)
    assert read_outcomes(connection, Span(NOW + 3.0, NOW + 8.0), 2) == [
        (NOW + 4.0, "call-1", Outcome(Event.ANSWERED, 4.0)),
        (NOW + 5.0, "call-2", Outcome(Event.ANSWERED, 5.0)),
    ]


def test_a_row_that_cannot_be_read_is_counted(log: OpenLog, connection: sqlite3.Connection) -> None:
    log.decisions(at(NOW, "good"))
    log.decisions(at(NOW, "bad"))

    class Picky(RowReader):
        def call(self, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as its base
            if row[1] == "bad":
                raise ValueError
            return super().call(row)

    rows = Picky(load_keys(log.keys), NumberPlan("US"), ReadTally())
    tail = read_tail(connection, rows, Span(0.0, inf), lambda: False)
    assert ([one.call.call_id for one in tail.calls], tail.unreadable) == (["good"], 1)
