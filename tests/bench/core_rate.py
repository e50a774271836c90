"""How many calls a second the rules alone decide, beside what reading a number costs by itself.

The peer is a bare `phonenumbers` parse, validity check and E.164 text of the same numbers, in
the same process and interleaved. Tables are full before anything is timed, and what comes from
the wire (facts, id, moment) is there.
"""

import time
from collections.abc import Callable, Iterator
from itertools import count, cycle
from statistics import median
from typing import NamedTuple

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
    load = Load()

    def decide(told: _Told) -> None:
        call, _ = read_call(told.facts, engine.plan, call_id=told.call_id, now=told.at)
        engine.decide(call, load)

    familiar = cycle(callers)
    for _ in range(scale.of(20_000, 1_000)):
        decide(_told(strangers, clock))
    for _ in callers:
        decide(_told(familiar, clock))
    cases = {
        "bare phonenumbers, new number": (strangers, _read_bare),
        NEW_NUMBER: (strangers, decide),
        "decision, known caller": (familiar, decide),
    }
    rounds: dict[str, list[list[float]]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (callers_of, once) in cases.items():
            told = [_told(callers_of, clock) for _ in range(scale.of(8_000, 300))]
            rounds[name].append(_times_us(once, told))
    _print(rounds)


class _Told(NamedTuple):
    """What the wire and the agent give the rules: made before any time is taken."""

    facts: Facts
    call_id: str
    at: float


def _told(callers: Iterator[str], clock: Iterator[float]) -> _Told:
    now = next(clock)
    facts = Facts(number=next(callers), did="6515392200", trunk="trunk", source="127.0.0.1")
    return _Told(facts, f"{now:.6f}", now)


def _read_bare(told: _Told) -> None:
    number = told.facts.number
    parsed = phonenumbers.parse(number, "US")
    phonenumbers.is_valid_number(parsed)
    phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _times_us(once: Callable[[_Told], None], calls: list[_Told]) -> list[float]:
    times = []
    for told in calls:
        started = time.perf_counter_ns()
        once(told)
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
