import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.storage.call_marks import mark_not_spam, unmark
from screener.storage.central.error import CentralError
from screener.storage.central.pending import note
from screener.storage.central.shipper import MARKS_EVERY_S, Shipper
from screener.storage.keys import load_keys, load_or_make_keys
from tests.builders import HandClock
from tests.servers.postgres_server import shared_postgres
from tests.servers.shipped_edge import ShippedEdge, asked

pytestmark = pytest.mark.e2e


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[ShippedEdge]:
    one = ShippedEdge(tmp_path / "edge", "edge-a", shared_postgres().new_database())
    yield one
    one.close()


def test_a_log_that_is_not_there_yet_is_waited_for(edge: ShippedEdge, tmp_path: Path) -> None:
    shipper = edge.shipper(path=tmp_path / "none" / "decisions.db")
    assert shipper.round() is False
    assert shipper.socket >= 0
    shipper.close()
    assert shipper.socket == -1


def test_what_was_shipped_is_told_and_a_restart_goes_on(
    edge: ShippedEdge, caplog: pytest.LogCaptureFixture
) -> None:
    edge.calls(0, 120)
    with caplog.at_level(logging.INFO, "screener.ship"):
        edge.ship()
        edge.calls(120, 5)
        edge.ship()
    told = [record.message for record in caplog.records if "SHIP-UP" in record.message]
    assert [line.rpartition(" ")[2] for line in told] == ["behind=120", "behind=5"]
    assert edge.central() == edge.own()


def test_a_mark_taken_back_is_taken_back_centrally(edge: ShippedEdge) -> None:
    timer = HandClock(0.0)
    shipper = Shipper(edge.edge, edge.dsn, timer)
    call_id = edge.call(1)
    edge.log.decisions.outcome(call_id, Outcome(Event.ANSWERED, 5.0))
    mark_not_spam(edge.log.path, call_id, edge.now)
    shipper.round()
    assert edge.central() == edge.own()
    unmark(edge.log.path, call_id)
    timer.now += MARKS_EVERY_S
    shipper.round()
    assert edge.central() == edge.own()
    shipper.close()


def test_an_error_lets_the_connection_go_and_the_next_round_makes_a_new_one(
    edge: ShippedEdge,
) -> None:
    shipper = edge.shipper()
    edge.calls(0, 10)
    shipper.round()
    asked(
        edge.dsn,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'screener ship edge-a'",
    )
    edge.calls(10, 10)
    with pytest.raises(CentralError):
        shipper.round()
    assert shipper.socket == -1
    shipper.round()
    assert edge.central() == edge.own()
    shipper.close()


def test_an_erasure_that_cannot_be_opened_is_told_once_and_holds_nothing_up(
    edge: ShippedEdge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    others = load_or_make_keys(tmp_path / "others.json")
    path = note(edge.log.path.parent, others, "+16515550142", edge.now).path
    note(edge.log.path.parent, load_keys(edge.log.keys), "+16515550143", edge.now)
    edge.calls(0, 3)
    shipper = edge.shipper()
    with caplog.at_level(logging.INFO, "screener.ship"):
        shipper.round()
        shipper.round()
    shipper.close()
    told = [record.message for record in caplog.records]
    assert [line for line in told if line.startswith("SHIP-UNERASED")] == [
        f"SHIP-UNERASED {path.name} cannot be opened: repeat `screener erase`"
    ]
    assert "SHIP-ERASED calls=0" in told
    assert len(edge.central()) == 3


def test_edges_with_different_keys_are_told(
    edge: ShippedEdge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edge.ship()
    other = ShippedEdge(tmp_path / "other", "edge-b", edge.dsn)
    with caplog.at_level(logging.WARNING, "screener.ship"):
        other.ship()
    other.close()
    ids = [load_keys(one.log.keys).key_id for one in (other, edge)]
    assert [
        f"seals with the keys {ids[0]}, other edges with {ids[1]}" in record.message
        for record in caplog.records
    ] == [True]
