import sqlite3
from collections.abc import Iterator

import pytest

from screener.storage.shared_cells import SqliteCells

SCHEMA = (
    "CREATE TABLE cells (key TEXT PRIMARY KEY, value BLOB, ends REAL) WITHOUT ROWID",
    "CREATE INDEX cells_by_end ON cells (ends)",
)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    for statement in SCHEMA:
        opened.execute(statement)
    yield opened
    opened.close()


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM cells").fetchone()[0])


def test_a_cell_is_there_until_its_end_and_is_replaced_and_dropped(
    connection: sqlite3.Connection,
) -> None:
    cells = SqliteCells(connection, 1 << 20)
    cells.put("a", b"1", 100.0)
    cells.put("a", b"2", 200.0)
    assert cells.get("a", 199.0) == b"2"
    assert cells.get("a", 200.0) is None
    assert cells.ended("a") == 200.0
    cells.drop("a")
    assert cells.get("a", 0.0) is None
    assert cells.ended("a") == 0.0


def test_cells_between_come_in_their_order_without_the_ends(
    connection: sqlite3.Connection,
) -> None:
    cells = SqliteCells(connection, 1 << 20)
    for key in ("k:c", "k:a", "k:b", "j", "l"):
        cells.put(key, key.encode(), 100.0)
    cells.put("k:d", b"", 1.0)
    assert [key for key, _, _ in cells.between("k:", "k:z", 50.0, 10)] == ["k:a", "k:b", "k:c"]
    assert [key for key, _, _ in cells.between("k:a", "k:c", 50.0, 10)] == ["k:b"]
    assert cells.between("k:", "k:z", 50.0, 1) == [("k:a", b"k:a", 100.0)]


def test_what_has_ended_is_let_go_a_bounded_number_at_once(connection: sqlite3.Connection) -> None:
    cells = SqliteCells(connection, 1 << 20)
    for number in range(1_000):
        cells.put(f"c:{number}", b"", float(number))
    cells.purge(500.0)
    assert 501 <= count(connection) < 1_000
    for _ in range(5):
        cells.purge(500.0)
    assert count(connection) == 499


def test_a_full_file_lets_go_of_counters_that_end_soonest_and_of_nothing_else(
    connection: sqlite3.Connection,
) -> None:
    cells = SqliteCells(connection, 1 << 18)
    cells.put("s:blocked", b"x" * 100, 1.5)
    for number in range(5_000):
        cells.put(f"c:{number}", b"x" * 50, 1_000.0 + number)
    for _ in range(20):
        cells.purge(1.0)
    assert cells._used() <= 1 << 18
    assert cells.get("s:blocked", 1.0) is not None
    assert cells.get("c:4999", 1.0) is not None
    assert cells.get("c:0", 1.0) is None


def test_letting_go_in_a_full_file_takes_no_longer_the_more_there_are(
    connection: sqlite3.Connection,
) -> None:
    cells, steps, costs = SqliteCells(connection, 0), [0], list[int]()

    def count_step() -> int:
        steps[0] += 1
        return 0

    for size in (3_000, 30_000):
        for number in range(size):
            cells.put(f"c:{number * 7_919 % 100_003}", b"", 1_000.0 + number)
        connection.set_progress_handler(count_step, 100)
        steps[0] = 0
        cells.purge(500.0)
        costs.append(steps[0])
        connection.set_progress_handler(None, 0)
    assert costs[1] < 2 * costs[0]
