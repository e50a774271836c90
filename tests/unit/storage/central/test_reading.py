from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from screener.errors import MissingPartError, ScreenerError
from screener.storage.central.error import CentralError
from screener.storage.central.reading import opened
from screener.storage.keys import load_keys, load_or_make_keys
from screener.storage.log_query import Filter
from screener.storage.log_stats import By
from tests.servers.postgres_server import shared_postgres
from tests.servers.shipped_edge import ShippedEdge, asked

pytestmark = pytest.mark.e2e


@pytest.fixture
def edges(tmp_path: Path) -> Iterator[list[ShippedEdge]]:
    dsn = shared_postgres().new_database()
    first = ShippedEdge(tmp_path / "a", "edge-a", dsn)
    found = [first, ShippedEdge(tmp_path / "b", "edge-b", dsn, first.log.keys)]
    for place, edge in enumerate(found):
        edge.call(10 + place, "+16515550142")
        edge.call(20 + place, "+16515550143")
        edge.ship()
    yield found
    for edge in found:
        edge.close()


def ids(calls: list[dict[str, object]]) -> list[int]:
    return [int(str(call["id"]), 16) for call in calls]


def test_calls_of_all_edges_stand_in_the_order_of_time_and_tell_their_edge(
    edges: list[ShippedEdge],
) -> None:
    edges[0].call(5, "+16515550142")  # was away, and brings an older call last
    edges[0].ship()
    with opened(edges[0].dsn) as log:
        found = log.page(Filter()).calls
        assert ids(found) == [21, 20, 11, 10, 5]
        assert [call["edge"] for call in found] == [
            "edge-b",
            *["edge-a"] * 1,
            "edge-b",
            *["edge-a"] * 2,
        ]
        assert ids(log.page(Filter(edge="edge-b")).calls) == [21, 11]
        assert {name: one.calls for name, one in log.stats(by=By.EDGE).groups.items()} == {
            "edge-a": 3,
            "edge-b": 2,
        }


def test_a_page_goes_on_behind_a_call_that_is_gone(edges: list[ShippedEdge]) -> None:
    with opened(edges[0].dsn) as log:
        first = log.page(Filter(), limit=2)
        asked_to(edges[0].dsn, first.before)
        rest = log.page(Filter(), before=first.before)
        assert set(ids(rest.calls)) >= {11, 10}
        assert rest.before is None
        asked_to(edges[0].dsn, None)
        assert log.page(Filter(), before=first.before).calls == []


def asked_to(dsn: str, seq: int | None) -> None:
    asked(dsn, "DELETE FROM calls WHERE %s::bigint IS NULL OR seq = %s RETURNING 1", seq, seq)


def test_keys_that_no_edge_seals_with_are_refused(edges: list[ShippedEdge], tmp_path: Path) -> None:
    keys = load_keys(edges[0].log.keys)
    other = load_or_make_keys(tmp_path / "other.json")
    with opened(edges[0].dsn) as log:
        assert log.keys(edges[1].log.keys) == keys
        with pytest.raises(ScreenerError, match=f"{keys.key_id}, and .* holds {other.key_id}"):
            log.keys(tmp_path / "other.json")
        with pytest.raises(MissingPartError, match="the one that the edges share"):
            log.keys(tmp_path / "none.json")
        assert other.key_id not in log.closed_to(keys)
        assert keys.key_id in log.closed_to(other)


def test_nothing_is_changed_by_reading(edges: list[ShippedEdge]) -> None:
    with opened(edges[0].dsn) as log, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        log.connection.execute("DELETE FROM calls")


def test_a_database_without_a_log_is_said() -> None:
    with pytest.raises(CentralError, match="version 0"), opened(shared_postgres().new_database()):
        pass
