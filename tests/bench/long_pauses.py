"""The longest stops of an agent's process while its tables fill up and go on full, with causes.

One fresh process, warmed up and with the garbage collector set as in the agent, on uvloop, with a
keeper that takes a snapshot now and then, which its thread writes. The whole service decides
one call after the other; between calls the loop gets its turn, which is where a snapshot is
copied. What takes a millisecond and more is kept with its clocks (`stops`). The decision log is
left out: `log-writes` measures it.
"""

import asyncio
import gc
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count, pairwise
from multiprocessing import get_context
from pathlib import Path

import uvloop

from screener.core.call import Facts
from screener.core.outcome import Event, Outcome
from screener.service.collector import Steps
from screener.storage.keys import load_or_make_keys
from screener.storage.state_keeper import StateKeeper
from tests.bench.agent_inside import TRUNK, Inside, inside
from tests.bench.as_agent import behave_as_agent, warm_up
from tests.bench.callers import known, spoofed
from tests.bench.figures import Scale, quantile, show
from tests.bench.report import REPORT
from tests.bench.stops import EDGES_MS, OURS, Cause, Stop, histogram, longest

CALLS, CALLS_LIMIT_S = 2_000_000, 240.0
FILLING, FILLING_LIMIT_S = 400_000, 90.0
"""Calls until the tables are full, from empty ones; each phase ends with its time at the latest."""

SNAPSHOT_EVERY = 50_000
"""Calls: some minutes at 200 a second. The agent's own 5,000 would never end at this speed."""

TICK_CALLS = 400
"""Calls between two ticks of the agent, of which it has ten a second when it has much to do."""

STEP_S = 0.005
"""Virtual seconds between calls: 200 a second."""

KNOWN_EVERY, SERVED_EVERY = 8, 20
KNOWN = 100_000
BOUND_MS = 5.0
LARGE = 256 * 1_024
"""Bytes: to make a smaller container anew takes less than the least stop that is looked at."""

_COLLECTED = ("garbage collections", "count", "most objects met", "longest ms")
_MOST_SHARDS = 4_096
_SAMPLE = 100_000

_SERVED = Outcome(Event.ANSWERED, 30.0)


@dataclass(slots=True)
class Phase:
    """What one part of the run found; `calls_us` is what its first calls took."""

    name: str
    calls: int
    limit_s: float
    stops: list[Stop] = field(default_factory=list)
    calls_us: "array[float]" = field(default_factory=lambda: array("d"))
    """No list: a full collection of garbage would look at each, for some milliseconds."""
    collections: list["_Collection"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Collection:
    """One garbage collection: its generation, the objects that it met, milliseconds."""

    generation: int
    met: int
    ms: float


@dataclass(slots=True)
class _Clocks:
    """The clocks at one moment, nanoseconds; collections are summed as they end."""

    collecting: int = 0
    collections: list[_Collection] = field(default_factory=list)
    _began: int = 0
    _met: int = 0
    _wall: int = 0
    _own: int = 0
    _whole: int = 0
    _collected: int = 0

    def noted(self, phase: str, info: dict[str, int]) -> None:
        """Take one call of `gc.callbacks`."""
        generation = info["generation"]
        if phase == "start":
            self._met = sum(len(gc.get_objects(each)) for each in range(generation + 1))
            self._began = time.thread_time_ns()
        else:
            took = time.thread_time_ns() - self._began
            self.collecting += took
            self.collections.append(_Collection(generation, self._met, took / 1e6))

    def set(self) -> None:
        """Begin a stretch."""
        self._own, self._whole = time.thread_time_ns(), time.process_time_ns()
        self._collected, self._wall = self.collecting, time.perf_counter_ns()

    def read(self, *, copying: bool) -> Stop:
        """Return the stretch since `set`."""
        wall = time.perf_counter_ns() - self._wall
        own = time.thread_time_ns() - self._own
        others = time.process_time_ns() - self._whole - own
        collecting = self.collecting - self._collected
        return Stop(wall / 1e6, own / 1e6, others / 1e6, collecting / 1e6, copying=copying)


def run(scale: Scale) -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory(prefix="screener-bench-") as folder,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child,
    ):
        _print(child.submit(measure, Path(folder), scale).result())


def measure(folder: Path, scale: Scale) -> list[Phase]:
    """Play both phases in this process."""
    behave_as_agent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(folder, scale))


async def _measure(folder: Path, scale: Scale) -> list[Phase]:
    load_or_make_keys(folder / "keys.json")
    agent, numbers = inside(), count()
    memory, clock = agent.memory, agent.clock
    keeper = StateKeeper(folder / "state", folder / "keys.json", memory, clock)
    warm_up(agent.service.engine, clock())
    clocks = _Clocks()
    gc.callbacks.append(clocks.noted)
    phases = [
        Phase("empty tables fill up", scale.of(FILLING, 5_000), FILLING_LIMIT_S),
        Phase("going on", scale.of(CALLS, 5_000), CALLS_LIMIT_S),
    ]
    for phase in phases:
        clocks.collections = phase.collections
        await _play(agent, phase, clocks, numbers, keeper)
    gc.callbacks.remove(clocks.noted)
    return phases


