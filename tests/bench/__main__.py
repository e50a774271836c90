"""Benchmarks: what the agent costs, each figure beside a peer measured in the same run.

    python -m tests.bench [NAME ...] [--quick] [-o json]

Without a name all of them run, `speed` is the part about speed alone; `--quick` only shows that
they work. Nothing here fails by a figure: every aim is told met or missed at the end, and
`docs/benchmarks.md` keeps the figures and says how far to trust them.
"""

import argparse
import json
import sys
import time
from contextlib import nullcontext, redirect_stdout

from screener.errors import ScreenerError
from tests.bench.catalogue import BENCHMARKS, SPEED, chosen, overview
from tests.bench.figures import Scale, show_aims
from tests.bench.machine import describe, load
from tests.bench.progress import Progress
from tests.bench.report import REPORT


def main(words: list[str]) -> int:
    """Run what is asked for; return 1 where one could not measure."""
    asked = _read(words)
    scale = Scale(asked.quick, asked.minutes, asked.scenario, asked.share)
    names = chosen(asked.names)
    began = time.monotonic()
    # With -o json the tables are for people to watch, and standard output is the program's.
    with redirect_stdout(sys.stderr) if asked.output == "json" else nullcontext():
        machine = describe()
        for what, said in machine.items():
            print(f"{what:<10}{said}")
        _tell_length(names, quick=asked.quick)
        failed = [name for name in names if not _run(name, scale)]
        minutes = (time.monotonic() - began) / 60
        if REPORT.aims:
            show_aims(REPORT, quick=asked.quick)
        print(f"\n{len(names)} benchmarks in {minutes:.1f} minutes, load now {load():.1f}")
    if asked.output == "json":
        told = {"machine": machine, "quick": asked.quick, "failed": failed, "minutes": minutes}
        print(json.dumps({**told, **REPORT.as_json()}, default=str))
    return 1 if failed else 0


def _read(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=f"{__doc__}\n{overview()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: the figures mean nothing"
    )
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    parser.add_argument("--minutes", type=float, default=0.0, help="of real-day's attack")
    parser.add_argument("--scenario", default="", help="of real-day: a shipped name or a file")
    parser.add_argument("--share", type=float, default=0.0, help="of real-day's site, 0 to 1")
    asked = parser.parse_args(words)
    if unknown := set(asked.names) - {*BENCHMARKS, SPEED}:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there is {', '.join(BENCHMARKS)}")
    return asked


def _tell_length(names: list[str], *, quick: bool) -> None:
    minutes = sum(BENCHMARKS[name].seconds for name in names) / 60
    length = "a quick look, whose figures mean nothing" if quick else f"about {minutes:.0f} minutes"
    print(f"{'runs':<10}{', '.join(names)}: {length}", flush=True)


def _run(name: str, scale: Scale) -> bool:
    """Run one; return whether it could measure."""
    print(f"\n== {name} (load of this machine {load():.1f})", flush=True)
    expected = 0 if scale.quick else BENCHMARKS[name].seconds
    try:
        with Progress(name, expected):
            BENCHMARKS[name].run(scale)
    except ScreenerError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
