from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.storage.central.cursor import Cursor
from screener.storage.central.driver import Connection, connect
from screener.storage.central.edge_reading import Batch, CallName, Ended
from screener.storage.central.error import CentralError
from screener.storage.central.marks import Mark
from screener.storage.central.schema import prepare
from screener.storage.central.values import plain_row
from screener.storage.central.writing import CentralWriter, Written
from screener.storage.keys import Keys, load_or_make_keys
from screener.storage.log_rows import RowMaker
from screener.storage.retention import Retention
from tests.builders import NOW
from tests.servers.postgres_server import shared_postgres
from tests.unit.storage.logs import at

pytestmark = pytest.mark.e2e

NAME = CallName("c1", NOW)
REACHED = Cursor((Mark(1, "c1"),))


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return load_or_make_keys(tmp_path / "keys.json")


@pytest.fixture
def dsn() -> str:
    return shared_postgres().new_database()


@pytest.fixture
def connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn, "test") as opened:
        prepare(opened)
        yield opened


@pytest.fixture
def writer(connection: Connection, keys: Keys) -> CentralWriter:
    return CentralWriter(connection, "edge-a", keys, Retention())


def batch(keys: Keys, *ended: Ended, call_id: str = "c1") -> Batch:
    row = plain_row(RowMaker(keys).of_decision(at(NOW, call_id)).values)
    return Batch([row], {CallName(call_id, NOW): list(ended)}, REACHED, more=False)


def outcomes(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT event, talk_s FROM outcomes ORDER BY place").fetchall()


def test_what_is_written_twice_is_there_once(
    writer: CentralWriter, connection: Connection, keys: Keys
) -> None:
    assert writer.cursor() == Cursor()
    one = batch(keys, Ended(NOW, "answered", 5.0))
    assert writer.write(one) == Written(1, 0)
    assert writer.cursor() == REACHED
    assert writer.write(one) == Written(0, 0)
    assert connection.execute("SELECT edge, id, at FROM calls").fetchall() == [("edge-a", *NAME)]
    assert outcomes(connection) == [("answered", 5.0)]


def test_outcomes_that_come_later_replace_what_was_told(
    writer: CentralWriter, connection: Connection, keys: Keys
) -> None:
    writer.write(batch(keys))
    queued, answered = Ended(NOW, "queue_joined", 0.0), Ended(NOW, "answered", 5.0)
    writer.write(Batch([], {NAME: [queued, answered]}, REACHED, more=False))
    assert outcomes(connection) == [("queue_joined", 0.0), ("answered", 5.0)]
    writer.replace_outcomes({NAME: [queued], CallName("unknown", NOW): [queued]})
    assert outcomes(connection) == [("queue_joined", 0.0)]


def test_a_batch_that_fails_leaves_nothing_and_the_cursor_where_it_was(
    writer: CentralWriter, connection: Connection, keys: Keys
) -> None:
    broken = Batch([("short",)], {}, REACHED, more=False)
    with pytest.raises(CentralError):
        writer.write(broken)
    assert writer.cursor() == Cursor()
    assert connection.execute("SELECT count(*) FROM calls").fetchone() == (0,)
    assert writer.write(batch(keys)) == Written(1, 0)


def test_an_edge_has_one_shipper_at_a_time(
    writer: CentralWriter, dsn: str, keys: Keys, connection: Connection
) -> None:
    with connect(dsn, "test") as other:
        with pytest.raises(CentralError, match=r"another `screener ship`.* edge-a"):
            CentralWriter(other, writer.edge, keys, Retention())
        CentralWriter(other, "edge-b", keys, Retention())
        connection.close()
    with connect(dsn, "test") as third:
        CentralWriter(third, "edge-a", keys, Retention())


def test_other_edges_keys_are_known(
    writer: CentralWriter, dsn: str, keys: Keys, tmp_path: Path
) -> None:
    assert writer.other_keys() == []
    others = load_or_make_keys(tmp_path / "others.json")
    with connect(dsn, "test") as other:
        assert CentralWriter(other, "edge-b", others, Retention()).other_keys() == [keys.key_id]
    assert writer.other_keys() == [others.key_id]


def test_marked_calls_are_those_of_this_edge(writer: CentralWriter, keys: Keys) -> None:
    writer.write(batch(keys, Ended(NOW, "not_spam", 0.0)))
    writer.write(batch(keys, Ended(NOW, "answered", 1.0), call_id="c2"))
    assert writer.marked(10) == [NAME]
