import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.outcome import Event as Word
from screener.core.outcome import Outcome
from screener.storage.facets import BLOCK_BITS
from screener.storage.keys import Keys
from screener.storage.log_file import open_log
from screener.storage.log_rows import COLUMNS, Fault, Row, RowMaker, row_of
from screener.storage.log_writer import Entry, Event, LogWriter, Written
from tests.unit.storage.logs import decided

MAKER = RowMaker(Keys("k1", bytes(32), bytes(32)))


def a_row(call_id: str) -> Row:
    return MAKER.of_decision(decided(call_id))


def answered(call_id: str) -> Event:
    return Event(call_id, 5.0, Outcome(Word.ANSWERED, 30.0))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LogWriter]:
    connection = open_log(tmp_path / "decisions.db")
    yield LogWriter(connection)
    connection.close()


def held(writer: LogWriter, sql: str) -> list[tuple[object, ...]]:
    return writer.connection.execute(sql).fetchall()


def test_calls_and_outcomes_are_written_in_one_go_and_counted(writer: LogWriter) -> None:
    assert writer.write([a_row("a"), a_row("b"), answered("a")]) == Written(calls=2)
    assert held(writer, "SELECT id FROM calls ORDER BY seq") == [("a",), ("b",)]
    assert held(writer, "SELECT call_seq, event FROM outcomes") == [(1, "answered")]
    assert ("outcome:answered", 0) in held(writer, "SELECT facet, block FROM facets")


def test_an_entry_no_log_would_take_is_counted_and_holds_up_none(writer: LogWriter) -> None:
    nameless = row_of((None,) * len(a_row("x").values))
    assert writer.write([nameless, answered("nobody"), a_row("a")]) == Written(calls=1, refused=2)
    assert writer.write([nameless]) == Written(refused=1)
    assert held(writer, "SELECT id FROM calls") == [("a",)]


