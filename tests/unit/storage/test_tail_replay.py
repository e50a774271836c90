from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.storage.keys import load_keys
from screener.storage.tail_replay import Deadlines, Known, Replayed, TailReplay
from tests.builders import NOW, HandClock, a_memory
from tests.unit.storage.logs import OpenLog
from tests.unit.storage.states import SETTINGS, Life, folder_of

NUMBER = "+16515550142"
SERVED = Outcome(Event.ANSWERED, 60.0)


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Iterator[OpenLog]:
    log = folder_of(tmp_path)
    yield log
    log.upkeep.close()


def replayed(life: Life, known: Known, until: float = NOW + 100.0) -> tuple[Engine, Replayed]:
    engine = Engine(SETTINGS, a_memory())
    replay = TailReplay(engine, known, until)
    log = life.log
    return engine, replay.run(log.path, load_keys(log.keys), Deadlines(HandClock(0.0), 10.0))


def lived(log: OpenLog, calls: int) -> Life:
    """Let one caller call once a second, each call being served at once."""
    life = Life(log)
    for place in range(calls):
        log.clock.now = NOW + place
        life.call(NUMBER, f"call-{place}")
        log.clock.now = NOW + place + 0.5
        life.report(f"call-{place}", SERVED)
    return life


def test_calls_and_outcomes_are_played_from_when_their_tables_are_known(log: OpenLog) -> None:
    life = lived(log, 6)
    engine, done = replayed(life, Known(counters=NOW + 2.0, callers=NOW + 3.0))
    # Of call-2, which came before, the outcome came in time for the caller's table.
    assert (done.calls, done.outcomes, done.skipped, done.missed) == (3, 3, 0, "")
    standing = engine._memory.callers.get(NUMBER)
    assert standing is not None
    assert round(standing.good) == 3


def test_what_happened_after_the_end_is_not_played(log: OpenLog) -> None:
    _, done = replayed(lived(log, 6), Known(NOW + 1.0, NOW + 1.0), until=NOW + 3.0)
    assert (done.calls, done.outcomes) == (2, 1)


def test_calls_of_before_weigh_on_the_pressure_and_on_nothing_else(log: OpenLog) -> None:
    life = lived(log, 40)
    engine, done = replayed(life, Known(NOW + 100.0, NOW + 100.0))
    assert (done.calls, done.outcomes) == (0, 0)
    assert len(engine._memory.counters) == len(engine._memory.callers) == 0
    expected = life.engine._gauge.read(Load(), NOW + 60.0)
    assert engine._gauge.read(Load(), NOW + 60.0) == pytest.approx(expected)
    assert expected.arrivals > 0.0


def test_an_outcome_without_its_call_is_skipped(log: OpenLog) -> None:
    life = lived(log, 2)
    _, done = replayed(life, Known(counters=NOW + 1.0, callers=NOW))
    assert (done.calls, done.outcomes, done.skipped) == (0, 0, 2)
