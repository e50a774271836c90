"""Delay from INVITE to final response over a real Asterisk: what the screener adds to it.

The same refusal by five ways (`bench_dialplan`), in interleaved rounds of one run, at 20 and at 100
calls/s with exponential gaps, every call from a number not seen before; three of the ways at the
lower rate, which takes its time. What is added is over `bare`: the same subroutine without
asking anybody.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from statistics import median

from screener.lab.asterisk import Asterisk
from screener.lab.fetch import ensure_lab
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.share import sample_folder
from tests.bench.agents import OurAgent, Peer, floor
from tests.bench.bench_dialplan import CASES, bench_dialplan
from tests.bench.callers import spoofed
from tests.bench.figures import Scale, cpu_s, median_quantile, quantile, show
from tests.bench.probe import Heard, Probe

ROUNDS = 3
REST_S = 0.5
"""Between rounds, so that a round does not pay for the ends of the one before."""

WARM_UP = 40


@dataclass(frozen=True, slots=True)
class _Rate:
    calls_per_s: int
    cases: tuple[str, ...]
    calls: int
    """In one round."""


@dataclass(slots=True)
class _Seen:
    """All rounds of one case; CPU in us per call."""

    rounds: list[Heard] = field(default_factory=list)
    asterisk_us: list[float] = field(default_factory=list)
    agent_us: list[float] = field(default_factory=list)


def run(scale: Scale) -> None:
    """Measure and print; raises MissingPartError where there is no Asterisk to be had."""
    root = ensure_lab(lambda text: print(f"  {text}", flush=True))
    numbers = (spoofed(index) for index in count())
    rates = (
        _Rate(20, ("bare", "floor", "agent"), scale.of(300, 10)),
        _Rate(100, CASES, scale.of(300, 30)),
    )
    for rate in rates:
        _run_at(root, rate, numbers)


def _run_at(root: LabRoot, rate: _Rate, numbers: Iterator[str]) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        floor = stack.enter_context(FloorProcess())
        agent = stack.enter_context(OurAgent(folder / "agent"))
        quiet = stack.enter_context(OurAgent(folder / "quiet", "log:\n  level: warning\n"))
        asked: dict[str, Peer] = {"floor": floor, "quiet": quiet, "agent": agent}
        dialplan = bench_dialplan(
            (sample_folder() / "screener.conf").read_text(),
            {"floor": floor.port, "quiet": quiet.port, "agent": agent.port},
        )
        settings = LabSettings(extra={"extensions.conf": dialplan})
        asterisk = stack.enter_context(Asterisk(root, folder / "asterisk", settings=settings))
        probe = Probe(asterisk.ports.sip)
        stack.callback(probe.close)
        seen = {name: _Seen() for name in rate.cases}
        for name in rate.cases:
            probe.play(f"bench-{name}", list(islice(numbers, WARM_UP)), 100.0)
        for turn in range(ROUNDS):
            order = rate.cases[turn % len(rate.cases) :] + rate.cases[: turn % len(rate.cases)]
            for name in order:
                time.sleep(REST_S)
                calls = list(islice(numbers, rate.calls))
                before = cpu_s(asterisk.pid), cpu_s(asked[name].pid) if name in asked else 0.0
                heard = probe.play(f"bench-{name}", calls, rate.calls_per_s)
                after = cpu_s(asterisk.pid), cpu_s(asked[name].pid) if name in asked else 0.0
                seen[name].rounds.append(heard)
                seen[name].asterisk_us.append((after[0] - before[0]) / rate.calls * 1e6)
                seen[name].agent_us.append((after[1] - before[1]) / rate.calls * 1e6)
        _print(rate, seen, agent)


def _print(rate: _Rate, seen: dict[str, _Seen], agent: OurAgent) -> None:
    bare = [heard.delays_ms for heard in seen["bare"].rounds]
    rows = []
    for name, case in seen.items():
        rounds = [heard.delays_ms for heard in case.rounds]
        added = [
            [quantile(mine, share) - quantile(theirs, share) for share in (0.5, 0.99)]
            for mine, theirs in zip(rounds, bare, strict=True)
        ]
        rows.append(
            (
                name,
                *(median_quantile(rounds, share) for share in (0.5, 0.9, 0.99)),
                median(p50 for p50, _ in added),
                median(p99 for _, p99 in added),
                round(median(case.asterisk_us)),
                round(median(case.agent_us)) or "-",
                sum(heard.lost for heard in case.rounds),
                " ".join(str(code) for heard in case.rounds[:1] for code in heard.codes),
            )
        )
    columns = (
        "INVITE to final response, ms",
        "p50",
        "p90",
        "p99",
        "added p50",
        "added p99",
        "Asterisk CPU us",
        "agent CPU us",
        "lost",
        "SIP codes",
    )
    title = f"delay at {rate.calls_per_s} calls/s: medians of {ROUNDS} rounds of {rate.calls}"
    show(title, columns, rows)
    p50, p99, calls = agent.latency_ms()
    print(
        f"  agent, question to verdict, {calls:,} calls: p50 {p50} ms, p99 {p99} ms",
        flush=True,
    )
