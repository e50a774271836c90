import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from screener.storage.pragmas import set_pragmas

WAL = ("journal_mode = WAL", "synchronous = FULL")


def test_each_is_set(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as opened:
        set_pragmas(opened, WAL)
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert opened.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_lock_is_waited_for_as_long_as_was_said(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        closing(sqlite3.connect(path, 0.0)) as opened,
    ):
        other.execute("CREATE TABLE t (x)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            set_pragmas(opened, WAL, wait_s=0.02)
        other.execute("COMMIT")
        set_pragmas(opened, WAL, wait_s=60.0)


def test_what_is_no_lock_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"no database" * 500)
    with closing(sqlite3.connect(path)) as opened, pytest.raises(sqlite3.DatabaseError):
        set_pragmas(opened, WAL, wait_s=60.0)


def test_many_that_open_a_new_file_at_once_all_open_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    failed: list[Exception] = []

    def open_it() -> None:
        with closing(sqlite3.connect(path, 60.0)) as opened:
            try:
                set_pragmas(opened, WAL, wait_s=60.0)
                opened.execute("CREATE TABLE IF NOT EXISTS t (x)")
            except sqlite3.Error as error:
                failed.append(error)

    threads = [Thread(target=open_it) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
