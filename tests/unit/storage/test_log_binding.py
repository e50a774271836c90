import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.storage.keys import Keys
from screener.storage.log_binding import MOST_STATEMENTS, USES, Statements, insert_of
from screener.storage.log_file import open_log
from screener.storage.log_rows import COLUMNS, Row, RowMaker, row_of
from tests.unit.storage.logs import decided

MAKER = RowMaker(Keys("k1", bytes(32), bytes(32)))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_log(tmp_path / "decisions.db")
    yield opened
    opened.close()


@pytest.mark.parametrize("left_out", [0, 1])
def test_a_statement_of_a_kind_tells_all_that_a_row_of_it_does(
    connection: sqlite3.Connection, left_out: int
) -> None:
    facts = {"uniqueid": "1.2", "linkedid": "1.1"}
    row = MAKER.of_decision(decided("a1", trunk="it's", origid="" if left_out else "o", **facts))
    own = [(1 << place, value) for place, value in enumerate(row.own) if place >= left_out]
    told = [(bit, value) for bit, value in own if value is not None]
    statement, bound = insert_of(row.kind, sum(bit for bit, _ in told))
    assert bound == ["it's"]  # what could end a word of SQL is none
    connection.execute(statement, [7, *(value for _, value in told), *bound])
    assert held(connection) == [row.values]


def write(connection: sqlite3.Connection, statements: Statements, rows: list[Row]) -> None:
    for seq, row in enumerate(rows, 1):
        connection.execute(*statements.bound(seq, row))


def held(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    sql = f"SELECT {', '.join(COLUMNS)} FROM calls ORDER BY seq"  # noqa: S608 - our own names
    return connection.execute(sql).fetchall()


def test_calls_of_one_kind_are_written_by_its_own_statement_as_by_any_other(
    connection: sqlite3.Connection,
) -> None:
    shapes = (
        {"uniqueid": "1.2", "linkedid": "1.2"},
        {"uniqueid": "1.2", "linkedid": "1.1"},
        {"uniqueid": "1.2", "linkedid": "1.1", "origid": "o"},
        {"trunk": "it's"},
        {"presentation": "prohib"},
        {"queue_waiting": "3", "operators_logged_in": "4", "linkedid": "1.1"},
    )
    rows = [
        MAKER.of_decision(decided(f"c{place}", **facts))
        for place in range(USES + 3)
        for facts in shapes
    ]
    rows += [replaced(rows[0], "list", "friends")] * USES
    often = len(shapes) - 1 + 3  # the first two tell the same columns
    rows += [replaced(rows[0], "origid", None), replaced(rows[0], "linkedid", None)] * USES
    rows += [replaced(replaced(rows[1], "linkedid", None), "uniqueid", None)] * USES
    statements = Statements()
    write(connection, statements, rows)
    assert len(statements) == often
    assert held(connection) == [row.values for row in rows]


def test_few_rows_of_a_kind_get_no_statement_of_their_own() -> None:
    statements = Statements()
    row = RowMaker(Keys("k1", bytes(32), bytes(32))).of_decision(decided("a"))
    told = [statements.bound(1, row)[0] for _ in range(USES + 1)]
    assert len(set(told[: USES - 1])) == 1
    assert len(set(told)) == 2
    assert told[-1] == told[USES - 1]


def test_statements_of_kinds_are_bounded(connection: sqlite3.Connection) -> None:
    statements = Statements()
    rows = [
        row
        for place in range(MOST_STATEMENTS + 5)
        for row in [MAKER.of_decision(decided("a", trunk=f"t{place}"))] * (USES + 1)
    ]
    write(connection, statements, [*rows, rows[0]])
    assert len(statements) == MOST_STATEMENTS
    assert held(connection) == [row.values for row in [*rows, rows[0]]]


def test_whatever_a_kind_lacks_of_its_rows_is_remembered_within_bounds() -> None:
    statements = Statements()
    row = MAKER.of_decision(decided("a", linkedid="1.1"))
    for lacking in range(1 << 8):
        own = tuple(
            None if place >= 10 and lacking >> (place - 10) & 1 else value
            for place, value in enumerate(row.own)
        )
        statements.bound(1, Row(own, row.kind))
    assert len(row.kind.uses) <= MOST_STATEMENTS + 1


def replaced(row: Row, column: str, value: str | None) -> Row:
    """Return the row with another value of its own."""
    values = list(row.values)
    values[COLUMNS.index(column)] = value
    made = row_of(tuple(values))
    return Row(made.own, row.kind, made.seldom)
