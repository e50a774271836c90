import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.desk.log_reading import (
    caller_named,
    calls_of,
    keys_for,
    log_path,
    reading,
    told_errors,
)
from screener.errors import MissingPartError, ScreenerError, UsageError
from screener.storage.keys import load_keys
from tests.unit.cli.logged import Logged, logged
from tests.unit.storage.logs import decided


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Logged]:
    with logged(tmp_path) as found:
        found.log.decisions(decided("a"))
        yield found


def test_a_log_is_opened_to_read_and_not_to_write(site: Logged) -> None:
    with reading(site.config) as connection:
        assert connection.execute("SELECT id FROM calls").fetchall() == [("a",)]
    with (
        pytest.raises(ScreenerError, match=r"cannot be read: SQLITE_READONLY"),
        reading(site.config) as connection,
    ):
        connection.execute("DELETE FROM calls")


def test_a_log_that_is_not_there_is_missing(site: Logged) -> None:
    assert log_path(site.config) == site.log.path
    site.log.upkeep.close()
    site.log.path.unlink()
    with pytest.raises(MissingPartError, match="there is no decision log at"):
        log_path(site.config)


def test_a_folder_of_another_user_says_as_whom_to_run(
    site: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", forbidden)
    with pytest.raises(ScreenerError, match=r"not permitted .* as the user that the agent runs as"):
        log_path(site.config)


def test_what_sqlite_says_is_not_quoted() -> None:
    with (
        pytest.raises(ScreenerError, match=r"^the decision log cannot be read: \w+$"),
        told_errors(),
    ):
        raise sqlite3.OperationalError("+16515550142 stands here")


def test_a_lock_is_told_as_what_passes(site: Logged) -> None:
    other = sqlite3.connect(site.log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with (
            pytest.raises(ScreenerError, match="another program holds it: try again"),
            told_errors(),
            closing(sqlite3.connect(site.log.path, timeout=0)) as connection,
        ):
            connection.execute("DELETE FROM calls")
    finally:
        other.close()


def test_calls_under_other_keys_are_told(site: Logged) -> None:
    said: list[str] = []
    with reading(site.config) as connection:
        assert keys_for(connection, site.config, said.append) == load_keys(site.log.keys)
        assert said == []
        site.log.ask_to("UPDATE calls SET key_id = '00000001'")
        site.log.decisions(decided("b"))
        keys_for(connection, site.config, said.append)
    assert said[0].startswith("some calls of the log are sealed with the keys 00000001")


def test_a_caller_is_named_in_any_writing_or_refused(site: Logged) -> None:
    assert caller_named("(651) 555-0142", site.config, "x").identity == "+16515550142"
    with pytest.raises(ScreenerError, match="--number: this names no caller"):
        caller_named("anonymous", site.config, "--number")


def test_without_a_central_log_none_is_read(tmp_path: Path) -> None:
    with (
        logged(tmp_path) as site,
        pytest.raises(UsageError, match=r"where ship\.dsn names one"),
        calls_of(site.config, central=True),
    ):
        pass


def test_without_psycopg_a_central_log_is_a_missing_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name in ("driver", "query", "reading", "schema"):
        monkeypatch.delitem(sys.modules, f"screener.storage.central.{name}", raising=False)
    with logged(tmp_path) as site:
        site.path.write_text(site.path.read_text() + "ship: {dsn: service=x}\n")
        with (
            pytest.raises(MissingPartError, match="pip install"),
            calls_of(site.config, central=True),
        ):
            pass