async def _play(
    agent: Inside, phase: Phase, clocks: _Clocks, numbers: Iterator[int], keeper: StateKeeper
) -> None:
    """Decide the phase's calls; after some of them the loop has its turn."""
    sizes, until, steps = _Sizes(agent), time.monotonic() + phase.limit_s, Steps()
    saving: asyncio.Task[bool] | None = None
    for place in range(phase.calls):
        index = next(numbers)
        number = known(index % KNOWN) if index % KNOWN_EVERY == 0 else spoofed(index)
        clocks.set()
        _screen(agent, number, served=index % SERVED_EVERY == 0)
        _look(clocks.read(copying=False), phase, sizes)
        if place % 4 == 0:
            clocks.set()
            await asyncio.sleep(0)
            if place % TICK_CALLS == 0:
                steps.take()
            _look(clocks.read(copying=True), phase, sizes)
        if place % 1_000 == 0:
            sizes.note()
            if time.monotonic() >= until:
                phase.calls = place
                break
        if place % SNAPSHOT_EVERY == 0 and (saving is None or saving.done()):
            saving = asyncio.get_running_loop().create_task(keeper.save())
    if saving is not None:
        await saving


def _look(stop: Stop, phase: Phase, sizes: "_Sizes") -> None:
    if stop.wall >= EDGES_MS[0]:
        phase.stops.append(sizes.looked_at(stop))
    if not stop.copying and len(phase.calls_us) < _SAMPLE:
        phase.calls_us.append(stop.wall * 1e3)


def _screen(agent: Inside, number: str, *, served: bool) -> None:
    agent.clock.now += STEP_S
    facts = Facts(number=number, did="6515392200", trunk=TRUNK, source="127.0.0.1")
    answer = agent.service.screen(facts)
    if served:
        agent.service.report(answer["SCREENER_ID"], _SERVED)


class _Sizes:
    """The sizes of the tables' containers: where a large one changed in a stop, a table grew."""

    def __init__(self, agent: Inside) -> None:
        memory = agent.memory
        self._tables = (memory.counters, memory.callers, memory.calls, memory.busied)
        self.note()

    def note(self) -> None:
        """Take the containers and their sizes as they are."""
        found: dict[int, object] = {}
        for table in self._tables:
            _containers(table, found, depth=4)
        self._containers = list(found.values())
        self._seen = [sys.getsizeof(each) for each in self._containers]

    def looked_at(self, stop: Stop) -> Stop:
        """Return the stop, marked where a container has another size than when last noted."""
        if stop.cause is not Cause.WORK:
            return stop
        now = [sys.getsizeof(each) for each in self._containers]
        pairs = zip(now, self._seen, strict=True)
        grown = any(size != before and size > LARGE for size, before in pairs)
        self._seen = now
        return Stop(stop.wall, stop.own, stop.others, stop.collecting, grown=grown)


def _containers(thing: object, found: dict[int, object], depth: int) -> None:
    """Add every container that a table is made of, whatever it is made of."""
    if id(thing) in found or depth < 0:
        return
    found[id(thing)] = thing
    parts: list[object] = list(getattr(thing, "__dict__", {}).values())
    names = [slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ())]
    parts += [getattr(thing, name, None) for name in names if isinstance(name, str)]
    if isinstance(thing, list | tuple) and len(thing) <= _MOST_SHARDS:
        parts += thing
    for part in parts:
        if not isinstance(part, str | bytes | int | float | type | None):
            _containers(part, found, depth - 1)


def _collected(phase: Phase) -> list[tuple[str, int, int, float]]:
    """Return for each generation how often it was collected, what that met and how long it took."""
    rows = []
    for generation in range(3):
        found = [each for each in phase.collections if each.generation == generation]
        met = max((each.met for each in found), default=0)
        ms = max((each.ms for each in found), default=0.0)
        rows.append((f"generation {generation}", len(found), met, ms))
    return rows


def _print(phases: list[Phase]) -> None:
    bounds = [f"{low:g}-{high:g}" for low, high in pairwise(EDGES_MS)]
    columns = ("stops by cause, ms", *bounds, f"from {EDGES_MS[-1]:g}", "longest")
    for phase in phases:
        counts, most = histogram(phase.stops), longest(phase.stops)
        rows = [(cause.value, *counts[cause], most.get(cause, 0.0)) for cause in Cause]
        shares = [quantile(phase.calls_us, share) for share in (0.5, 0.99, 0.999)]
        show(f"pauses: {phase.name}, {phase.calls:,} calls", columns, rows)
        show("pauses: its garbage collections", _COLLECTED, _collected(phase))
        print("  a call: p50 {:.0f} us, p99 {:.0f} us, p99.9 {:.0f} us".format(*shares), flush=True)
        ours = max((most[cause] for cause in most if cause in OURS), default=0.0)
        REPORT.at_most(f"pauses: longest stop of ours, {phase.name}", ours, BOUND_MS, "ms")
