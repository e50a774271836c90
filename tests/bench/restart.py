"""From a start to the first verdict with a long history, and what keeping the memory costs.

A log of 1,000,000 rows (`log_queries`), its newest 5,000 calls since the snapshot, and tables of
the default size, all full. A real agent is started on them, ended in an orderly way, killed, and
robbed of its snapshot; its verdicts are asked for over FastAGI. Restoring and snapshots alone are
measured in a fresh process, and how late calls are decided while a snapshot is taken.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from math import inf
from multiprocessing import get_context
from pathlib import Path

import uvloop

from screener.core.call import Facts, read_call
from screener.core.engine import Engine
from screener.core.memory import CallNote, Memory
from screener.core.reputation import Standing
from screener.core.settings import Mode, Settings
from screener.steady_clock import SteadyClock
from screener.storage.keys import Keys, load_or_make_keys
from screener.storage.log_file import open_log
from screener.storage.log_rows import RowMaker, insert
from screener.storage.new_memory import new_memory
from screener.storage.site_files import LOG_FILE, STATE_FILE
from screener.storage.state_file import Snapshot, write_state
from screener.storage.state_keeper import StateKeeper
from screener.storage.state_restore import Restored, Sources, restore
from tests.bench import log_queries
from tests.bench.agents import OurAgent
from tests.bench.as_agent import agent_memory
from tests.bench.callers import known, spoofed
from tests.bench.figures import Scale, quantile, show
from tests.builders import DAY, NOW
from tests.unit.agents import ended
from tests.unit.fastagi_client import screened

ROWS, QUICK_ROWS = 1_000_000, 30_000
SINCE, QUICK_SINCE = 5_000, 500
RATE = 200.0
SETTINGS = Settings(mode=Mode.ENFORCE)
_SWITCH_S = 0.0005


def run(scale: Scale) -> None:
    """Measure and print."""
    measure(scale.of(ROWS, QUICK_ROWS), scale.of(SINCE, QUICK_SINCE), scale)


def measure(rows: int, since: int, scale: Scale) -> None:
    """Fill a log, then measure restoring from it inside and starts of a real agent."""
    with tempfile.TemporaryDirectory(prefix="screener-bench-") as name:
        agent = OurAgent(Path(name) / "agent")
        folder = Path(name) / "agent" / "state"
        folder.mkdir(mode=0o700)
        sources = Sources(folder / STATE_FILE, folder / LOG_FILE, folder / "keys.json")
        keys, now = load_or_make_keys(sources.keys), SteadyClock()()
        _fill_log(folder / LOG_FILE, keys, rows, since, now)
        _save(sources, keys, scale, now - since / RATE)
        with _fresh_process() as child:
            child.submit(_warm).result()
            restored = {"with a snapshot": child.submit(_restored, sources, now).result()}
        size = sources.state.stat().st_size
        _starts(agent, sources)
        with _fresh_process() as child:
            found = child.submit(_restored, replace(sources, state=folder / "none"), now).result()
            restored["from the log alone"] = found
        with _fresh_process() as child:
            rows_of_snapshots = child.submit(_snapshots, sources, scale).result()
    _print_restored(restored, rows)
    show(
        f"restart: snapshots of full tables ({size / 1e6:.1f} MB), calls at {RATE:.0f}/s beside",
        ("while", "calls", "late p50 ms", "p99 ms", "p99.9 ms", "max ms", "CPU s a snapshot"),
        rows_of_snapshots,
    )


def _fill_log(path: Path, keys: Keys, rows: int, since: int, now: float) -> None:
    log_queries.fill(path, rows - since)
    engine, maker = Engine(SETTINGS, new_memory(SETTINGS)), RowMaker(keys)
    with closing(open_log(path)) as log:
        log.execute("PRAGMA synchronous = OFF")
        log.execute("UPDATE calls SET at = at - ?", (NOW - now + since / RATE + 1.0,))
        newest = log.execute("SELECT ifnull(max(seq), 0) FROM calls").fetchone()[0]
        log.execute("BEGIN")
        for place in range(since):
            call, load = read_call(
                Facts(number=spoofed(place), did="6515392200", trunk="trunk-a"),
                engine.plan,
                call_id=f"{place:016x}",
                now=now - (since - place) / RATE,
            )
            row = maker.of_decision(engine.decide(call, load))
            log.execute(insert(), (newest + 1 + place, *row.values))
        log.execute("COMMIT")
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _save(sources: Sources, keys: Keys, scale: Scale, now: float) -> None:
    memory = full_memory(scale, now)
    snapshot = Snapshot(
        now,
        now,
        now,
        memory.counters.entries(protected=False),
        memory.callers.entries(protected=True),
        memory.callers.entries(protected=False),
        memory.calls.entries(protected=False),
    )
    write_state(sources.state, keys, snapshot)


def full_memory(scale: Scale, now: float) -> Memory:
    """Return tables of the default size, filled in the order in which calls would fill them."""
    memory, sizes = agent_memory(SETTINGS), SETTINGS.tables
    many = scale.of(sizes.counters, 2_000)
    for place in range(many):
        at = now - DAY * 0.08 * (1.0 - place / many)
        tats = (at + 150.0, at + 7_200.0, at + 30.0)
        memory.counters.put(f"number||4/600,12/86400,20/600\x1f{spoofed(place)}", tats)
    many = scale.of(sizes.callers, 1_000)
    for place in range(many):
        at = now - 30 * DAY * (1.0 - place / many)
        first = at - 40 * DAY
        memory.callers.put(known(place), Standing(at, 3.0, 0.0, first, at, trunk="trunk-a"))
        memory.callers.protect(known(place))
        memory.callers.put(spoofed(place), Standing(at, 1.0, 0.0, at, at, trunk="trunk-a"))
    for place in range(scale.of(sizes.calls, 500)):
        memory.calls.put(f"{place:016x}"[::-1], CallNote(spoofed(place), "trunk-a"))
    return memory


@contextmanager
def _fresh_process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        yield child


def _warm() -> None:
    """Do nothing, in a process that has imported what it needs by then."""


def _restored(sources: Sources, now: float) -> Restored:
    memory = agent_memory(SETTINGS)
    return restore(Engine(SETTINGS, memory), memory, sources, now)


def _print_restored(restored: dict[str, Restored], rows: int) -> None:
    columns = ("restored", "seconds", "counters", "callers", "calls", "outcomes", "left out")
    shown = [
        (name, one.seconds, one.counters, one.callers, one.calls, one.outcomes, one.why or "-")
        for name, one in restored.items()
    ]
    show(f"restart: restoring inside, {rows:,} rows of history", columns, shown)


def _starts(agent: OurAgent, sources: Sources) -> None:
    rows = []
    for name in ("with a snapshot", "after an orderly end", "after kill -9", "without a snapshot"):
        if name == "without a snapshot":
            sources.state.unlink(missing_ok=True)
        began = time.perf_counter()
        agent.start()
        ready_s = time.perf_counter() - began
        screened(agent.port, known(1))
        rows.append((name, ready_s, time.perf_counter() - began, _told(agent)))
        if name == "after an orderly end":
            os.kill(agent.pid, signal.SIGKILL)
            ended(agent)
        else:
            agent.stop()
    columns = ("a real agent's start", "ready, s", "first verdict, s", "it said")
    show("restart: from the start of the process", columns, rows)


def _told(agent: OurAgent) -> str:
    lines = [line for line in agent.log.read_text().splitlines() if "STATE-RESTORED" in line]
    return lines[-1].split("STATE-RESTORED ", 1)[1] if lines else "nothing restored"


def _snapshots(sources: Sources, scale: Scale) -> list[tuple[object, ...]]:
    sys.setswitchinterval(_SWITCH_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_beside_calls(sources, scale))


async def _beside_calls(sources: Sources, scale: Scale) -> list[tuple[object, ...]]:
    clock = SteadyClock()
    memory = full_memory(scale, clock())
    engine = Engine(SETTINGS, memory)
    keeper = StateKeeper(sources.state, sources.keys, memory, clock)
    rows: list[tuple[object, ...]] = []
    for name, snapshots in (("no snapshot", 0), ("snapshots", scale.of(3, 1))) * 2:
        cpu = time.process_time()
        late_ms = await _calls(engine, clock, keeper, snapshots, scale.of(10, 1))
        spent = time.process_time() - cpu
        shares = [quantile(late_ms, share) for share in (0.5, 0.99, 0.999)]
        rows.append(
            (name, len(late_ms), *shares, max(late_ms), spent / snapshots if snapshots else 0.0)
        )
    return rows


async def _calls(
    engine: Engine, clock: SteadyClock, keeper: StateKeeper, snapshots: int, seconds: float
) -> list[float]:
    async def save() -> None:
        for _ in range(snapshots):
            await keeper.save()

    saving = asyncio.get_running_loop().create_task(save())
    late_ms: list[float] = []
    due, until = clock(), (inf if snapshots else clock() + seconds)
    while due < until and not (snapshots and saving.done()):
        await asyncio.sleep(max(due - clock(), 0.0))
        facts = Facts(number=spoofed(len(late_ms) * 7), did="6515392200", trunk="trunk-a")
        call, load = read_call(facts, engine.plan, call_id=f"{len(late_ms):x}", now=clock())
        engine.decide(call, load)
        late_ms.append((clock() - due) * 1e3)
        due += 1.0 / RATE
    await saving
    return late_ms


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.restart", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    asked = parser.parse_args(words)
    measure(asked.rows, min(SINCE, asked.rows // 2), Scale(quick=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
