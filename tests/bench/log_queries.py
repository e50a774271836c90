"""How long `screener log` looks for its answer in a large log, beside a plain scan of the table.

    python -m tests.bench.log_queries [--rows N] [--folder DIR] [--keep]

Rows are plausible copies of a few real decisions, written straight into SQLite; each query opens
the log afresh, as the command does, and asks for 50 calls until it has them or has seen all.
The peer is what one would write without an index of features: newest rows first, condition by
condition. 10,000,000 rows take some 6 GB of disk and ten minutes.
"""

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from screener.core.call import Facts, Load, read_call
from screener.core.settings import Mode, Settings
from screener.errors import ScreenerError
from screener.storage.facets import block_of, facets_of, outcome_facet, retention_facet
from screener.storage.keys import Keys
from screener.storage.log_file import open_log
from screener.storage.log_hints import BATCH, give_hints, hinted_up_to
from screener.storage.log_query import Filter, _conditions, open_to_read, page
from screener.storage.log_rows import COLUMNS, SHOWN, RowMaker, insert
from screener.storage.pseudonyms import pseudonym
from screener.storage.transaction import transaction
from tests.bench.figures import Scale, quantile, show
from tests.builders import NOW, an_engine

ROWS = 1_000_000
BYTES_PER_ROW = 1_000
"""Room asked for: about 540 are used."""

SPAN_S = 30 * 86_400.0
HOUR_S = 3_600.0
NUMBERS = 3_000_000
QUERIES, PEERS = 40, 2
KEYS = Keys("bench", b"p" * 32, b"s" * 32)
_AT = {name: place for place, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class Kind:
    """A sort of call, `share` of 1,000,000 of all; its row with everything that stays the same."""

    share: int
    row: tuple[object, ...]
    events: tuple[tuple[str, int], ...]
    """What may become of it, each with its share of 100."""


def run(scale: Scale) -> None:
    """Fill a log of the usual size in the system's temporary folder, measure and print."""
    measure(scale.of(ROWS, 30_000), None, scale.of(QUERIES, 4), keep=False)


def measure(rows: int, folder: Path | None, queries: int, *, keep: bool) -> None:
    """Fill a log of so many rows, or take the one that is in the folder, and print its times."""
    within = folder or Path(tempfile.mkdtemp(prefix="screener-bench-"))
    within.mkdir(parents=True, exist_ok=True)
    path = within / "decisions.db"
    try:
        if not path.exists():
            if shutil.disk_usage(within).free < rows * BYTES_PER_ROW:
                raise ScreenerError(f"{within} has no room for {rows} rows: name another --folder")
            fill(path, rows)
        _print(path, queries)
    finally:
        if not keep:
            for left in within.glob("decisions.db*"):
                left.unlink()
        if folder is None and not keep:
            within.rmdir()


def fill(path: Path, rows: int) -> None:
    """Write a log of so many rows, with hints as the upkeep gives; indexes are made last."""
    began = time.perf_counter()
    with closing(open_log(path)) as log:
        log.execute("PRAGMA synchronous = OFF")
        indexes = log.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
        indexes = [(name, sql) for name, sql in indexes if sql]
        for name, _ in indexes:
            log.execute(f"DROP INDEX {name}")
        rng, kinds = random.Random(1), _kinds()  # noqa: S311 - plausible data, the same each time
        weights = [kind.share for kind in kinds]
        step = 1 << 15
        for start in range(0, rows, step):
            many = min(step, rows - start)
            chosen = rng.choices(kinds, weights, k=many)
            _write(log, rng, chosen, start, rows)
            _give_hints(log, start + many)
            log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _, sql in indexes:
            log.execute(sql)
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    print(
        f"{rows:,} rows written in {time.perf_counter() - began:,.0f} s, "
        f"{size / rows:,.0f} bytes a row, {size / 1e9:.2f} GB",
        flush=True,
    )


def _write(
    log: sqlite3.Connection, rng: random.Random, chosen: list[Kind], start: int, rows: int
) -> None:
    facets: set[tuple[str, int]] = set()
    outcomes: list[tuple[int, float, str, float]] = []
    log.execute("BEGIN")
    log.executemany(insert(), _rows(rng, chosen, start, rows, facets, outcomes))
    log.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?)", facets)
    log.executemany("INSERT INTO outcomes VALUES (?, ?, ?, ?)", outcomes)
    log.execute("COMMIT")


def _give_hints(log: sqlite3.Connection, newest: int) -> None:
    """Give the calls hints in whole batches; the newest go without, as in a running agent's log."""
    up_to = hinted_up_to(log)
    while newest - up_to >= BATCH:
        with transaction(log):
            give_hints(log, range(up_to + 1, up_to + BATCH + 1))
            up_to += BATCH
            log.execute("UPDATE hinted SET up_to = ?", (up_to,))


