from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.storage.central import subjects
from screener.storage.central.reading import opened
from screener.storage.keys import load_keys, load_or_make_keys
from tests.servers.postgres_server import shared_postgres
from tests.servers.shipped_edge import ShippedEdge

pytestmark = pytest.mark.e2e

ALICE, BOB = "+16515550142", "+16515550143"


@pytest.fixture
def edges(tmp_path: Path) -> Iterator[list[ShippedEdge]]:
    dsn = shared_postgres().new_database()
    first = ShippedEdge(tmp_path / "a", "edge-a", dsn)
    found = [first, ShippedEdge(tmp_path / "b", "edge-b", dsn, first.log.keys)]
    yield found
    for edge in found:
        edge.close()


def test_calls_of_a_number_are_those_of_all_edges_its_extensions_and_withheld_ones(
    edges: list[ShippedEdge], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "AT_ONCE", 2)
    edges[0].call(1, ALICE)
    edges[1].call(2, BOB)
    edges[1].call(3, ALICE, presentation="prohib")
    edges[0].call(4, f"{ALICE};ext=7")
    edges[1].call(5, ALICE)
    for edge in edges:
        edge.ship()
    keys = load_keys(edges[0].log.keys)
    with opened(edges[0].dsn) as log:
        found = list(log.calls_of_number(ALICE, keys))
        assert [(int(str(call["id"]), 16), call["edge"], call["number"]) for call in found] == [
            (5, "edge-b", ALICE),
            (4, "edge-a", f"{ALICE};ext=7"),
            (3, "edge-b", None),
            (1, "edge-a", ALICE),
        ]
        assert list(log.calls_of_number("+16515550199", keys)) == []


def test_other_keys_find_and_open_nothing(edges: list[ShippedEdge], tmp_path: Path) -> None:
    edges[0].call(1, ALICE)
    edges[0].ship()
    other = load_or_make_keys(tmp_path / "other.json")
    with opened(edges[0].dsn) as log:
        assert list(log.calls_of_number(ALICE, other)) == []
