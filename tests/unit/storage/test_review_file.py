import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from screener.errors import MissingPartError, ScreenerError
from screener.storage.review_file import open_reviews


def test_the_file_is_made_for_its_owner_alone_and_waits_for_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "state" / "review.db"
    with closing(open_reviews(path, wait_s=1.0)) as opened:
        assert opened.execute("PRAGMA synchronous").fetchone() == (2,)
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert opened.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_opened_file_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    with closing(open_reviews(path, wait_s=1.0)) as opened:
        book = opened.execute("SELECT book FROM state").fetchone()
    with closing(open_reviews(path, wait_s=1.0)) as opened:
        assert opened.execute("SELECT book FROM state").fetchone() == book
    other = tmp_path / "other.db"
    with closing(open_reviews(other, wait_s=1.0)) as opened:
        assert opened.execute("SELECT book FROM state").fetchone() != book


def test_of_many_that_make_it_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    failed: list[Exception] = []

    def make() -> None:
        try:
            open_reviews(path, wait_s=60.0).close()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one too many
            failed.append(error)

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with closing(open_reviews(path, wait_s=1.0)) as opened:
        assert opened.execute("SELECT count(*) FROM state").fetchone() == (1,)


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"x" * 4_096])
def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "review.db"
    path.write_bytes(content)
    with pytest.raises(ScreenerError, match="cannot be read or written") as told:
        open_reviews(path, wait_s=0.1)
    assert str(path) in str(told.value)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine (one TEXT)")
    with pytest.raises(ScreenerError, match="cannot be read or written"):
        open_reviews(path, wait_s=0.1)


def test_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    with closing(open_reviews(path, wait_s=1.0)) as opened:
        opened.execute("UPDATE schema_version SET version = 3")
    with pytest.raises(ScreenerError, match="another version"):
        open_reviews(path, wait_s=0.1)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingPartError, match="cannot be written"):
        open_reviews(tmp_path / "file" / "review.db", wait_s=0.1)


def test_a_new_file_that_another_is_making_is_waited_for_no_longer_than_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "review.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode = WAL")
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(ScreenerError, match="is locked by another program"):
            open_reviews(path, wait_s=0.0)
        holder.execute("ROLLBACK")
    open_reviews(path, wait_s=0.0).close()