def _rows(  # noqa: PLR0917 - what it fills beside the rows is handed in
    rng: random.Random,
    chosen: list[Kind],
    start: int,
    rows: int,
    facets: set[tuple[str, int]],
    outcomes: list[tuple[int, float, str, float]],
) -> Iterator[list[object]]:
    for seq, kind in enumerate(chosen, start=start + 1):
        row = list(kind.row)
        at = NOW - SPAN_S + SPAN_S * seq / rows
        number = _number(rng)
        noise = rng.randbytes(48)
        row[_AT["id"]], row[_AT["at"]] = noise[:8].hex(), at
        if kind.row[_AT["number_key"]]:
            row[_AT["number_key"]] = pseudonym("number", number, KEYS)
            row[_AT["prefix_key"]] = pseudonym("prefix", number[:-4], KEYS)
            row[_AT["sealed"]] = noise[8:]
            if str(row[_AT["caller"]]).startswith("+1"):
                row[_AT["caller"]] = f"+1{8 * chr(0x2022)}{number[-2:]}"
        block = block_of(seq)
        _note(facets, block, row)
        drawn = rng.randrange(100)
        for event, share in kind.events:
            if drawn < share:
                outcomes.append((seq, at + 60.0, event, 60.0 if event == "answered" else 0.0))
                facets.add((outcome_facet(event), block))
                break
            drawn -= share
        yield [seq, *row]


def _note(facets: set[tuple[str, int]], block: int, row: list[object]) -> None:
    told = {name: row[_AT[name]] for name in ("verdict", "would", "reasons", "did", "trunk")}
    words = {name: str(value) for name, value in told.items()}
    found = facets_of(float(str(row[_AT["at"]])), caller=str(row[_AT["caller"]]), **words)
    found.add(retention_facet(words["verdict"], words["would"]))
    facets.update((facet, block) for facet in found)


def _number(rng: random.Random) -> str:
    """Draw a number: some call often, most once or twice."""
    return f"+1651{2_000_000 + int(rng.random() ** 3 * NUMBERS):07d}"


def _kinds() -> list[Kind]:
    """Return the sorts of calls: mostly admitted, some challenged, a third dropped, few odd."""
    engine, maker = an_engine(Settings(mode=Mode.ENFORCE)), RowMaker(KEYS)

    def kind(share: int, verdict: str, reasons: str, *events: tuple[str, int], **told: str) -> Kind:
        facts = Facts(**{"number": "+16515550142", **_PLAIN, **told})
        call, _ = read_call(facts, engine.plan, call_id="0" * 16, now=NOW)
        made = maker.of_decision(engine.assess(call, Load(4, 8, 2, 30)))
        row = list(made.values)
        row[_AT["verdict"]] = row[_AT["would"]] = verdict
        row[_AT["reasons"]] = reasons
        row[_AT["did"]], row[_AT["trunk"]] = facts.did, facts.trunk
        return Kind(share, tuple(row), events)

    served = ("answered", 55), ("abandoned", 15)
    asked = ("challenge_passed", 30), ("challenge_failed", 40), ("challenge_abandoned", 20)
    kinds = [
        made
        for did in (f"+1651539220{digit}" for digit in range(6))
        for trunk in (f"trunk-{place}" for place in range(4))
        for made in (
            kind(21_000, "admit", "score,known-caller", *served, did=did, trunk=trunk),
            kind(6_000, "challenge", "score,new-caller,attestation-c", *asked, did=did, trunk=trunk)
            if did != "+16515392205"
            else kind(6_000, "admit", "score,new-caller", *served, did=did, trunk=trunk),
            kind(14_000, "drop", "score,limit:number-flood,new-caller", did=did, trunk=trunk),
        )
    ]
    foreign = {"number": "+442079460142", "trunk": "trunk-0"}
    return [
        *kinds,
        kind(8_000, "admit", "score,withheld", *served, presentation="prohib"),
        kind(4_000, "admit", "score,new-caller", *served, **foreign),
        kind(5, "drop", "score,limit:rare", did="+16515392201"),
        kind(3, "admit", "score,new-caller", number="+67077210001", did="+16515392209"),
    ]


_PLAIN = {
    "did": "+16515392200",
    "trunk": "trunk-1",
    "source": "203.0.113.9",
    "uniqueid": "1800000000.123456",
    "linkedid": "1800000000.123456",
    "sip_call_id": "0b4c1d2e3f4a5b6c7d8e9f00@203.0.113.9",
}

Draw = Callable[[random.Random], Filter]


