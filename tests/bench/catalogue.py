"""All benchmarks in the order in which `make bench` runs them: what they tell, how long they take.

First what the agent costs beside its peers, then the log, then captchas and whole days. How one
measures is its own module's affair.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import (
    asterisk_load,
    captcha_cuts,
    captcha_guesses,
    captcha_lane,
    collector,
    core_rate,
    delay,
    edges,
    front,
    growth,
    idle,
    log_kills,
    log_queries,
    log_shipping,
    log_writes,
    long_pauses,
    memory,
    planted_numbers,
    real_day,
    replay_speed,
    restart,
    sessions,
    shared_store,
    store_down,
    web_log,
    web_viewers,
)
from tests.bench.figures import Scale


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark; `seconds` is about what a full run takes on two quiet cores."""

    run: Callable[[Scale], None]
    seconds: int
    tells: str


SPEED = "speed"
"""The name of the first few together."""

IN_SPEED = (*("core", "growth", "pauses", "sessions", "delay", "asterisk", "log-writes", "replay"),)

BENCHMARKS = {
    "core": Benchmark(
        core_rate.run,
        25,
        "decisions a second of the rules alone, beside reading the number alone",
    ),
    "growth": Benchmark(
        growth.run, 150, "cost and memory of a decision with 10^3 to 10^7 known numbers"
    ),
    "pauses": Benchmark(
        long_pauses.run, 330, "the longest stops in 2,000,000 decisions with full tables, and why"
    ),
    "sessions": Benchmark(
        sessions.run,
        120,
        "FastAGI sessions/s, CPU and latency beside uvloop, asyncio, panoramisk and pyst2",
    ),
    "delay": Benchmark(
        delay.run,
        180,
        "delay from INVITE to final response through a real Asterisk, with and without us",
    ),
    "asterisk": Benchmark(
        asterisk_load.run,
        240,
        "most calls/s through a real Asterisk, with and without us and peers, and CPU of a call",
    ),
    "log-writes": Benchmark(
        log_writes.run,
        120,
        "rows/s of the decision log beside bare SQLite; a row's cost beside a purge",
    ),
    "replay": Benchmark(
        replay_speed.run,
        720,
        "recorded calls a second through two configurations, beside one bare engine",
    ),
    "front": Benchmark(
        front.run,
        150,
        "CPU of a call that a Kamailio in front refuses, beside a bare refusal",
    ),
    "shared-store": Benchmark(
        shared_store.run, 90, "one call's question to each shared store, beside bare redis-py"
    ),
    "store-down": Benchmark(
        store_down.run,
        200,
        "delay of verdicts while the shared store is up, hangs, is killed and comes back",
    ),
    "edges": Benchmark(
        edges.run, 90, "CPU of a call at one and at three edges, with what they share or nothing"
    ),
    "ship": Benchmark(
        log_shipping.run,
        300,
        "rows/s of shipping the log to PostgreSQL, beside a bare COPY and executemany",
    ),
    "memory": Benchmark(
        memory.run, 270, "resident memory after 1,000,000 spoofed numbers, and who is still known"
    ),
    "collector": Benchmark(
        collector.run, 30, "pauses by Python's garbage collector by its settings, full tables"
    ),
    "idle": Benchmark(idle.run, 35, "CPU and wake-ups a second of an agent that nobody asks"),
    "restart": Benchmark(
        restart.run,
        240,
        "from a start, or kill -9, to the first verdict with 1,000,000 rows of history",
    ),
    "log-lock": Benchmark(
        log_kills.run_lock,
        180,
        "delay of verdicts while others lock the log for a minute; rows missing",
    ),
    "log-kills": Benchmark(
        log_kills.run_kills, 180, "calls missing from the log after 50 kill -9 at 200 calls/s"
    ),
    "queries": Benchmark(
        log_queries.run, 180, "time of `screener log` by filter, beside a plain scan of the table"
    ),
    "planted": Benchmark(
        planted_numbers.run,
        180,
        "numbers found in logs, outputs and files after 10,000 were planted",
    ),
    "guesses": Benchmark(
        captcha_guesses.run, 180, "share of blind guesses that pass the captcha, beside chance"
    ),
    "captchas": Benchmark(
        captcha_lane.run,
        360,
        "how late prompts start with N captchas held, and CPU of one, by ARI, AGI, dialplan",
    ),
    "captcha-cuts": Benchmark(
        captcha_cuts.run,
        300,
        "calls lost or stuck of 1,000 while the link to ARI is cut 20 times",
    ),
    "real-day": Benchmark(
        real_day.run,
        600,
        "the first minutes of an attacked day, ten times as fast, through a real Asterisk, and "
        "the same callers in the simulator (--minutes N, --scenario NAME, --share OF_SITE)",
    ),
    "web-viewers": Benchmark(
        web_viewers.run,
        240,
        "delay of verdicts, CPU and bytes while nobody and 50 people watch the live page",
    ),
    "web-log": Benchmark(
        web_log.run, 360, "time of the web admin's page of calls by filter, beside the search alone"
    ),
}


def chosen(names: list[str]) -> list[str]:
    """Return the names to run, `speed` spelled out; all of them where none is named."""
    spelled = [each for name in names for each in (IN_SPEED if name == SPEED else (name,))]
    return list(dict.fromkeys(spelled)) or list(BENCHMARKS)


def overview() -> str:
    """Return the names with what they tell, for the help."""
    lines = [f"  {name:<13}{one.tells} ({one.seconds} s)" for name, one in BENCHMARKS.items()]
    lines.append(f"  {SPEED:<13}of these {', '.join(IN_SPEED)}")
    return "\n".join(lines)
