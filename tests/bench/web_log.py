"""How long the web admin takes for the page of calls over a large log, beside the search alone.

    python -m tests.bench.web_log [--rows N] [--folder DIR] [--keep]

The real application is served on loopback to a client in the same process, so a page's time is
from the request to its last byte, the client's own work included. The peer is one plain
`log_query.page` of the same filter over a new connection: what a page cannot be faster than. The
log is `log_queries`'s; 10,000,000 rows take some 6 GB of disk and ten minutes.
"""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from screener.errors import ScreenerError
from screener.storage.log_query import Filter, open_to_read, page
from screener.web.calls_filter import read_filter
from screener.web.calls_newest import ON_A_PAGE
from screener.web.calls_pages import PAGES
from screener.web.site import Site
from tests.bench.figures import Scale, quantile, show
from tests.bench.log_queries import BYTES_PER_ROW, WORST, Draw, _cases, asked_for, fill
from tests.builders import NOW
from tests.unit.web.signed_in import SignedIn, Time, Visitor, signed_in

ROWS = 1_000_000
ASKED = 40
_NO_CASES = frozenset({"verdict, absent"})
"""Asked of the search only: the page refuses a verdict that there is not."""


def run(scale: Scale) -> None:
    """Fill a log of the usual size in the system's temporary folder, measure and print."""
    measure(scale.of(ROWS, 30_000), None, scale.of(ASKED, 3), keep=False)


def measure(rows: int, folder: Path | None, asked: int, *, keep: bool) -> None:
    """Fill a log of so many rows, or take the one that is in the folder, and print the times."""
    within = folder or Path(tempfile.mkdtemp(prefix="screener-bench-"))
    state = within / "state"
    state.mkdir(parents=True, exist_ok=True)
    path = state / "decisions.db"
    try:
        if not path.exists():
            if shutil.disk_usage(within).free < rows * BYTES_PER_ROW:
                raise ScreenerError(f"{within} has no room for {rows} rows: name another --folder")
            fill(path, rows)
        asyncio.run(_served(within, path, asked))
    finally:
        if not keep:
            shutil.rmtree(state)
        if folder is None and not keep:
            shutil.rmtree(within)


async def _served(within: Path, log: Path, asked: int) -> None:
    config = within / "screener.yaml"
    config.write_text(
        f"version: 1\ncontrol: {{socket: {within}/none.sock}}\n"
        f"storage: {{folder: {within}/state, keys: {within}/keys.json}}\n"
    )
    (within / "state" / "web.db").unlink(missing_ok=True)
    clock = Time(NOW)
    async with signed_in(within, PAGES, site=Site(config, clock), time=clock) as at:
        await _weigh(at)
        await _time(at.reviewer, log, asked)


async def _time(visitor: Visitor, log: Path, asked: int) -> None:
    rng = random.Random(2)  # noqa: S311 - the same questions each time
    rows: list[tuple[object, ...]] = []
    mix: list[float] = []
    cases: dict[str, Draw] = {**_cases(), **WORST}
    for name, draw in cases.items():
        if name in _NO_CASES:
            continue
        pages, peers, cpu = [], [], []
        for _ in range(asked):
            query = _query_of(draw(rng))
            wanted = read_filter(dict(query), NOW).wanted
            peers.append(_peer(log, wanted))
            used, began = time.process_time(), time.perf_counter()
            answer = await visitor.get(f"/calls?{urlencode(query)}")
            pages.append((time.perf_counter() - began) * 1e3)
            cpu.append((time.process_time() - used) * 1e3)
            if answer.status != 200:
                raise ScreenerError(f"the page of {name!r} is refused: {answer.status}")
        if name not in WORST:
            mix += pages
        middle = quantile(pages, 0.5)
        rows.append(
            (
                name,
                *(middle, quantile(pages, 0.95), max(pages), quantile(cpu, 0.5)),
                *(quantile(peers, 0.5), f"{middle / quantile(peers, 0.5):,.1f} x"),
            )
        )
    rows.append(("the mix", quantile(mix, 0.5), quantile(mix, 0.95), max(mix), "", "", ""))
    columns = ("filter", "p50 ms", "p95 ms", "max ms", "CPU p50 ms", "search p50 ms", "to search")
    show(f"the page of calls, {asked} of each; from request to last byte", columns, rows)


async def _weigh(at: SignedIn) -> None:
    """Print how heavy the page is with all it loads."""
    weights: list[tuple[object, ...]] = []
    for role, visitor in (("viewer", at.viewer), ("reviewer", at.reviewer)):
        weights.append((f"/calls, {role}", len((await visitor.get("/calls")).text.encode()) / 1e3))
    files = ("style.css", "calls.css", "live.css", "calls.js", "live.js", "icon.svg")
    for name in files:
        held = len((await at.viewer.get(f"/static/{name}")).text.encode()) / 1e3
        weights.append((f"/static/{name}", held))
    show("weight, uncompressed", ("what", "kB"), weights)


def _query_of(wanted: Filter) -> dict[str, str]:
    told: dict[str, str] = {}
    for name in ("verdict", "would", "reason", "did", "trunk", "outcome", "caller"):
        if text := getattr(wanted, name):
            told[name] = text
    for name in ("since", "until"):
        if (moment := getattr(wanted, name)) is not None:
            told[name] = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if wanted.number is not None:
        told["number"] = wanted.number.hex()
    return told


def _peer(log: Path, wanted: Filter) -> float:
    began = time.perf_counter()
    with closing(open_to_read(log)) as connection:
        page(connection, wanted, limit=ON_A_PAGE)
    return (time.perf_counter() - began) * 1e3


def main(words: list[str]) -> int:
    asked = asked_for(words, "web_log", __doc__)
    measure(asked.rows, asked.folder, ASKED, keep=asked.keep)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
