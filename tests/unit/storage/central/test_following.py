from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from screener.storage.central import following
from screener.storage.central.error import CentralError
from screener.storage.central.following import CentralFollower
from screener.storage.log_query import Filter, Found
from tests.servers.postgres_server import shared_postgres
from tests.servers.shipped_edge import ShippedEdge, asked

pytestmark = pytest.mark.e2e


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[ShippedEdge]:
    found = ShippedEdge(tmp_path / "a", "edge-a", shared_postgres().new_database())
    found.call(1)
    found.ship()
    yield found
    found.close()


@pytest.fixture
def others(edge: ShippedEdge) -> Iterator[list[psycopg.Connection]]:
    """Connections of others who write, or do whatever else they like, on the same server."""
    found = [psycopg.connect(edge.dsn) for _ in range(2)]
    yield found
    for one in found:
        one.close()


def write(other: psycopg.Connection, *places: int) -> None:
    """Write calls in a transaction that goes on."""
    for place in places:
        # As a shipper does: its transaction has a number before it draws a place.
        other.execute("SELECT pg_current_xact_id()")
        other.execute(
            "INSERT INTO calls (edge, id, at, verdict, would, reasons) "
            "VALUES ('other', %s, %s, 'admit', 'admit', 'score')",
            (f"{place:016x}", float(place)),
        )


def ids(calls: list[Found]) -> list[int]:
    return [int(str(call["id"]), 16) for call in calls]


def test_a_call_of_an_earlier_place_that_is_there_later_is_told(
    edge: ShippedEdge, others: list[psycopg.Connection]
) -> None:
    slow, quick = others
    write(slow, 10)
    follower = CentralFollower(edge.dsn, Filter())  # begins while a place is drawn and not there
    write(slow, 11)
    write(quick, 20)
    quick.commit()
    assert ids(follower.look()) == [20]
    write(quick, 21)
    quick.commit()
    assert ids(follower.look()) == [21]
    slow.commit()
    assert ids(follower.look()) == [10, 11]
    write(quick, 22)
    quick.commit()
    assert ids(follower.look()) == [22]
    assert follower._seen == set()
    assert follower._floor == follower.newest
    follower.close()


def test_a_transaction_that_hangs_holds_the_floor_back_by_no_more_than_a_window(
    edge: ShippedEdge, others: list[psycopg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "WINDOW", 5)
    hung, quick = others
    hung.execute("SELECT pg_current_xact_id()")
    follower = CentralFollower(edge.dsn, Filter())
    for place in range(10, 30, 3):
        write(quick, place, place + 1, place + 2)
        quick.commit()
        assert ids(follower.look()) == [place, place + 1, place + 2]
        assert len(follower._seen) <= 5
    hung.rollback()
    assert follower.look() == []
    assert follower._seen == set()
    follower.close()


def test_what_came_in_a_heap_is_taken_up_piece_by_piece(
    edge: ShippedEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AT_ONCE", 20)
    follower = CentralFollower(edge.dsn, Filter())
    edge.calls(100, 50)
    edge.ship()
    pieces = [ids(follower.look()) for _ in range(4)]
    assert [len(piece) for piece in pieces] == [20, 20, 10, 0]
    assert [one for piece in pieces for one in piece] == list(range(100, 150))
    follower.close()


def test_it_begins_with_the_newest_that_fit_oldest_first(edge: ShippedEdge) -> None:
    edge.calls(2, 8)
    edge.call(20, trunk="trunk-b")
    edge.ship()
    follower = CentralFollower(edge.dsn, Filter(trunk="trunk-a"), 3)
    assert ids(follower.first) == [7, 8, 9]
    edge.call(21, trunk="trunk-b")
    edge.call(22)
    edge.ship()
    assert ids(follower.look()) == [22]
    follower.close()


def test_newest_calls_that_are_gone_cost_none_that_come(edge: ShippedEdge) -> None:
    edge.calls(2, 8)
    edge.ship()
    follower = CentralFollower(edge.dsn, Filter())
    asked(edge.dsn, "DELETE FROM calls WHERE at > %s RETURNING 1", edge.now + 0.45)
    assert follower.look() == []
    edge.calls(30, 2)
    edge.ship()
    assert ids(follower.look()) == [30, 31]
    # As of a backup: places are given out again.
    asked(edge.dsn, "DELETE FROM calls RETURNING 1")
    asked(edge.dsn, "SELECT setval(pg_get_serial_sequence('calls', 'seq'), 1)")
    assert follower.look() == []
    edge.calls(40, 2)
    edge.ship()
    assert ids(follower.look()) == [40, 41]
    follower.close()


def test_a_connection_that_is_lost_is_made_again_and_nothing_is_left_out(
    edge: ShippedEdge,
) -> None:
    now = [0.0]
    follower = CentralFollower(edge.dsn, Filter(), timer=lambda: now[0])
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
    assert asked(edge.dsn, kill, "screener follow") == [(True,)]
    edge.call(50)
    edge.ship()
    assert follower.look() == []
    assert "the central log cannot be used" in follower.trouble
    assert follower.number_keys([1]) == {}
    assert follower.look() == []  # too early for another try
    assert follower.trouble
    now[0] += 60.0
    assert ids(follower.look()) == [50]
    assert follower.trouble == ""
    follower.close()


def test_a_server_that_is_not_there_at_the_begin_is_said(tmp_path: Path) -> None:
    with pytest.raises(CentralError, match="cannot be used"):
        CentralFollower(f"host={tmp_path} dbname=x user=x", Filter())
