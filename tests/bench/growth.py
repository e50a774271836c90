"""How a decision's cost grows with the callers that are known: 10^3 to 10^7 of them.

A process for each size, all alive at once: its table of callers is sized for so many known ones
and filled by its own interface, the counters are of the default size and full. Then rounds of
calls go through the processes in turns: known callers picked at random, none twice in a round,
and numbers never seen. A day passes between rounds, so that no counter remembers the last one,
and numbers are read anew, as at the larger sizes they would be.
"""

import asyncio
import gc
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import uvloop

from screener.core.call import Facts, Load, read_call
from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.number import NumberPlan
from screener.core.reputation import Standing
from screener.core.settings import Mode, Settings
from screener.storage.keys import load_or_make_keys
from screener.storage.state_keeper import StateKeeper
from screener.storage.state_restore import Sources, restore
from tests.bench.agent_inside import TRUNK, fill_counters
from tests.bench.as_agent import agent_memory, behave_as_agent, keep_what_is
from tests.bench.callers import known, spoofed
from tests.bench.figures import Scale, median_quantile, resident_mb, show
from tests.bench.progress import step
from tests.bench.report import REPORT
from tests.builders import DAY, NOW

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
QUICK_SIZES = SIZES[:3]
ROUNDS = 10
KNOWN_CALLS, NEW_CALLS = 1_000, 2_000
"""In a round."""

CALLS_PER_S = 20.0
SNAPSHOT_OF = 1_000_000
"""The largest table of which a snapshot is taken: one of 10^7 takes minutes, in its own time."""

BYTES_PER_KNOWN = 1_000
"""So much must be free for each; a size for which there is no memory is left out, and said."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Some calls of one kind: the microseconds of each, and the CPU that one took on average."""

    us: list[float]
    cpu_us: float


Round = tuple[Calls, Calls]
"""Calls of known callers, and of new ones."""


@dataclass(slots=True)
class _Size:
    """One process's own: an engine with its tables, and where its calls stand."""

    engine: Engine
    memory: Memory
    known: int
    strangers: Iterator[int]
    now: float = NOW

    def decide(self, plan: NumberPlan, number: str) -> float:
        """Decide one call; return the microseconds it took."""
        self.now += 1.0 / CALLS_PER_S
        facts = Facts(number=number, did="6515392200", trunk=TRUNK, source="127.0.0.1")
        started = time.perf_counter_ns()
        call, _ = read_call(facts, plan, call_id=f"{self.now:016.3f}", now=self.now)
        self.engine.decide(call, Load())
        return (time.perf_counter_ns() - started) / 1e3


@dataclass(frozen=True, slots=True)
class _Filled:
    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class _Kept:
    save_s: float
    megabytes: float


_here: list[_Size] = []
"""What stands in this process, once `fill` has been asked of it."""


def run(scale: Scale) -> None:
    """Measure and print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        processes: dict[int, ProcessPoolExecutor] = {}
        filled: dict[int, _Filled] = {}
        for size in QUICK_SIZES if scale.quick else SIZES:
            if free_bytes() < size * BYTES_PER_KNOWN:
                print(f"  {size:,} known are left out: not enough memory is free", flush=True)
                continue
            step(f"filling the table of {size:,}")
            process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            processes[size] = stack.enter_context(process)
            filled[size] = process.submit(fill, size).result()
        rounds = _play(processes, scale)
        _print(filled, rounds)
        _keep(processes, folder)


def _play(processes: dict[int, ProcessPoolExecutor], scale: Scale) -> dict[int, list[Round]]:
    rounds: dict[int, list[Round]] = {size: [] for size in processes}
    for turn in range(-1, scale.of(ROUNDS, 2)):
        step(f"round {turn + 1} of {ROUNDS}")
        for size, process in processes.items():
            found = process.submit(play, turn).result()
            if turn >= 0:  # the one before is to warm up
                rounds[size].append(found)
    return rounds


def fill(size: int) -> _Filled:
    """Make a memory with so many known callers in this process."""
    sizes = replace(Settings().tables, known=size)
    settings = Settings(mode=Mode.ENFORCE, tables=sizes)
    behave_as_agent()
    memory = agent_memory(settings)
    fill_counters(memory, NOW)
    before, started = resident_mb(), time.perf_counter()
    gc.disable()
    callers = memory.callers
    for index in range(size):
        number, at = known(index), NOW - 30 * DAY * (1.0 - index / size)
        callers.put(number, Standing(at, 3.0, 0.0, at - 40 * DAY, at, trunk=TRUNK))
        callers.protect(number)
    gc.enable()
    keep_what_is()
    _here.append(_Size(Engine(settings, memory), memory, size, count()))
    return _Filled(time.perf_counter() - started, resident_mb() - before)


def play(turn: int) -> Round:
    """Play one round in this process; return what its calls took."""
    (here,) = _here
    here.now = NOW + (turn + 2) * DAY
    plan = NumberPlan(here.engine.settings.region, prefix_tail=here.engine.settings.prefix_tail)
    picks = random.Random(turn).sample(range(here.known), KNOWN_CALLS)  # noqa: S311 - no secret
    familiar = [known(index) for index in picks]
    strangers = [spoofed(next(here.strangers)) for _ in range(NEW_CALLS)]
    gc.collect(0)
    return _played(here, plan, familiar), _played(here, plan, strangers)


def _played(here: _Size, plan: NumberPlan, numbers: list[str]) -> Calls:
    started = time.thread_time()
    times = [here.decide(plan, number) for number in numbers]
    return Calls(times, (time.thread_time() - started) / len(numbers) * 1e6)


def save(folder: Path) -> _Kept:
    """Take a snapshot of this process's memory; return how long it took, and its size."""
    (here,) = _here
    load_or_make_keys(folder / "keys.json")
    state = folder / "state"
    keeper = StateKeeper(state, folder / "keys.json", here.memory, lambda: here.now)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        started = time.perf_counter()
        runner.run(keeper.save())
        return _Kept(time.perf_counter() - started, state.stat().st_size / 1e6)


