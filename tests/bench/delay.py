"""Delay from INVITE to final response over a real Asterisk: what the screener adds to it.

The same refusal by several ways (`bench_dialplan`), in interleaved rounds of one run, at 20 and at
100 calls/s with exponential gaps, every call from a number not seen before; four of the ways at
the lower rate, which takes its time. What is added is told twice: over `plain`, which only hangs
up, and over `bare`, the same subroutine without asking anybody.
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
from tests.bench.bench_dialplan import bench_dialplan, fill_blacklist
from tests.bench.callers import spoofed
from tests.bench.figures import Scale, cpu_s, median_quantile, quantile, show
from tests.bench.probe import Heard, Probe
from tests.bench.report import REPORT

CASES = ("plain", "defence", "bare", "floor", "quiet", "agent")
"""`quiet` is the agent with `log.level: warning`."""

ROUNDS = 3
REST_S = 0.5
"""Between rounds, so that a round does not pay for the ends of the one before."""

WARM_UP = 40
JUDGED_RATE = 100


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
        _Rate(20, ("plain", "bare", "floor", "agent"), scale.of(300, 10)),
        _Rate(100, CASES, scale.of(300, 30)),
    )
    for rate in rates:
        _run_at(root, rate, numbers)


def _run_at(root: LabRoot, rate: _Rate, numbers: Iterator[str]) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        idle = stack.enter_context(floor())
        agent = stack.enter_context(OurAgent(folder / "agent"))
        quiet = stack.enter_context(OurAgent(folder / "quiet", "log:\n  level: warning\n"))
        asked: dict[str, Peer] = {"floor": idle, "quiet": quiet, "agent": agent}
        dialplan = bench_dialplan(
            (sample_folder() / "screener.conf").read_text(),
            {name: peer.port for name, peer in asked.items()},
        )
        settings = LabSettings(extra={"extensions.conf": dialplan})
        asterisk = Asterisk(root, folder / "asterisk", settings=settings)
        asterisk.lay_out()
        fill_blacklist(asterisk.folder)
        stack.enter_context(asterisk)
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
    rows = []
    for name, case in seen.items():
        rounds = [heard.delays_ms for heard in case.rounds]
        rows.append(
            (
                name,
                *(median_quantile(rounds, share) for share in (0.5, 0.9, 0.99)),
                *_added(case, seen["plain"]),
                *_added(case, seen["bare"]),
                round(median(case.asterisk_us)),
                round(median(case.agent_us)) or "-",
                sum(heard.lost for heard in case.rounds),
                " ".join(str(code) for heard in case.rounds[:1] for code in heard.codes),
            )
        )
    columns = (
        *("INVITE to final response, ms", "p50", "p90", "p99"),
        *("over plain p50", "p99", "over bare p50", "p99"),
        *("Asterisk CPU us", "agent CPU us", "lost", "SIP codes"),
    )
    title = f"delay at {rate.calls_per_s} calls/s: medians of {ROUNDS} rounds of {rate.calls}"
    show(title, columns, rows)
    p50, p99, calls = agent.latency_ms()
    print(
        f"  agent, question to verdict, {calls:,} calls: p50 {p50} ms, p99 {p99} ms",
        flush=True,
    )
    if rate.calls_per_s == JUDGED_RATE:
        for base, what in (("plain", "subroutine and agent"), ("bare", "the agent alone")):
            p50, p99 = _added(seen["agent"], seen[base])
            REPORT.at_most(f"delay: added at 100 calls/s by {what}, p50", p50, 0.8, "ms")
            REPORT.at_most(f"delay: added at 100 calls/s by {what}, p99", p99, 3.0, "ms")


def _added(case: _Seen, base: _Seen) -> tuple[float, float]:
    """Return what p50 and p99 are above another way's in the same round, medians of the rounds."""
    pairs = [
        (mine.delays_ms, theirs.delays_ms)
        for mine, theirs in zip(case.rounds, base.rounds, strict=True)
    ]
    p50, p99 = (
        median(quantile(mine, share) - quantile(theirs, share) for mine, theirs in pairs)
        for share in (0.5, 0.99)
    )
    return p50, p99
