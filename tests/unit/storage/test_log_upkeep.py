import logging
import sqlite3
import threading
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.errors import ScreenerError
from screener.storage.keys import load_keys
from screener.storage.log_upkeep import LONG_WAL
from tests.unit.storage.logs import OpenLog, a_log, decided


def test_exposed_keys_are_a_reason_not_to_start(tmp_path: Path) -> None:
    log = OpenLog(tmp_path)
    log.keys.touch(0o644)
    with pytest.raises(ScreenerError, match="chmod 600"):
        log.upkeep.start()
    assert not log.path.exists()


def test_a_folder_that_cannot_be_made_is_a_warning_and_calls_are_queued(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = OpenLog(tmp_path)
    log.path.parent.write_text("a file where the folder should be")
    log.upkeep.step()
    log.upkeep.step()
    log.decisions(decided("c1"))
    assert log.decisions.queued == 1
    assert caplog.text.count("LOG-TROUBLE") == 1
    log.path.parent.unlink()
    log.settle(2)
    assert log.ids() == ["c1"]
    log.upkeep.close()


def test_started_it_opens_the_log_at_once_and_closed_it_leaves_one_file(tmp_path: Path) -> None:
    log = OpenLog(tmp_path)
    log.upkeep.start()
    log.decisions(decided("c1"))
    assert log.decisions.queued == 0
    log.upkeep.close()
    assert [one.name for one in log.path.parent.iterdir()] == ["decisions.db"]
    assert log.ids() == ["c1"]


def test_what_is_queued_at_the_end_is_written_on_the_way_down(tmp_path: Path) -> None:
    log = OpenLog(tmp_path, queue=1_000)
    for place in range(450):
        log.decisions(decided(f"c{place}"))
    log.upkeep.close()
    assert len(log.ids()) == 450


def test_what_no_log_takes_at_the_end_is_taken_in_by_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with a_log(tmp_path) as log:
        other = sqlite3.connect(log.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        log.decisions(decided("c1"))
    assert "queued=1 not_recorded=0 not_durable=0" in caplog.text
    other.execute("ROLLBACK")
    other.close()
    caplog.clear()
    with caplog.at_level(logging.INFO), a_log(tmp_path) as log:
        assert log.ids() == ["c1"]
        assert log.decisions.rows == 1
    assert "decisions.db recovered=1 refused=0 unreadable=0\n" in caplog.text


def test_calls_go_on_beside_a_locked_log_with_leftovers_and_come_after_them(
    tmp_path: Path,
) -> None:
    with a_log(tmp_path) as log:
        other = sqlite3.connect(log.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        log.decisions(decided("before"))
    with a_log(tmp_path) as log:
        log.decisions.outcome("before", Outcome(Event.ABANDONED))
        log.decisions(decided("after"))
        assert log.decisions.not_durable == 0
        other.execute("ROLLBACK")
        other.close()
        log.settle()
        assert log.ids() == ["before", "after"]
        assert log.ask("SELECT event FROM outcomes") == [("abandoned",)]
        assert log.decisions.snapshot() == {
            "rows": 2,
            "queued": 0,
            "not_durable": 0,
            "not_recorded": 0,
        }


def test_other_keys_than_those_of_the_newest_rows_are_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("c1"))
        log.decisions.fault("f1", "", "ValueError")
    old = load_keys(log.keys).key_id
    with a_log(tmp_path):
        assert "LOG-KEYS" not in caplog.text
    log.keys.unlink()
    with a_log(tmp_path) as log:
        new = load_keys(log.keys).key_id
        log.decisions(decided("c2"))
    assert caplog.text.count("LOG-KEYS") == 1
    assert f"the keys {old}, and {log.keys} holds the keys {new}" in caplog.text
    with a_log(tmp_path):
        assert caplog.text.count("LOG-KEYS") == 1


def test_a_checkpoint_moves_rows_into_the_database_without_being_asked(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        before = log.path.stat().st_size
        for place in range(500):
            log.decisions(decided(f"c{place}"))
        assert log.path.stat().st_size == before
        log.settle(10)
        assert log.path.stat().st_size > before
        assert LONG_WAL > 0
        assert log.upkeep.empty_wal()
        assert log.path.with_name("decisions.db-wal").stat().st_size == 0


def test_a_reader_keeps_the_write_ahead_log_and_nothing_waits_for_it(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("c1"))
        log.upkeep.step()
        reader = sqlite3.connect(log.path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM calls").fetchall()
        log.decisions(decided("c2"))
        assert not log.upkeep.empty_wal()
        log.decisions(decided("c3"))
        assert log.decisions.queued == 0
        reader.close()
        assert log.upkeep.empty_wal()


def test_rows_are_counted_beside_those_that_come(tmp_path: Path) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("c1"))
    with a_log(tmp_path) as log:
        assert log.decisions.rows == 1
        log.decisions(decided("c2"))
        assert log.decisions.rows == 2


def test_calls_and_purges_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    log = OpenLog(tmp_path, queue=10_000)
    log.upkeep.step()
    for place in range(1_500):
        log.decisions(decided(f"old{place}"))
    log.clock.now += 8 * 86_400.0
    purging = threading.Thread(target=log.upkeep.purge)
    purging.start()
    new = 0
    while purging.is_alive():
        log.decisions.fault(f"new{new}", "", "X")
        new += 1
        log.timer.now += 1.0
        log.decisions.flush()
    log.settle(100)
    assert log.decisions.snapshot() == {
        "rows": new,
        "queued": 0,
        "not_durable": 0,
        "not_recorded": 0,
    }
    assert log.ids() == [f"new{place}" for place in range(new)]
    log.upkeep.close()


def test_calls_get_their_hints_a_batch_at_a_time_and_the_writer_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.storage.log_hints.BATCH", 10)
    with a_log(tmp_path) as log:
        for place in range(25):
            log.decisions(decided(f"c{place}"))
        log.upkeep.step()
        assert log.ask("SELECT up_to FROM hinted") == [(20,)]
        log.decisions.outcome("c3", Outcome(Event.ANSWERED, 5.0))
        log.decisions.outcome("c24", Outcome(Event.ANSWERED, 5.0))
        assert log.ask("SELECT call_seq FROM outcomes ORDER BY 1") == [(4,), (25,)]
        store = log.decisions._store
        assert store is not None
        assert store.writer.hinted == 20
