"""Reading the log: one call by its id, and the newest calls that a filter lets through, in pages.

Every page is bounded work: hints find callers (`log_hints`), and for the rest only those blocks
of calls are read that hold every feature asked for (`log_blocks`). Numbers are not opened here:
`subjects`. New calls as they come are `log_follow`'s.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from screener.storage.facets import block_of, outcome_facet, seqs_of
from screener.storage.log_blocks import blocks_in, blocks_with, glob_of, masks_like, span_of
from screener.storage.log_hints import ID, NUMBER, PREFIX, calls_with
from screener.storage.log_rows import SHOWN, read_row

AT_ONCE = 256
"""Calls of a caller that are read at once."""
MOST_BLOCKS = 150
"""Blocks that one page reads at most; where it ends early, its `before` says where to go on."""

_SELECT = f"SELECT {', '.join(SHOWN)} FROM calls"  # noqa: S608 - our own column names
_OUTCOMES = "SELECT at, event, talk_s FROM outcomes WHERE call_seq = ? ORDER BY rowid"

Found = dict[str, object]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a call must be; the empty string and None ask for nothing.

    `since` and `until` are seconds since 1970, the first included. `number` and `prefix` are
    pseudonyms; `reason` is a cause or a signal, `outcome` an event's word; `caller` is a masked
    caller as it is shown, in which `*` stands for any text. `edge` is for the central log alone:
    an edge's own log is all of one.
    """

    since: float | None = None
    until: float | None = None
    verdict: str = ""
    would: str = ""
    reason: str = ""
    number: bytes | None = None
    prefix: bytes | None = None
    did: str = ""
    trunk: str = ""
    outcome: str = ""
    caller: str = ""
    edge: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Calls, newest first; `before` is what to ask the next page with, None after the last."""

    calls: list[Found]
    before: int | None


def open_to_read(path: Path, *, wait_s: float = 5.0) -> sqlite3.Connection:
    """Open a log that is there, to read it only; raises sqlite3.Error, also where none is."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", wait_s, isolation_level=None, uri=True
    )
    try:
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def find(connection: sqlite3.Connection, call_id: str) -> Found | None:
    """Return the call with its outcomes, or None. Raises sqlite3.Error."""
    return next(calls_at(connection, calls_with(connection, ID, call_id)), None)


def calls_at(connection: sqlite3.Connection, seqs: Iterable[int]) -> Iterator[Found]:
    """Yield the calls at these places, as far as they are still there. Raises sqlite3.Error."""
    for seq in seqs:
        row = connection.execute(f"{_SELECT} WHERE seq = ?", (seq,)).fetchone()
        if row:
            yield _with_outcomes(connection, row)


def page(
    connection: sqlite3.Connection, wanted: Filter, *, limit: int = 50, before: int | None = None
) -> Page:
    """Return up to `limit` calls older than `before` (a `Page.before`). Raises sqlite3.Error."""
    if wanted.number is not None or wanted.prefix is not None:
        return _page_of_caller(connection, wanted, limit, before)
    clauses, values = _conditions(wanted)
    rows: list[tuple[object, ...]] = []
    for low, high, more in _ranges(connection, wanted, before):
        where = " AND ".join(["seq BETWEEN ? AND ?", *clauses])
        rows += connection.execute(
            f"{_SELECT} WHERE {where} ORDER BY seq DESC LIMIT ?",
            (low, high, *values, limit - len(rows)),
        )
        if len(rows) >= limit:
            return Page(_all(connection, rows), int(str(rows[-1][0])))
        if more is not None:
            return Page(_all(connection, rows), more)
    return Page(_all(connection, rows), None)


def after(
    connection: sqlite3.Connection, wanted: Filter, low: int, high: int, *, limit: int = 1_000
) -> list[Found]:
    """Return the first calls from seq `low` to `high` that fit, oldest first.

    Reads every call of the range, so that is for the newest ones. Raises sqlite3.Error.
    """
    clauses, values = _conditions(wanted)
    where = " AND ".join(["seq BETWEEN ? AND ?", *clauses])
    found = connection.execute(
        f"{_SELECT} WHERE {where} ORDER BY seq LIMIT ?", (low, high, *values, limit)
    ).fetchall()
    return _all(connection, found)


