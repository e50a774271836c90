import time
from collections.abc import Iterator

import pytest

from screener.storage.central.driver import Connection, connect, told_errors
from screener.storage.central.error import CentralAwayError, CentralError
from screener.storage.central.patience import patient
from tests.servers.postgres_server import shared_postgres

pytestmark = pytest.mark.e2e


@pytest.fixture
def connection() -> Iterator[Connection]:
    found = connect(shared_postgres().new_database(), "test")
    yield found
    found.close()


def test_what_takes_longer_is_cut_and_told(connection: Connection) -> None:
    began = time.monotonic()
    with (
        pytest.raises(CentralAwayError, match=r"did not answer within 0\.1 s"),
        patient(connection, 0.1),
        told_errors(),
    ):
        connection.execute("SELECT pg_sleep(10)")
    assert time.monotonic() - began < 5.0


def test_what_is_quick_leaves_the_connection_as_it_was(connection: Connection) -> None:
    with patient(connection, 10.0), told_errors():
        connection.execute("SELECT 1")
    with pytest.raises(CentralError, match="SyntaxError"), patient(connection, 10.0), told_errors():
        connection.execute("SELEC")
    assert connection.execute("SELECT 2").fetchall() == [(2,)]
