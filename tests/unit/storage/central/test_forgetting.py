import time
from collections.abc import Iterator

import pytest

from screener.storage.central.driver import Connection, connect
from screener.storage.central.forgetting import forget_old
from screener.storage.central.schema import PURGE_LOCK, prepare
from screener.storage.retention import DAY_S
from tests.servers.postgres_server import shared_postgres

pytestmark = pytest.mark.e2e


@pytest.fixture
def dsn() -> str:
    return shared_postgres().new_database()


@pytest.fixture
def connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn, "test") as opened:
        prepare(opened)
        opened.execute(
            "INSERT INTO edges VALUES ('a', '{}', 'k', %s, %s, 0)", (7 * DAY_S, 30 * DAY_S)
        )
        opened.execute("INSERT INTO edges VALUES ('b', '{}', 'k', %s, %s, 0)", (DAY_S, 2 * DAY_S))
        yield opened


def add(connection: Connection, edge: str, days: float, verdict: str = "admit") -> str:
    now = time.time()  # noqa: TID251 - the server forgets by its own clock
    call_id = f"{edge}{days:g}{verdict}"
    imported = now - days * DAY_S if verdict == "imported" else None
    said = "admit" if imported else verdict
    came = now - 400 * DAY_S if imported else now - days * DAY_S
    row = connection.execute(
        "INSERT INTO calls (edge, id, at, verdict, would, reasons, imported_at) "
        "VALUES (%s, %s, %s, 'admit', %s, '', %s) RETURNING seq",
        (edge, call_id, came, said, imported),
    ).fetchone()
    assert row is not None
    connection.execute("INSERT INTO outcomes VALUES (%s, 0, %s, 'answered', 1)", (row[0], came))
    return call_id


def left(connection: Connection) -> set[object]:
    return {row[0] for row in connection.execute("SELECT id FROM calls")}


def test_each_edges_calls_are_kept_for_as_long_as_that_edge_says(connection: Connection) -> None:
    kept = {
        *(add(connection, "a", 6.9), add(connection, "a", 29.0, "drop")),
        *(add(connection, "b", 0.9), add(connection, "b", 1.9, "drop")),
        *(add(connection, "a", 29.0, "imported"), add(connection, "b", 1.9, "imported")),
    }
    for edge, days, verdict in [
        *(("a", 7.1, "admit"), ("a", 30.1, "drop"), ("a", 30.1, "imported")),
        *(("b", 1.1, "admit"), ("b", 2.1, "challenge"), ("b", 2.1, "imported")),
    ]:
        add(connection, edge, days, verdict)
    assert forget_old(connection, step=2) == 6
    assert left(connection) == kept
    assert connection.execute("SELECT count(*) FROM outcomes").fetchone() == (len(kept),)
    assert forget_old(connection) == 0


def test_who_is_erased_is_remembered_as_long_as_any_edge_may_hold_a_call(
    connection: Connection,
) -> None:
    now = time.time()  # noqa: TID251 - the same
    for days in (30.5, 31.5):
        connection.execute(
            "INSERT INTO erased VALUES ('number', %s, %s)", (bytes([int(days)]), now - days * DAY_S)
        )
    forget_old(connection)
    assert connection.execute("SELECT key FROM erased").fetchall() == [(b"\x1e",)]


def test_one_edge_forgets_at_a_time(connection: Connection, dsn: str) -> None:
    add(connection, "a", 40.0)
    with connect(dsn, "test") as other:
        other.execute("SELECT pg_advisory_lock(%s)", (PURGE_LOCK,))
        assert forget_old(connection) == 0
        other.execute("SELECT pg_advisory_unlock(%s)", (PURGE_LOCK,))
    assert forget_old(connection) == 1


def test_without_any_edge_nothing_is_forgotten(connection: Connection) -> None:
    add(connection, "a", 400.0)
    connection.execute("DELETE FROM edges")
    assert forget_old(connection) == 0