def _cases() -> dict[str, Draw]:
    """Return what is asked: a supervisor's everyday questions, rare and absent values."""

    def hours(rng: random.Random, length: float, **more: str) -> Filter:
        since = NOW - rng.random() * SPAN_S
        return replace(Filter(**more), since=since, until=since + length)  # type: ignore[arg-type]

    def number(rng: random.Random, text: str = "", **more: str) -> Filter:
        key = pseudonym("number", text or _number(rng), KEYS)
        return replace(Filter(**more), number=key)  # type: ignore[arg-type]

    def plain(**told: str) -> Draw:
        return lambda _: Filter(**told)  # type: ignore[arg-type]

    dots = 8 * chr(0x2022)
    return {
        "none": plain(),
        "verdict": lambda rng: Filter(verdict=rng.choice(["admit", "challenge", "drop"])),
        "verdict, absent": plain(verdict="x"),
        "reason": plain(reason="limit:number-flood"),
        "reason, rare": plain(reason="limit:rare"),
        "reason, absent": plain(reason="limit:none"),
        "did": lambda rng: Filter(did=f"+1651539220{rng.randrange(6)}"),
        "did, absent": plain(did="+16515399999"),
        "trunk": lambda rng: Filter(trunk=f"trunk-{rng.randrange(4)}"),
        "outcome": plain(outcome="answered"),
        "one hour": lambda rng: hours(rng, HOUR_S),
        "one day, drop": lambda rng: hours(rng, 24 * HOUR_S, verdict="drop"),
        "one hour, rare reason": lambda rng: hours(rng, HOUR_S, reason="limit:rare"),
        "hour without calls": lambda _: Filter(since=NOW + 9 * HOUR_S),
        "number": number,
        "number, drop": lambda rng: number(rng, verdict="drop"),
        "number that calls most": lambda rng: number(rng, "+16512000000"),
        "number, absent": lambda rng: number(rng, "+16519999999"),
        "mask": lambda rng: Filter(caller=f"+1{dots}{rng.randrange(100):02d}"),
        "mask *42": plain(caller="*42"),
        "mask +1*": plain(caller="+1*"),
        "mask, rare": plain(caller="+670*"),
        "mask, absent": plain(caller="+81*"),
        "mask, drop, did": plain(caller="*42", verdict="drop", did="+16515392203"),
        "did, trunk, challenge": plain(did="+16515392203", trunk="trunk-2", verdict="challenge"),
        "rare reason, did": plain(reason="limit:rare", did="+16515392201"),
        "challenge passed, one day": lambda rng: hours(
            rng, 24 * HOUR_S, outcome="challenge_passed", verdict="challenge"
        ),
    }


WORST: dict[str, Draw] = {
    "common features, never together": lambda _: Filter(did="+16515392205", verdict="challenge")
}
"""No block can be spared: all are read. Not in the mix, as its time grows with the log."""


def _print(path: Path, queries: int) -> None:
    rng = random.Random(2)  # noqa: S311 - the same questions each time
    rows: list[tuple[object, ...]] = []
    mix: list[float] = []
    for name, draw in {**_cases(), **WORST}.items():
        often = queries if name not in WORST else PEERS
        asked = [draw(rng) for _ in range(often)]
        timed = [_timed(path, wanted, _whole_answer) for wanted in asked]
        peers = [_timed(path, wanted, _scan)[0] for wanted in asked[:PEERS]]
        times = [one for one, _ in timed]
        if name not in WORST:
            mix += times
        middle = quantile(times, 0.5)
        rows.append(
            (
                name,
                round(sum(hits for _, hits in timed) / len(timed)),
                middle,
                quantile(times, 0.95),
                max(times),
                quantile(peers, 0.5),
                f"{quantile(peers, 0.5) / middle:,.1f} x",
            )
        )
    rows.append(("the mix", "", quantile(mix, 0.5), quantile(mix, 0.95), max(mix), "", ""))
    columns = ("filter", "hits", "p50 ms", "p95 ms", "max ms", "scan p50 ms", "scan to ours")
    show(f"log queries: {queries} of each, a new connection each time", columns, rows)


def _timed(
    path: Path, wanted: Filter, answer: Callable[[sqlite3.Connection, Filter], int]
) -> tuple[float, int]:
    began = time.perf_counter()
    with closing(open_to_read(path)) as log:
        hits = answer(log, wanted)
    return (time.perf_counter() - began) * 1e3, hits


def _whole_answer(log: sqlite3.Connection, wanted: Filter) -> int:
    hits, before = 0, None
    while hits < 50:
        found = page(log, wanted, limit=50 - hits, before=before)
        hits, before = hits + len(found.calls), found.before
        if before is None:
            break
    return hits


def _scan(log: sqlite3.Connection, wanted: Filter) -> int:
    clauses, values = _conditions(wanted)
    found = log.execute(
        f"SELECT {', '.join(SHOWN)} FROM calls NOT INDEXED WHERE {' AND '.join(clauses) or '1'} "  # noqa: S608 - our own column names
        "ORDER BY seq DESC LIMIT 50",
        values,
    )
    return len(found.fetchall())


def asked_for(words: list[str], name: str, about: str | None) -> argparse.Namespace:
    """Return the rows, folder and keep that the words of a bench over a large log ask for."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.bench.{name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where the log is written; not removed")
    parser.add_argument("--keep", action="store_true", help="keep the log for another run")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    asked = asked_for(words, "log_queries", __doc__)
    measure(asked.rows, asked.folder, QUERIES, keep=asked.keep)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
