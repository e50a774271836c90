"""An agent's memory put back at its start: the snapshot, then what the log holds since then.

Never raises and takes a bounded time: what there is no time for is left out, oldest first, and
said. A snapshot from the future (the machine's clock was set back) is moved to the present as it
is, so that nobody is refused for longer than before. Taking snapshots is `state_keeper`'s.
"""

import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.reputation import Standing
from screener.errors import ScreenerError
from screener.storage.imported_tail import learn_imported
from screener.storage.keys import Keys, load_keys
from screener.storage.log_file import connect, words_for
from screener.storage.recorded_rows import ReadTally, RowReader
from screener.storage.state_file import Snapshot, read_state
from screener.storage.table_fill import fill
from screener.storage.tail_replay import Deadlines, Known, TailReplay

log = logging.getLogger("screener.state")

LIMIT_S = 1.7
"""Seconds that a start has in all; of these the log gets what the snapshot leaves."""
LEAST_S = 0.3
"""Seconds that the log gets after a snapshot that took longer than expected."""
LAPSING_S = 600.0
"""From this age on a snapshot is looked through for counters that have lapsed since."""
STEP_S = 5.0
"""A snapshot that far ahead of the present was taken by a clock that was since set back."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the memory is read from; `log` is None for an agent that keeps none."""

    state: Path
    log: Path | None
    keys: Path


@dataclass(slots=True)
class Restored:
    """What a start found; `age_s` is the snapshot's age in seconds, None where there was none.

    `calls` and `outcomes` came from the log, `skipped` of them could not be used;
    `imported` are outcomes of calls that were brought in. `partial` says
    that something was left out, `why` what kept it from being more.
    """

    age_s: float | None = None
    counters: int = 0
    callers: int = 0
    open_calls: int = 0
    calls: int = 0
    outcomes: int = 0
    imported: int = 0
    skipped: int = 0
    seconds: float = 0.0
    partial: bool = False
    why: str = ""

    def missed(self, why: str) -> None:
        """Note that something was left out."""
        self.partial = True
        self.why = f"{self.why}; {why}" if self.why else why


def restore(
    engine: Engine,
    memory: Memory,
    sources: Sources,
    now: float,
    *,
    timer: Callable[[], float] = time.monotonic,
    limit_s: float = LIMIT_S,
) -> Restored:
    """Put back the memory of an engine that has decided nothing yet, at `now`; never raises.

    Everything happens in the calling thread, which must be the one that decides calls.
    """
    done, began = Restored(), timer()
    try:
        keys = load_keys(sources.keys)
    except (OSError, ScreenerError):
        return done  # a first start; or keys that whoever writes with them will complain of
    with _no_collections():
        known = _from_snapshot(memory, keys, sources.state, now, done)
        left = max(limit_s - (timer() - began), LEAST_S)
        try:
            if sources.log is not None and sources.log.exists():
                done.imported = _learn_imported(engine, memory, sources.log, keys, known)
                replay = TailReplay(engine, known, now + STEP_S)
                _take_over(done, replay, sources.log, keys, Deadlines(timer, left))
        except Exception as error:  # noqa: BLE001 - whatever it is, an agent must start
            done.missed(f"the log could not be read ({words_for(error)})")
    done.counters, done.callers = len(memory.counters), len(memory.callers)
    done.open_calls = len(memory.calls)
    done.seconds = timer() - began
    _tell(done)
    return done


def _take_over(
    done: Restored, replay: TailReplay, path: Path, keys: Keys, deadlines: Deadlines
) -> None:
    found = replay.run(path, keys, deadlines)
    done.calls, done.outcomes, done.skipped = found.calls, found.outcomes, found.skipped
    if found.missed:
        done.missed(found.missed)


def _learn_imported(engine: Engine, memory: Memory, path: Path, keys: Keys, known: Known) -> int:
    with closing(connect(path)) as connection:
        rows = RowReader(keys, engine.plan, ReadTally())
        return learn_imported(engine, memory, connection, rows, known.callers)


def _tell(done: Restored) -> None:
    if not (done.counters or done.callers or done.open_calls or done.outcomes or done.partial):
        return  # a first start: there is nothing to say
    log.log(
        logging.WARNING if done.partial else logging.INFO,
        "STATE-RESTORED snapshot_age_s=%s counters=%d callers=%d open_calls=%d calls=%d "
        "outcomes=%d imported=%d skipped=%d seconds=%.2f partial=%s why=%s",
        "none" if done.age_s is None else f"{done.age_s:.1f}",
        done.counters,
        done.callers,
        done.open_calls,
        done.calls,
        done.outcomes,
        done.imported,
        done.skipped,
        done.seconds,
        "yes" if done.partial else "no",
        done.why or "-",
    )


def _from_snapshot(memory: Memory, keys: Keys, path: Path, now: float, done: Restored) -> Known:
    """Fill the tables from the snapshot; return as of when they are known."""
    try:
        stored = read_state(path, keys)
        ahead = max(stored.counters_at, stored.callers_at, stored.calls_at) - now
        if ahead > STEP_S:
            _move(stored, -ahead)
        _fill(memory, stored, now)
    except FileNotFoundError:
        return Known()
    except Exception as error:  # noqa: BLE001 - whatever it is, an agent must start
        log.warning("STATE-IGNORED %s: %s", path, words_for(error))
        done.missed("the snapshot could not be read")
        return Known()
    if ahead > STEP_S:
        done.missed(f"the clock was set back by {ahead:.0f} s")
    done.age_s = max(now - stored.counters_at, 0.0)
    return Known(stored.counters_at, stored.callers_at)


def _fill(memory: Memory, stored: Snapshot, now: float) -> None:
    counting = stored.counters
    if now - stored.counters_at > LAPSING_S:
        # Of a counter that has lapsed a call finds the same as where there is none.
        counting = {key: tats for key, tats in counting.items() if max(tats, default=0.0) > now}
    memory.usual.become(stored.usual)
    memory.crowds.few.update(stored.crowds.few)
    memory.crowds.all = stored.crowds.all
    memory.crowds.customers = stored.crowds.customers
    fill(memory.crowds.prefixes, stored.crowds.prefixes, {})
    fill(memory.counters, counting, {})
    fill(memory.callers, stored.callers, stored.known)
    fill(memory.calls, stored.calls, {})


def _move(stored: Snapshot, by: float) -> None:
    """Move every moment of a snapshot by that many seconds."""
    stored.counters_at += by
    stored.callers_at += by
    stored.calls_at += by
    stored.usual.whole = False  # which quarter was under way is not known any more
    stored.usual.since = 0.0
    stored.crowds.move(by)
    stored.counters = {
        key: tuple(tat + by for tat in tats) for key, tats in stored.counters.items()
    }
    stored.known = {key: _moved(one, by) for key, one in stored.known.items()}
    stored.callers = {key: _moved(one, by) for key, one in stored.callers.items()}


def _moved(one: Standing, by: float) -> Standing:
    return replace(
        one,
        at=one.at + by,
        first_good=one.first_good + by if one.first_good else 0.0,
        last_good=one.last_good + by if one.last_good else 0.0,
        passed_at=one.passed_at + by if one.passed_at else 0.0,
        blocked_until=one.blocked_until + by if one.blocked_until else 0.0,
    )


@contextmanager
def _no_collections() -> Iterator[None]:
    """Make hundreds of thousands of entries without a look through them after every few."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
