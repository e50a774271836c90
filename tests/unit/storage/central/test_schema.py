from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import pytest

from screener.storage.central import schema
from screener.storage.central.driver import connect
from screener.storage.central.error import CentralError
from screener.storage.central.schema import MIGRATIONS, look, prepare
from screener.storage.log_rows import COLUMNS
from tests.servers.postgres_server import shared_postgres
from tests.servers.shipped_edge import asked


def test_every_column_of_an_edges_log_is_one_of_the_central_log() -> None:
    script = files("screener.storage.central").joinpath(MIGRATIONS[0]).read_text("utf-8")
    table = script.partition("CREATE TABLE calls (")[2].partition(");")[0]
    named = [line.split()[0] for line in table.splitlines() if line.strip()[:1].islower()]
    assert sorted(named) == sorted(["seq", "edge", *COLUMNS])


@pytest.mark.e2e
def test_many_that_start_at_once_make_the_tables_once() -> None:
    dsn = shared_postgres().new_database()

    def start(_: int) -> int:
        with connect(dsn, "test") as connection:
            return prepare(connection)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(start, range(8))) == [1] * 8
    assert asked(dsn, "SELECT * FROM schema_version") == [(1,)]


@pytest.mark.e2e
def test_an_older_log_is_brought_to_the_present_and_a_newer_one_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dsn = shared_postgres().new_database()
    with connect(dsn, "test") as connection:
        with pytest.raises(CentralError, match="has the version 0"):
            look(connection)
        prepare(connection)
        look(connection)
        # A next version whose script is the first one's again fails, and then nothing is done.
        monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS * 2)
        with pytest.raises(CentralError, match="version 1, this program reads 2"):
            look(connection)
        with pytest.raises(CentralError, match="DuplicateTable"):
            prepare(connection)
        assert asked(dsn, "SELECT * FROM schema_version") == [(1,)]
        connection.execute("ALTER TABLE calls RENAME TO old_calls")
        connection.execute("DROP TABLE outcomes, edges, erased")
        connection.execute("ALTER INDEX calls_by_time RENAME TO old_1")
        connection.execute("DROP INDEX calls_by_number, calls_by_prefix, calls_by_counter")
        assert prepare(connection) == 2
        monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS)
        for refuse in (prepare, look):
            with pytest.raises(CentralError, match="version 2, this program knows 1: update it"):
                refuse(connection)


@pytest.mark.e2e
def test_a_database_of_other_letters_is_refused() -> None:
    dsn = shared_postgres().new_database("ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    with connect(dsn, "test") as connection, pytest.raises(CentralError, match="UTF-8"):
        prepare(connection)
    assert asked(dsn, "SELECT to_regclass('calls')") == [(None,)]
