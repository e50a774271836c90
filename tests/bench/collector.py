"""Whether the garbage collector holds up calls when the tables are full, by its settings.

One fresh process: tables are filled to their bounds, then the same flood goes on under each
setting in turn, and a full collection is forced at its end to see how long one takes. `frozen`
is `gc.freeze()` after filling, which a running agent could only do from time to time; a higher
third threshold delays full collections only. How often one comes by itself, `memory` tells.
"""

import gc
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context

from screener.core.outcome import Event, Outcome
from tests.bench.agent_inside import Inside, fill_counters, inside
from tests.bench.callers import known, spoofed
from tests.bench.figures import Scale, quantile, show
from tests.bench.pauses import Pauses

STEP_S = 0.005
SERVED = Outcome(Event.ANSWERED, 30.0)
DEFAULT = (700, 10, 10)
SETTINGS: dict[str, tuple[int, int, int]] = {
    "default 700, 10, 10": DEFAULT,
    "700, 10, 100": (700, 10, 100),
    "5000, 20, 100": (5_000, 20, 100),
    "default, frozen": DEFAULT,
}

Row = tuple[str, int, float, float, float, float, float]


def run(scale: Scale) -> None:
    """Measure and print."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        rows = child.submit(measure, scale).result()
    columns = (
        "thresholds",
        "full ones",
        "a forced one, ms",
        "young, longest ms",
        "young, sum ms",
        "calls p50 us",
        "p99.9 us",
    )
    show("collector: full tables, pauses by garbage collections", columns, rows)


def measure(scale: Scale) -> list[Row]:
    """Fill a fresh service in this process and go on under each setting."""
    agent, numbers = inside(), count()
    calls = scale.of(20_000, 1_000)
    _fill(agent, numbers, scale)
    rows = []
    for name, thresholds in SETTINGS.items():
        gc.unfreeze()
        gc.collect()
        gc.set_threshold(*thresholds)
        if "frozen" in name:
            gc.freeze()
        with Pauses() as pauses:
            times = [_call_us(agent, next(numbers)) for _ in range(calls)]
        started = time.perf_counter_ns()
        gc.collect()
        forced = (time.perf_counter_ns() - started) / 1e6
        young = [*pauses.ms[0], *pauses.ms[1]]
        rows.append(
            (
                name,
                len(pauses.ms[2]),
                forced,
                max(young, default=0.0),
                sum(young),
                quantile(times, 0.5),
                quantile(times, 0.999),
            )
        )
    return rows


def _fill(agent: Inside, numbers: "count[int]", scale: Scale) -> None:
    engine, now = agent.service.engine, agent.clock.now
    for index in range(scale.of(100_000, 500)):
        for at in (now - 9e5, now - 2e5):
            engine.learn(known(index), SERVED, at=at, trunk="trunk-a")
        engine.learn(spoofed(-index), SERVED, at=now, trunk="trunk-a")
    fill_counters(agent.memory, now)
    for _ in range(scale.of(21_000, 500)):
        _call_us(agent, next(numbers))


def _call_us(agent: Inside, index: int) -> float:
    started = time.perf_counter_ns()
    agent.screen(spoofed(index), STEP_S)
    return (time.perf_counter_ns() - started) / 1e3
