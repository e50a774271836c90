"""However the files are harmed, there is a log to write to afterwards."""

import random
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from screener.storage.log_file import (
    MIGRATIONS,
    BrokenLogError,
    identity_of,
    is_broken,
    open_log,
    passes,
    set_aside,
)
from tests.unit.storage.logs import OpenLog, decided

OFFSETS = 250


def test_a_new_log_has_the_present_schema_and_is_for_its_user(tmp_path: Path) -> None:
    path = tmp_path / "state" / "log.db"
    with closing(open_log(path)) as opened:
        assert opened.execute("SELECT version FROM schema_version").fetchall() == [
            (len(MIGRATIONS),)
        ]
        settings = {
            name: opened.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete", "wal_autocheckpoint")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 1,
        "secure_delete": 1,
        "wal_autocheckpoint": 0,
    }
    with closing(open_log(path)) as again:
        assert again.execute("SELECT count(*) FROM schema_version").fetchone() == (1,)


def test_a_log_that_was_killed_while_it_was_made_is_made_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.touch()
    open_log(path).close()


@pytest.mark.parametrize("version", [7, 0, "x", None])
def test_a_log_of_another_program_or_version_is_no_log_of_ours(
    tmp_path: Path, version: object
) -> None:
    path = tmp_path / "log.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE schema_version (version)")
        other.execute("INSERT INTO schema_version VALUES (?)", (version,))
        other.commit()
    with pytest.raises(BrokenLogError):
        open_log(path)


@pytest.mark.parametrize("content", [b"no database" * 500, bytes(8_192)])
def test_what_is_no_database_is_told_as_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(content)
    with pytest.raises(BrokenLogError):
        open_log(path)


def test_a_lock_passes_and_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    open_log(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as refused:
            open_log(path)
        assert passes(refused.value)
        assert not is_broken(refused.value, path)


def test_logs_set_aside_do_not_replace_each_other(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    for number in (1, 2, 3):
        path.write_text(str(number))
        (tmp_path / "log.db-wal").write_text("wal")
        assert set_aside(path).name == f"log.db.corrupt-{number}"
    assert (tmp_path / "log.db.corrupt-2").read_text() == "2"
    assert (tmp_path / "log.db.corrupt-2-wal").exists()
    assert identity_of(path) is None


def test_with_any_bytes_flipped_the_log_starts_and_takes_calls(tmp_path: Path) -> None:
    first = OpenLog(tmp_path / "first")
    first.upkeep.step()
    for place in range(1_500):
        first.decisions(decided(f"c{place}", f"+1651555{place:04d}"))
    first.upkeep.close()
    whole = first.path.read_bytes()
    random.seed(5)
    offsets = [*range(100), *(random.randrange(len(whole)) for _ in range(OFFSETS - 100))]  # noqa: S311 - a sample
    log = OpenLog(tmp_path / "harmed")
    log.path.parent.mkdir(parents=True)
    for offset in offsets:
        for old in log.path.parent.iterdir():
            old.unlink()
        harmed = bytearray(whole)
        for place in range(offset, min(offset + 1 + offset % 3 * 40, len(whole))):
            harmed[place] ^= 0xFF
        log.path.write_bytes(harmed)
        lost = log.decisions.not_recorded
        log.decisions(decided("after"))
        log.settle(5)
        assert (log.decisions.queued, log.decisions.not_recorded) == (0, lost), offset
        with suppress(sqlite3.Error):
            assert log.ask("SELECT id FROM calls ORDER BY seq DESC LIMIT 1") == [("after",)]
        log.decisions.discard()
    log.upkeep.close()
