"""Memory under a flood of spoofed numbers, and whether the known-good are still known after it.

A fresh process: its resident memory before, after, and after a tenth more; one spoofer in ten
is served by an operator once and passes no challenge, which must earn no protection. The flood
runs at 200 calls/s of virtual time, so the pressure is full. Then every known caller calls.
"""

import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, cast

from screener.core.outcome import Event, Outcome
from screener.core.reputation import Standing, is_known
from tests.bench.agent_inside import Inside, inside
from tests.bench.callers import known, spoofed
from tests.bench.figures import Scale, resident_mb, show
from tests.bench.pauses import Pauses

if TYPE_CHECKING:
    from screener.storage.memory import SegmentedTable

KNOWN_CALLERS = 20_000
STEP_S = 0.005
SERVED_EVERY = 10
SERVED = Outcome(Event.ANSWERED, 30.0)


@dataclass(frozen=True, slots=True)
class Found:
    """What one flood left behind; memory in MB, times in the units of their names."""

    empty_mb: float
    taught_mb: float
    flooded_mb: float
    again_mb: float
    us_per_call: float
    known_before: int
    known_after: int
    protected_spoofers: int
    of_known: Counter[str]
    of_spoofers: Counter[str]
    entries: tuple[int, int, int]
    pauses: dict[int, tuple[int, float, float, float]]


def run(scale: Scale) -> None:
    """Measure and print."""
    flood, callers = scale.of(1_000_000, 20_000), scale.of(KNOWN_CALLERS, 1_000)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        found = child.submit(measure, flood, callers).result()
    _print(found, flood, callers)


def measure(flood: int, callers: int) -> Found:
    """Flood a fresh service in this process."""
    agent = inside()
    agent.screen(spoofed(0), STEP_S)
    empty = resident_mb()
    agent.teach(callers)
    taught, before = resident_mb(), _still_known(agent, callers)
    started = time.perf_counter()
    with Pauses() as pauses:
        verdicts = _flood(agent, range(1, flood + 1))
    seconds = time.perf_counter() - started
    flooded = resident_mb()
    verdicts += _flood(agent, range(flood + 1, flood + flood // 10))
    again = resident_mb()
    after = _still_known(agent, callers)
    of_known = Counter(agent.screen(known(index), STEP_S)[1] for index in range(callers))
    served = range(SERVED_EVERY, flood, SERVED_EVERY)
    table = cast("SegmentedTable[Standing]", agent.memory.callers)
    return Found(
        empty,
        taught,
        flooded,
        again,
        us_per_call=seconds / flood * 1e6,
        known_before=before,
        known_after=after,
        protected_spoofers=sum(table.is_protected(spoofed(i)) for i in served),
        of_known=of_known,
        of_spoofers=verdicts,
        entries=(len(agent.memory.counters), len(agent.memory.callers), len(agent.memory.calls)),
        pauses={generation: pauses.row(generation) for generation in range(3)},
    )


def _flood(agent: Inside, indices: range) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    for index in indices:
        call_id, verdict = agent.screen(spoofed(index), STEP_S)
        verdicts[verdict] += 1
        if index % SERVED_EVERY == 0:
            agent.service.report(call_id, SERVED)
    return verdicts


def _still_known(agent: Inside, callers: int) -> int:
    settings, now = agent.service.engine.settings.reputation, agent.clock.now
    standings = (agent.memory.callers.get(known(index)) for index in range(callers))
    return sum(standing is not None and is_known(standing, settings, now) for standing in standings)


def _print(found: Found, flood: int, callers: int) -> None:
    counters, standings, calls = found.entries
    rows = [
        ("resident before, MB", found.empty_mb),
        (f"with {callers:,} known callers, MB", found.taught_mb),
        (f"after {flood:,} distinct spoofed numbers, MB", found.flooded_mb),
        ("growth by the flood, MB", found.flooded_mb - found.taught_mb),
        (f"after {flood // 10:,} more, MB", found.again_mb),
        ("entries: counters / callers / calls", f"{counters:,} / {standings:,} / {calls:,}"),
        ("whole service, mean us per call", found.us_per_call),
        ("known callers before / after", f"{found.known_before:,} / {found.known_after:,}"),
        ("still known, %", 100.0 * found.known_after / found.known_before),
        ("known callers' calls after it", _words(found.of_known)),
        ("spoofers' calls", _words(found.of_spoofers)),
        ("spoofers served once that got protected", found.protected_spoofers),
    ]
    show("memory: a fresh process, default tables", ("what", "figure"), rows)
    columns = ("garbage collections", "count", "p50 ms", "longest ms", "sum ms")
    show(
        "memory: pauses in it",
        columns,
        [(f"generation {gen}", *row) for gen, row in found.pauses.items()],
    )


def _words(verdicts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in verdicts.most_common())