def _page_of_caller(
    connection: sqlite3.Connection, wanted: Filter, limit: int, before: int | None
) -> Page:
    """Return a page of one caller's or prefix's calls, whose hints say where they are."""
    clauses, values = _conditions(wanted)
    where = " AND ".join(["seq IN (SELECT value FROM json_each(?))", *clauses])
    kind, key = (NUMBER, wanted.number) if wanted.number is not None else (PREFIX, wanted.prefix)
    seqs = calls_with(connection, kind, key or b"", before=before)
    rows: list[tuple[object, ...]] = []
    while step := list(islice(seqs, AT_ONCE)):
        rows += connection.execute(
            f"{_SELECT} WHERE {where} ORDER BY seq DESC LIMIT ?",
            (json.dumps(step), *values, limit - len(rows)),
        )
        if len(rows) >= limit:
            return Page(_all(connection, rows), int(str(rows[-1][0])))
    return Page(_all(connection, rows), None)


def _ranges(
    connection: sqlite3.Connection, wanted: Filter, before: int | None
) -> Iterator[tuple[int, int, int | None]]:
    """Yield ranges of seq to look through, newest first; the last of a page says where it ended."""
    lowest, newest = connection.execute(
        "SELECT (SELECT min(seq) FROM calls), (SELECT max(seq) FROM calls)"
    ).fetchone()
    if newest is None:
        return
    top = newest if before is None else min(before - 1, newest)
    if wanted == Filter():
        yield lowest, top, None
        return
    blocks = _blocks(connection, wanted, block_of(top), block_of(lowest))
    for number, block in enumerate(blocks, start=1):
        low, high = seqs_of(block)
        yield low, min(high, top), (low if number == MOST_BLOCKS and low > lowest else None)


def _blocks(connection: sqlite3.Connection, wanted: Filter, top: int, bottom: int) -> Iterator[int]:
    features = [
        [f"{kind}:{word}"]
        for kind in ("verdict", "would", "reason", "did", "trunk")
        if (word := getattr(wanted, kind))
    ]
    if wanted.outcome:
        features.append([outcome_facet(wanted.outcome)])
    if wanted.caller and (masks := masks_like(connection, wanted.caller)) is not None:
        features.append(masks)
    if wanted.since is None and wanted.until is None:
        return blocks_with(connection, features, top, bottom)
    of_time = blocks_in(connection, span_of(wanted.since, wanted.until))
    if not of_time:
        return iter(())
    top, bottom = min(top, max(of_time)), max(bottom, min(of_time))
    return (one for one in blocks_with(connection, features, top, bottom) if one in of_time)


def _conditions(wanted: Filter) -> tuple[list[str], list[object]]:
    found: list[tuple[str, object]] = []
    for column, key in (("number_key", wanted.number), ("prefix_key", wanted.prefix)):
        if key is not None:
            found.append((f"{column} = ?", key))
    found += [
        (f"{column} = ?", word)
        for column in ("verdict", "would", "did", "trunk")
        if (word := getattr(wanted, column))
    ]
    if wanted.caller:
        found.append(("caller GLOB ?", glob_of(wanted.caller)))
    if wanted.since is not None:
        found.append(("at >= ?", wanted.since))
    if wanted.until is not None:
        found.append(("at < ?", wanted.until))
    if wanted.reason:
        found.append(("instr(',' || reasons || ',', ?)", f",{wanted.reason},"))
    if wanted.outcome:
        found.append(
            ("EXISTS (SELECT 1 FROM outcomes WHERE call_seq = seq AND event = ?)", wanted.outcome)
        )
    return [clause for clause, _ in found], [value for _, value in found]


def _all(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> list[Found]:
    return [_with_outcomes(connection, row) for row in rows]


def _with_outcomes(connection: sqlite3.Connection, row: tuple[object, ...]) -> Found:
    told = read_row(row)
    told["outcomes"] = [
        {"at": at, "event": event, "talk_s": talk_s}
        for at, event, talk_s in connection.execute(_OUTCOMES, (row[0],))
    ]
    return told
