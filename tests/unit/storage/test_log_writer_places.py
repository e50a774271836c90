"""Outcomes find their calls, recent or long ago, and no place in the log is given twice."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import pytest

from screener.core.outcome import Event as Word
from screener.core.outcome import Outcome
from screener.storage.keys import Keys
from screener.storage.log_file import open_log
from screener.storage.log_hints import ID, calls_with, fill, place_of
from screener.storage.log_rows import Fault, Row, RowMaker
from screener.storage.log_writer import Event, LogWriter, Written
from screener.storage.recent_ids import BLOCK_BITS
from tests.unit.storage.logs import decided

MAKER = RowMaker(Keys("k1", bytes(32), bytes(32)))
BLOCK = 1 << BLOCK_BITS


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LogWriter]:
    connection = open_log(tmp_path / "decisions.db")
    yield LogWriter(connection)
    connection.close()


def a_row(call_id: str) -> Row:
    return MAKER.of_decision(decided(call_id))


def answered(call_id: str, at: float = 5.0) -> Event:
    return Event(call_id, at, Outcome(Word.ANSWERED, 30.0))


def told(writer: LogWriter) -> list[tuple[object, ...]]:
    sql = "SELECT id FROM outcomes JOIN calls ON seq = call_seq ORDER BY outcomes.rowid"
    return writer.connection.execute(sql).fetchall()


def hint(writer: LogWriter) -> None:
    writer.hinted = fill(writer.connection, Lock(), to_the_last=True)


def test_an_outcome_finds_its_call_before_and_after_it_has_its_hints(writer: LogWriter) -> None:
    rows = [a_row(f"c{place}") for place in range(2 * BLOCK)]
    writer.write([*rows[:BLOCK], answered("c3")])
    hint(writer)
    writer.write([*rows[BLOCK:], answered("c4"), answered(f"c{BLOCK + 9}")])
    assert told(writer) == [("c3",), ("c4",), (f"c{BLOCK + 9}",)]
    assert writer.write([answered("nobody")]) == Written(refused=1)


def test_a_writer_that_comes_after_another_knows_its_calls(writer: LogWriter) -> None:
    writer.write([a_row("a"), a_row("b")])
    hint(writer)
    writer.write([a_row("c")])
    successor = LogWriter(writer.connection)
    assert successor.write([answered("a"), answered("c")]) == Written()
    assert told(writer) == [("a",), ("c",)]


def test_in_a_log_that_is_to_get_its_hints_yet_calls_are_looked_through(
    writer: LogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.storage.log_writer.MOST_BLOCKS", 1)
    monkeypatch.setattr("screener.storage.log_writer.BLOCK_BITS", 0)
    writer.write([a_row("a"), a_row("b")])
    assert LogWriter(writer.connection).write([answered("a")]) == Written()
    assert told(writer) == [("a",)]


def test_an_outcome_of_a_call_that_was_erased_is_refused(writer: LogWriter) -> None:
    writer.write([a_row("a"), a_row("b")])
    writer.connection.execute("DELETE FROM calls WHERE id = 'a'")
    assert writer.write([answered("a")]) == Written(refused=1)
    assert told(writer) == []


def test_what_a_failed_transaction_noted_leads_nowhere(writer: LogWriter) -> None:
    writer.connection.set_authorizer(
        lambda action, table, *_: (
            sqlite3.SQLITE_DENY
            if (action, table) == (sqlite3.SQLITE_INSERT, "outcomes")
            else sqlite3.SQLITE_OK
        )
    )
    with pytest.raises(sqlite3.DatabaseError):
        writer.write([a_row("a"), answered("a")])
    writer.connection.set_authorizer(None)
    assert writer.write([a_row("b")]) == Written(calls=1)
    assert writer.write([answered("a")]) == Written(refused=1)
    assert writer.write([a_row("a"), answered("a")]) == Written(calls=1)
    assert told(writer) == [("a",)]


def test_a_place_that_had_its_hints_is_not_given_again(writer: LogWriter) -> None:
    writer.write([a_row("a"), a_row("b")])
    hint(writer)
    writer.connection.execute("DELETE FROM calls")
    writer.write([a_row("c")])
    assert place_of(writer.connection, "c") == 3
    writer.connection.execute("DELETE FROM calls")
    hint(writer)
    assert LogWriter(writer.connection).write([a_row("d")]) == Written(calls=1)
    assert list(calls_with(writer.connection, ID, "d")) == [3]


@pytest.mark.parametrize("hinted", [False, True])
def test_what_is_there_is_found_there_also_without_an_id(writer: LogWriter, hinted: bool) -> None:
    entries = [
        a_row("a"),
        MAKER.of_fault(Fault("", 7.0, "1.1", "ValueError")),
        MAKER.of_fault(Fault("", 8.0, "1.2", "ValueError")),
    ]
    writer.write(entries)
    if hinted:
        hint(writer)
    more = MAKER.of_fault(Fault("", 9.0, "1.3", "ValueError"))
    assert writer.write([*entries, more], unless_there=True) == Written(calls=1)
