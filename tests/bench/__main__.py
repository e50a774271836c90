"""Benchmarks: what the agent costs, each figure beside a peer measured in the same run.

    python -m tests.bench [NAME ...] [--quick]

    core       decisions a second of the rules alone, beside reading the number alone
    memory     resident memory after 1,000,000 spoofed numbers, and who is still known
    collector  pauses by Python's garbage collector with full tables
    sessions   CPU of one FastAGI session, beside a uvloop server that does nothing else
    delay      delay from INVITE to final response through a real Asterisk, with and without us
    log-writes rows/s of the decision log beside bare SQLite; a row's cost beside a purge
    log-lock   delay of verdicts while others lock the log for a minute; rows missing
    log-kills  calls missing from the log after 50 kill -9 at 200 calls/s
    queries    time of `screener log` by filter, beside a plain scan of the table
    replay     recorded calls a second through two configurations, beside one bare engine
    planted    numbers found in logs, outputs and files after 10,000 were planted
    guesses    share of blind guesses that pass the captcha, beside chance
    captchas   how late prompts start with N captchas held, and CPU of one, by ARI, AGI, dialplan
    captcha-cuts
               calls lost or stuck of 1,000 while the link to ARI is cut 20 times
    real-day   the first minutes of an attacked day, ten times as fast, through a real Asterisk, and
               the same callers in the simulator (--minutes N, --scenario NAME, --share OF_SITE)
    web-viewers
               delay of verdicts, CPU and bytes while nobody and 50 people watch the live page
    web-log    time of the web admin's page of calls by filter, beside the search alone
    restart    from a start, or kill -9, to the first verdict with 1,000,000 rows of history

Without a name all of them run, in some 55 minutes (more on a busy machine);
`--quick` only shows that they work. Nothing here judges a figure: `docs/benchmarks.md` keeps them,
and says how far to trust them.
"""

import argparse
import os
import sys
from collections.abc import Callable

from screener.errors import ScreenerError
from tests.bench import (
    captcha_cuts,
    captcha_guesses,
    captcha_lane,
    collector,
    core_rate,
    delay,
    log_kills,
    log_queries,
    log_writes,
    memory,
    planted_numbers,
    real_day,
    replay_speed,
    restart,
    sessions,
    web_log,
    web_viewers,
)
from tests.bench.figures import Scale

BENCHMARKS: dict[str, Callable[[Scale], None]] = {
    "core": core_rate.run,
    "memory": memory.run,
    "collector": collector.run,
    "sessions": sessions.run,
    "delay": delay.run,
    "log-writes": log_writes.run,
    "log-lock": log_kills.run_lock,
    "log-kills": log_kills.run_kills,
    "queries": log_queries.run,
    "replay": replay_speed.run,
    "planted": planted_numbers.run,
    "guesses": captcha_guesses.run,
    "captchas": captcha_lane.run,
    "captcha-cuts": captcha_cuts.run,
    "real-day": real_day.run,
    "web-viewers": web_viewers.run,
    "web-log": web_log.run,
    "restart": restart.run,
}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: the figures mean nothing"
    )
    parser.add_argument("--minutes", type=float, default=0.0, help="of real-day's attack")
    parser.add_argument("--scenario", default="", help="of real-day: a shipped name or a file")
    parser.add_argument("--share", type=float, default=0.0, help="of real-day's site, 0 to 1")
    asked = parser.parse_args(words)
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there is {', '.join(BENCHMARKS)}")
    scale = Scale(asked.quick, asked.minutes, asked.scenario, asked.share)
    for name in asked.names or BENCHMARKS:
        load, cores = os.getloadavg()[0], os.cpu_count()
        print(f"\n== {name} (load of this machine {load:.1f} on {cores} cores)", flush=True)
        try:
            BENCHMARKS[name](scale)
        except ScreenerError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
