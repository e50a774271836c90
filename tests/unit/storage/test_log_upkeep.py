import sqlite3
import threading
from pathlib import Path

import pytest

from screener.errors import ScreenerError
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
    assert log.decisions.snapshot() == {"rows": new, "queued": 0, "not_recorded": 0}
    assert log.ids() == [f"new{place}" for place in range(new)]
    log.upkeep.close()