def put_back(folder: Path, size: int) -> tuple[float, int]:
    """Restore a snapshot in this fresh process; return the seconds, and the callers there."""
    settings = Settings(mode=Mode.ENFORCE, tables=replace(Settings().tables, known=size))
    memory = agent_memory(settings)
    sources = Sources(folder / "state", None, folder / "keys.json")
    done = restore(Engine(settings, memory), memory, sources, NOW + ROUNDS * DAY)
    return done.seconds, done.callers


def free_bytes() -> int:
    """Return the memory that is free for a program."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1_024
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _print(filled: dict[int, _Filled], rounds: dict[int, list[Round]]) -> None:
    rows = []
    smallest, largest = min(rounds), max(rounds)
    ratios: dict[int, tuple[float, float]] = {}
    for size, found in rounds.items():
        ratios[size] = (_ratio(found, rounds[smallest], 0), _ratio(found, rounds[smallest], 1))
        cells: list[float] = []
        for kind in (0, 1):
            times = [one[kind].us for one in found]
            cells += [median(one[kind].cpu_us for one in found), median_quantile(times, 0.5)]
            cells += [median_quantile(times, 0.99), max(map(max, times)) / 1e3]
        megabytes = filled[size].megabytes
        rows.append(
            (
                f"{size:,}",
                *(*cells[:4], f"{ratios[size][0]:.2f} x", *cells[4:], f"{ratios[size][1]:.2f} x"),
                megabytes,
                round(megabytes * 1e6 / size),
                filled[size].seconds,
            )
        )
    one_kind = ("CPU us", "p50", "p99", "longest ms", "to 10^3")
    columns = ("known callers; calls of known, of new", *one_kind, *one_kind)
    title = f"growth: medians of {len(rounds[smallest])} rounds through all sizes in turn"
    show(title, (*columns, "memory MB", "bytes each", "filled s"), rows)
    for kind, who in enumerate(("known", "new")):
        name = f"growth: CPU of a call of {who} callers with {largest:,} known to {smallest:,}"
        REPORT.at_most(name, ratios[largest][kind], 1.5)


def _ratio(mine: list[Round], theirs: list[Round], kind: int) -> float:
    pairs = zip(mine, theirs, strict=True)
    return median(one[kind].cpu_us / other[kind].cpu_us for one, other in pairs)


def _keep(processes: dict[int, ProcessPoolExecutor], folder: Path) -> None:
    rows = []
    for size, process in processes.items():
        if not SNAPSHOT_OF // 10 <= size <= SNAPSHOT_OF:
            continue
        step(f"a snapshot of {size:,}")
        mine = folder / str(size)
        mine.mkdir()
        kept = process.submit(save, mine).result()
        seconds, callers = _in_fresh_process(put_back, mine, size)
        rows.append((f"{size:,}", kept.save_s, kept.megabytes, seconds, callers))
    columns = ("known callers", "snapshot s, rests included", "MB", "restored s", "callers")
    show("growth: snapshots, counters of the default size with them", columns, rows)


def _in_fresh_process(
    done: Callable[[Path, int], tuple[float, int]], folder: Path, size: int
) -> tuple[float, int]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(done, folder, size).result()
