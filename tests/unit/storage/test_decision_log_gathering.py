import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from screener.core.outcome import Event, Outcome
from screener.storage.decision_log import BATCH_GATHERED, GATHER_S
from screener.storage.keys import load_keys
from screener.storage.pseudonyms import pseudonym
from tests.unit.storage.logs import OpenLog, a_log, decided


class Later:
    """What an event loop would call later, called by hand."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, seconds: float, then: Callable[[], None]) -> None:
        self.due.append((seconds, then))

    def come(self) -> float:
        """Let the next one be called; return how long it had waited."""
        seconds, then = self.due.pop(0)
        then()
        return seconds


@contextmanager
def a_gathering_log(folder: Path, *, queue: int = 1_000) -> Iterator[tuple[OpenLog, Later]]:
    with a_log(folder, queue=queue) as log:
        later = Later()
        log.decisions.gather(later)
        yield log, later
        log.decisions.gather(None)


def test_gathered_calls_are_safe_at_once_and_written_together_a_moment_later(
    tmp_path: Path,
) -> None:
    with a_gathering_log(tmp_path) as (log, later):
        for call_id in "abc":
            log.decisions(decided(call_id))
        log.decisions.outcome("b", Outcome(Event.ABANDONED))
        log.decisions.flush()  # not its affair: nothing is in trouble
        assert (log.ids(), log.decisions.queued, log.decisions.not_durable) == ([], 4, 0)
        assert [len(later.due), later.come()] == [1, GATHER_S]
        assert (log.ids(), log.decisions.queued, later.due) == (["a", "b", "c"], 0, [])
        assert log.ask("SELECT call_seq, event FROM outcomes") == [(2, "abandoned")]
        log.decisions(decided("d"))
        later.come()
        assert log.ids() == ["a", "b", "c", "d"]


def test_between_two_batches_of_gathered_calls_others_have_their_turn(tmp_path: Path) -> None:
    with a_gathering_log(tmp_path) as (log, later):
        for place in range(BATCH_GATHERED + 3):
            log.decisions(decided(f"c{place}"))
        assert [seconds for seconds, _ in later.due] == [GATHER_S, 0.0]
        later.due.reverse()
        later.come()
        assert (len(log.ids()), log.decisions.queued) == (BATCH_GATHERED, 3)
        later.come()
        assert log.ids() == [f"c{place}" for place in range(BATCH_GATHERED + 3)]
        assert later.due == []


def test_a_heap_of_gathered_calls_is_written_a_batch_at_a_time(tmp_path: Path) -> None:
    with a_gathering_log(tmp_path) as (log, later):
        for place in range(3 * BATCH_GATHERED):
            log.decisions(decided(f"c{place}"))
        gathered = later.due.pop(0)
        assert [later.come() for _ in range(3)] == [0.0] * 3
        assert (len(log.ids()), later.due) == (3 * BATCH_GATHERED, [])
        log.decisions(decided("next"))
        later.due.append(gathered)
        later.come()
        assert (log.ids()[-1], later.due) == ("next", [])


def test_what_the_disk_refuses_to_keep_is_written_before_the_verdict_leaves(
    tmp_path: Path,
) -> None:
    with a_gathering_log(tmp_path) as (log, later):
        log.decisions._waiting._spill._base = tmp_path / "keys.json" / "no folder"
        log.decisions(decided("a"))
        assert (log.ids(), log.decisions.queued, later.due) == (["a"], 0, [])


def test_gathered_calls_wait_in_order_while_the_log_is_locked(tmp_path: Path) -> None:
    with a_gathering_log(tmp_path) as (log, later):
        other = sqlite3.connect(log.path, isolation_level=None)
        log.decisions(decided("a"))
        other.execute("BEGIN EXCLUSIVE")
        log.decisions(decided("b"))
        later.come()
        assert (log.decisions.queued, log.decisions.not_durable, later.due) == (2, 0, [])
        log.decisions(decided("c"))
        other.execute("ROLLBACK")
        other.close()
        log.settle(1)
        log.decisions(decided("d"))
        later.come()
        assert log.ids() == ["a", "b", "c", "d"]


def test_gathered_calls_of_a_caller_can_be_forgotten(tmp_path: Path) -> None:
    with a_gathering_log(tmp_path) as (log, later):
        log.decisions(decided("mine", "+16515550177"))
        log.decisions(decided("other"))
        key = pseudonym("number", "+16515550177", load_keys(log.keys))
        assert log.decisions.forget(key) == 1
        later.come()
        assert log.ids() == ["other"]


def test_a_closing_log_writes_what_was_gathered(tmp_path: Path) -> None:
    with a_gathering_log(tmp_path) as (log, later):
        log.decisions(decided("last"))
    later.come()  # the loop may still call what it was asked to
    assert log.ids() == ["last"]
    assert list(tmp_path.glob("state/*.waiting-*")) == []
