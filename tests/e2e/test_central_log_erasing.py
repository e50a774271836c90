"""Who is erased is gone from the central log, at once or as soon as it can be, and stays away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from screener.cli.main import build
from screener.storage.log_rows import COLUMNS
from tests.servers.postgres_server import PostgresServer
from tests.servers.shipped_edge import ShippedEdge, asked

pytestmark = pytest.mark.e2e

NUMBER, OTHER = "+16515550142", "+16515550143"
WITHHELD = {"presentation": "prohib"}


@pytest.fixture
def edges(postgres: PostgresServer, tmp_path: Path) -> Iterator[list[ShippedEdge]]:
    dsn = postgres.new_database()
    first = ShippedEdge(tmp_path / "edge-a", "edge-a", dsn)
    second = ShippedEdge(tmp_path / "edge-b", "edge-b", dsn, first.log.keys)
    for edge in (first, second):
        edge.call(1, NUMBER)
        edge.call(2, OTHER)
        edge.call(3, NUMBER, **WITHHELD)
        edge.call(4, f"{NUMBER};ext=7")
    yield [first, second]
    first.close()
    second.close()


def erase(edge: ShippedEdge) -> tuple[int, str]:
    words = ["erase", NUMBER, "--reason", "asked for", "--yes", "-c", str(edge.config)]
    done = CliRunner().invoke(build(["erase", "log"]), words)
    return done.exit_code, done.output


def held(edges: list[ShippedEdge]) -> list[tuple[object, ...]]:
    return asked(edges[0].dsn, "SELECT edge, id FROM calls ORDER BY edge, id")


ONLY_OTHER: list[tuple[object, ...]] = [("edge-a", f"{2:016x}"), ("edge-b", f"{2:016x}")]


def test_a_number_is_erased_at_once_from_all_edges_with_its_extensions_and_withheld_calls(
    edges: list[ShippedEdge],
) -> None:
    for edge in edges:
        edge.ship()
    assert len(held(edges)) == 8
    status, told = erase(edges[0])
    assert (status, "6 calls of it are erased from the central log" in told) == (0, True), told
    assert held(edges) == ONLY_OTHER
    assert asked(edges[0].dsn, "SELECT count(*) FROM outcomes") == [(0,)]


def test_what_another_edge_still_holds_does_not_come_back_and_new_calls_do(
    edges: list[ShippedEdge],
) -> None:
    edges[0].ship()
    erase(edges[0])
    edges[1].ship()  # for the first time, with all that it holds
    assert held(edges) == [("edge-a", f"{2:016x}"), ("edge-b", f"{2:016x}")]
    edges[1].call(100_000, NUMBER)  # hours after the erasure
    edges[1].ship()
    assert ("edge-b", f"{100_000:016x}") in held(edges)


def test_an_erasure_waits_sealed_for_a_server_that_is_down(
    postgres: PostgresServer, edges: list[ShippedEdge]
) -> None:
    for edge in edges:
        edge.ship()
    folder = edges[0].log.path.parent
    postgres.kill()
    try:
        status, told = erase(edges[0])
        assert status == 1
        assert "the central log still holds it" in told
        assert "as soon as it can" in told
        waiting = list(folder.glob("central-erase-*"))
        assert [one.stat().st_mode & 0o777 for one in waiting] == [0o600]
        assert b"6515550142" not in waiting[0].read_bytes()
    finally:
        postgres.start()
    assert len(held(edges)) == 8
    edges[0].ship()
    assert held(edges) == ONLY_OTHER
    assert list(folder.glob("central-erase-*")) == []


def test_no_number_stands_in_the_central_log(edges: list[ShippedEdge]) -> None:
    for edge in edges:
        edge.ship()
    erase(edges[0])
    for table in ("calls", "outcomes", "edges", "erased"):
        text = str(asked(edges[0].dsn, f"SELECT * FROM {table}"))  # noqa: S608 - our own tables
        assert "5550142" not in text
        assert "5550143" not in text


def test_places_that_erased_calls_left_are_noticed(edges: list[ShippedEdge]) -> None:
    edge = edges[0]
    edge.ship()
    erase(edge)  # the newest calls of this log, whose places the next ones take
    edge.call(10, OTHER)
    edge.call(11, OTHER)
    edge.call(12, OTHER)
    edge.ship()
    assert [one for one in held(edges) if one[0] == "edge-a"] == [
        ("edge-a", f"{place:016x}") for place in (2, 10, 11, 12)
    ]


@pytest.mark.parametrize("gone", ["counter_key", "imported_at", "sip_call_id", "signals"])
def test_a_row_of_an_older_shape_is_shipped_without_what_it_lacks(
    edges: list[ShippedEdge], gone: str
) -> None:
    edge = edges[0]
    assert gone in COLUMNS
    edge.log.ask_to(f"ALTER TABLE calls DROP COLUMN {gone}")
    edge.ship()
    assert edge.central() == edge.own()
    assert asked(edge.dsn, f"SELECT DISTINCT {gone} FROM calls") == [(None,)]  # noqa: S608 - our own column


def test_a_row_of_a_newer_shape_is_shipped_without_what_it_has_more(
    edges: list[ShippedEdge],
) -> None:
    edges[0].log.ask_to("ALTER TABLE calls ADD COLUMN mood TEXT DEFAULT 'fine'")
    edges[0].ship()
    assert edges[0].central() == edges[0].own()
