import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from screener.errors import MissingPartError, ScreenerError
from screener.storage.transaction import transaction
from screener.storage.web_file import MIGRATIONS, open_web, told, whole


def test_the_file_is_made_for_its_owner_alone_and_waits_for_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "state" / "web.db"
    with closing(open_web(path)) as opened:
        opened.execute("UPDATE schema_version SET version = version")
        assert opened.execute("PRAGMA synchronous").fetchone() == (2,)
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert opened.execute("PRAGMA secure_delete").fetchone() == (1,)
        assert opened.execute("PRAGMA foreign_keys").fetchone() == (1,)
        for each in path.parent.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o600, each.name
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_opened_file_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as opened:
        opened.execute("INSERT INTO users (name, role, created) VALUES ('anna', 'admin', 1.0)")
    with closing(open_web(path)) as opened:
        assert opened.execute("SELECT name FROM users").fetchall() == [("anna",)]
        assert opened.execute("SELECT version FROM schema_version").fetchall() == [
            (len(MIGRATIONS),)
        ]


def test_every_table_is_strict_about_types(tmp_path: Path) -> None:
    with closing(open_web(tmp_path / "web.db")) as opened:
        tables = opened.execute("PRAGMA table_list").fetchall()
    ours = [row for row in tables if not row[1].startswith("sqlite_")]
    assert len(ours) >= 5
    assert [row[1] for row in ours if not row[5]] == []


def test_of_many_that_make_it_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    failed: list[Exception] = []

    def make() -> None:
        try:
            open_web(path).close()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one too many
            failed.append(error)

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    open_web(path).close()


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"x" * 4_096])
def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "web.db"
    path.write_bytes(content)
    with pytest.raises(ScreenerError, match="cannot be read or written") as refused:
        open_web(path, wait_s=0.1)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine (one TEXT)")
    with pytest.raises(ScreenerError, match="cannot be read or written"):
        open_web(path, wait_s=0.1)


def test_a_file_of_a_later_program_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as opened:
        opened.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(ScreenerError, match="is of version 99"):
        open_web(path)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "web.db").symlink_to(tmp_path / "other.db")
    with pytest.raises(MissingPartError, match="cannot be written"):
        open_web(tmp_path / "web.db")
    assert not (tmp_path / "other.db").exists()


def test_a_lock_of_others_is_waited_for_no_longer_than_told(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode = WAL")
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(ScreenerError, match="is locked by another program"):
            open_web(path, wait_s=0.0)
        holder.execute("ROLLBACK")
    open_web(path, wait_s=0.0).close()


def test_a_transaction_is_whole_or_not_at_all_and_a_part_of_the_one_around_it(
    tmp_path: Path,
) -> None:
    add = "INSERT INTO users (name, role, created) VALUES (?, 'admin', 1.0)"

    def around(opened: sqlite3.Connection) -> None:
        with transaction(opened):
            with transaction(opened):
                opened.execute(add, ("anna",))
            assert opened.in_transaction
            raise KeyError

    with closing(open_web(tmp_path / "web.db")) as opened:
        with pytest.raises(KeyError):
            around(opened)
        assert opened.execute("SELECT count(*) FROM users").fetchone() == (0,)
        with transaction(opened):
            opened.execute(add, ("bert",))
        assert opened.execute("SELECT name FROM users").fetchall() == [("bert",)]


def test_what_cannot_be_kept_as_a_whole_is_told_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with closing(open_web(path)) as opened, closing(open_web(path)) as other:
        opened.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ScreenerError, match=r"web\.db is locked"), whole(opened, path):
            raise AssertionError
        other.execute("ROLLBACK")


def test_what_sqlite_says_is_told_with_the_path(tmp_path: Path) -> None:
    class Store:
        path = tmp_path / "web.db"

        @told
        def fail(self) -> None:
            """Fail."""
            raise sqlite3.OperationalError

    with pytest.raises(ScreenerError, match=r"web\.db cannot be read"):
        Store().fail()
    assert Store.fail.__doc__ == "Fail."