def test_what_cannot_be_written_now_is_written_not_at_all(
    writer: LogWriter, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "decisions.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        writer.write([a_row("a"), a_row("b")])
    other.execute("ROLLBACK")
    other.close()
    assert held(writer, "SELECT count(*) FROM calls") == [(0,)]
    writer.write([a_row("b")])
    wanted = {(facet, 0) for facet in a_row("b").facets}
    assert set(held(writer, "SELECT facet, block FROM facets")) == wanted


@pytest.mark.parametrize("apart", [False, True])
def test_what_is_there_already_is_written_once(writer: LogWriter, apart: bool) -> None:
    entries: list[Entry] = [
        a_row("a"),
        MAKER.of_fault(Fault("", 7.0, "1.1", "ValueError")),
        MAKER.of_fault(Fault("", 8.0, "1.2", "ValueError")),
        answered("a"),
        Event("a", 6.0, Outcome(Word.ABANDONED)),
    ]
    for batch in [[entry] for entry in entries[::2]] if apart else [entries[:4]]:
        writer.write(batch)
    writer.write(entries, unless_there=True)
    assert writer.write(entries, unless_there=True) == Written()
    assert sorted(held(writer, "SELECT id, uniqueid FROM calls")) == [
        ("", "1.1"),
        ("", "1.2"),
        ("a", ""),
    ]
    assert sorted(held(writer, "SELECT at, event FROM outcomes")) == [
        (5.0, "answered"),
        (6.0, "abandoned"),
    ]


def test_a_writer_goes_on_in_the_block_where_the_log_ends(writer: LogWriter) -> None:
    writer.write([a_row(f"c{place}") for place in range(1_030)])
    successor = LogWriter(writer.connection)
    successor.write([a_row("next")])
    blocks = held(writer, "SELECT DISTINCT block FROM facets WHERE facet = 'trunk:trunk-a'")
    assert blocks == [(0,), (1,)]


def test_own_calls_stand_above_imported_ones_even_when_only_those_are_left(
    writer: LogWriter,
) -> None:
    writer.connection.execute(
        "INSERT INTO calls (seq, id, at, verdict, would, reasons, imported_at) VALUES "
        "(-7, 'past', 1.0, 'admit', 'admit', 'imported', 2.0)"
    )
    assert writer.write([a_row("own")]) == Written(calls=1)
    assert LogWriter(writer.connection).write([a_row("next")]) == Written(calls=1)
    assert held(writer, "SELECT seq FROM calls ORDER BY seq") == [(-7,), (1,), (2,)]


def test_rows_with_and_without_what_is_seldom_set_are_written_together_in_order(
    writer: LogWriter,
) -> None:
    rows = [
        a_row("a"),
        replaced(a_row("b"), "list", "friends"),
        replaced(a_row("c"), "imported_at", 5.0),
        replaced(a_row("d"), "treatment", "busy"),
        a_row("e"),
    ]
    assert writer.write(rows) == Written(calls=5)
    assert held(writer, "SELECT seq, id, list, imported_at, treatment FROM calls") == [
        (1, "a", None, None, None),
        (2, "b", "friends", None, None),
        (3, "c", None, 5.0, None),
        (4, "d", None, None, "busy"),
        (5, "e", None, None, None),
    ]


def test_a_row_is_written_value_by_value_whatever_it_lacks(writer: LogWriter) -> None:
    whole = a_row("a")
    told = [value if value is not None else 3.5 for value in whole.values]
    rows = [whole, row_of(tuple(told)), MAKER.of_decision(decided("w", "", presentation="prohib"))]
    for place in range(len(COLUMNS)):
        without = row_of((*told[:place], None, *told[place + 1 :]))
        if COLUMNS[place] not in {"id", "at", "verdict", "would", "reasons"}:
            rows.append(without)
    rows.append(MAKER.of_fault(Fault("f", 7.0, "1.1", "ValueError")))
    assert writer.write(rows) == Written(calls=len(rows))
    found = held(writer, f"SELECT {', '.join(COLUMNS)} FROM calls ORDER BY seq")  # noqa: S608 - our own names
    texts = [COLUMNS.index(name) for name in ("treatment", "list", "counter_key", "error")]
    for row, read in zip(rows, found, strict=True):
        wanted = list(row.values)
        for place in texts:  # 3.5 in a column of text
            if wanted[place] == 3.5 and COLUMNS[place] != "counter_key":
                wanted[place] = "3.5"
        assert list(read) == wanted


def test_each_block_of_a_batch_gets_the_features_of_its_own_calls(writer: LogWriter) -> None:
    last = (1 << BLOCK_BITS) - 1
    writer.connection.execute(
        "INSERT INTO calls (seq, id, at, verdict, would, reasons) VALUES (?, 'x', 0, '', '', '')",
        (last - 1,),
    )
    writer.write([a_row("a"), MAKER.of_fault(Fault("b", 7.0, "1.1", "ValueError"))])
    in_blocks = held(writer, "SELECT facet, block FROM facets WHERE facet LIKE 'reason:%-%'")
    assert sorted(in_blocks) == [("reason:new-caller", 0), ("reason:screener-error", 1)]


def test_the_agents_own_calls_stand_above_imported_ones(writer: LogWriter) -> None:
    writer.connection.execute(
        "INSERT INTO calls (seq, id, at, verdict, would, reasons) VALUES (-7, 'x', 0, '', '', '')"
    )
    writer.write([a_row("a"), a_row("b")])
    assert held(writer, "SELECT seq FROM calls ORDER BY seq") == [(-7,), (1,), (2,)]


def test_one_that_no_log_would_take_costs_its_batch_nothing(writer: LogWriter) -> None:
    unfit = replaced(a_row("b"), "priority", 1 << 64)
    assert writer.write([a_row("a"), unfit, a_row("c")]) == Written(calls=2, refused=1)
    assert held(writer, "SELECT seq, id FROM calls") == [(1, "a"), (2, "c")]
    assert {(facet, 0) for facet in a_row("a").facets} == set(
        held(writer, "SELECT facet, block FROM facets")
    )


def test_a_row_that_no_log_took_leaves_no_feature_noted(writer: LogWriter) -> None:
    row = replaced(a_row("b"), "did", "200")
    unfit = replaced(row, "queue_waiting", 1 << 64)
    assert unfit.sort == row.sort
    assert writer.write([unfit, a_row("c")]) == Written(calls=1, refused=1)
    assert writer.write([row]) == Written(calls=1)
    assert ("did:200", 0) in held(writer, "SELECT facet, block FROM facets")


def replaced(row: Row, column: str, value: str | float | None) -> Row:
    values = list(row.values)
    values[COLUMNS.index(column)] = value
    made = row_of(tuple(values))
    return Row(made.own, row.kind, made.seldom) if made.kind.values == row.kind.values else made
