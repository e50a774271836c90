"""How many calls a second the rules alone decide, beside what reading a number costs by itself.

The peer is a bare `phonenumbers` parse, validity check and E.164 text of the same numbers, in
the same process and interleaved. Tables are full before anything is timed.
"""

import time
from collections.abc import Callable
from itertools import count, cycle
from statistics import median

import phonenumbers

from screener.core.call import Facts, Load, read_call
from screener.core.engine import Engine
from screener.core.settings import Mode, Settings
from screener.service.history import take_history
from tests.bench.agent_inside import fill_counters
from tests.bench.as_agent import agent_memory
from tests.bench.callers import known, spoofed
from tests.bench.figures import Scale, median_quantile, show
from tests.bench.report import REPORT
from tests.builders import DAY, NOW

KNOWN_CALLERS = 2_000
"""Few enough that their numbers stay in the cache of read numbers."""

CALLS_PER_S = 20.0
ROUNDS = 5
NEW_NUMBER = "decision, new number"


def run(scale: Scale) -> None:
    """Measure and print."""
    memory = agent_memory(Settings())
    engine = Engine(Settings(mode=Mode.ENFORCE), memory)
    fill_counters(memory, NOW)
    callers = [known(index) for index in range(KNOWN_CALLERS)]
    take_history(engine, _history(callers))
    strangers = (spoofed(index) for index in count())
    clock = (NOW + index / CALLS_PER_S for index in count())

    def decide(number: str) -> None:
        now = next(clock)
        facts = Facts(number=number, did="6515392200", trunk="trunk", source="127.0.0.1")
        call, _ = read_call(facts, engine.plan, call_id=str(now), now=now)
        engine.decide(call, Load())

    familiar = cycle(callers)
    for _ in range(scale.of(20_000, 1_000)):
        decide(next(strangers))
    for number in callers:
        decide(number)
    cases: dict[str, Callable[[], None]] = {
        "bare phonenumbers, new number": lambda: _read_bare(next(strangers)),
        NEW_NUMBER: lambda: decide(next(strangers)),
        "decision, known caller": lambda: decide(next(familiar)),
    }
    rounds: dict[str, list[list[float]]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, once in cases.items():
            rounds[name].append(_times_us(once, scale.of(8_000, 300)))
    _print(rounds)


def _read_bare(number: str) -> None:
    parsed = phonenumbers.parse(number, "US")
    phonenumbers.is_valid_number(parsed)
    phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _times_us(once: Callable[[], None], calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        started = time.perf_counter_ns()
        once()
        times.append((time.perf_counter_ns() - started) / 1e3)
    return times


def _print(rounds: dict[str, list[list[float]]]) -> None:
    means = {
        name: median(sum(times) / len(times) for times in found) for name, found in rounds.items()
    }
    peer = next(iter(means.values()))
    rows = [
        (
            name,
            round(1e6 / means[name]),
            means[name],
            median_quantile(found, 0.5),
            median_quantile(found, 0.99),
            f"{means[name] / peer:.2f} x",
        )
        for name, found in rounds.items()
    ]
    columns = ("core, one thread, full tables", "per s", "mean us", "p50 us", "p99 us", "to peer")
    show(f"core: medians of {ROUNDS} interleaved rounds", columns, rows)
    new = rounds[NEW_NUMBER]
    REPORT.at_least(
        "core: decisions, a new number every call", 1e6 / means[NEW_NUMBER], 50_000, "/s"
    )
    REPORT.at_most("core: the same, p50", median_quantile(new, 0.5), 20.0, "us")
    REPORT.at_most("core: the same, p99", median_quantile(new, 0.99), 100.0, "us")


def _history(callers: list[str]) -> list[dict[str, object]]:
    return [
        {"caller": caller, "at": NOW - days * DAY, "outcome": "answered", "talk_s": 90}
        for days in (9, 3)
        for caller in callers
    ]
