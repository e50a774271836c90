import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.core.outcome import Event, Outcome
from screener.storage.imported_tail import learn_imported
from screener.storage.keys import load_keys
from screener.storage.recorded_rows import ReadTally, RowReader
from tests.builders import DAY, NOW
from tests.unit.storage.logs import OpenLog, at
from tests.unit.storage.states import Life, folder_of

NUMBER = "+16515550142"
SERVED = Outcome(Event.ANSWERED, 60.0)


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Iterator[OpenLog]:
    log = folder_of(tmp_path)
    yield log
    log.upkeep.close()


def bring_in(log: OpenLog, days: float, number: str = NUMBER) -> None:
    """Put a served call of so many days ago into the log, as brought in now."""
    call_id, log.clock.now = f"old-{days:g}", NOW - days * DAY
    log.decisions(at(log.clock.now, call_id, number))
    log.decisions.outcome(call_id, SERVED)
    lowest = int(str(log.ask("SELECT min(seq) FROM calls")[0][0]))
    log.ask_to("UPDATE outcomes SET call_seq = ? WHERE call_seq > 0", min(lowest, 1) - 1)
    log.ask_to(
        "UPDATE calls SET seq = ?, imported_at = ? WHERE id = ?", min(lowest, 1) - 1, NOW, call_id
    )
    log.clock.now = NOW


def learned(life: Life, since: float) -> int:
    log = life.log
    with closing(sqlite3.connect(log.path)) as connection:
        rows = RowReader(load_keys(log.keys), life.engine.plan, ReadTally())
        return learn_imported(life.engine, life.memory, connection, rows, since)


def test_a_caller_of_imported_calls_is_known_at_the_first_start(log: OpenLog) -> None:
    for days in (9, 5, 2):
        bring_in(log, days)
    after, found = Life(log).reborn()
    assert (found.imported, found.calls, found.partial) == (3, 0, False)
    assert "known-caller" in after.decide(NUMBER, "x").verdict.reasons


def test_what_was_brought_in_before_the_snapshot_is_not_learned_again(log: OpenLog) -> None:
    bring_in(log, 2)
    assert learned(Life(log), NOW) == 0
    assert learned(Life(log), NOW - 1.0) == 1


def test_what_is_known_of_a_caller_since_is_not_overwritten(log: OpenLog) -> None:
    bring_in(log, 2)
    life = Life(log)
    life.engine.learn(NUMBER, SERVED, at=NOW - DAY)
    assert learned(life, 0.0) == 0
    standing = life.memory.callers.get(NUMBER)
    assert standing is not None
    assert standing.last_good == NOW - DAY


def test_a_log_without_imported_calls_teaches_nothing(log: OpenLog) -> None:
    life = Life(log)
    life.call(NUMBER, "own")
    life.report("own", SERVED)
    assert learned(life, 0.0) == 0


def test_calls_of_nobody_teach_nothing(log: OpenLog) -> None:
    bring_in(log, 2, "anonymous")
    assert learned(Life(log), 0.0) == 0
