"""Forgetting: calls older than their class allows are deleted, and their bytes overwritten.

Works in small steps between which others write, in the upkeep's thread. SQLite's secure_delete
overwrites what is deleted; emptying the write-ahead log is left to `log_upkeep`.
"""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from screener.storage.facets import LET_IN, REFUSED, block_of, hour_facet, seqs_of

DAY_S = 86_400.0
STEP = 8
"""Calls deleted at once: the fewer, the shorter a call may find the gate closed (measured)."""

_HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How many seconds calls are kept: those let in, and those challenged or dropped.

    Who is in observe mode let in all the same counts as refused (`facets.retention_facet`). Calls
    brought in from elsewhere are kept like refused ones, from when they were brought in.
    """

    admitted_s: float = 7 * DAY_S
    refused_s: float = 30 * DAY_S


def purge(connection: sqlite3.Connection, gate: Lock, retention: Retention, now: float) -> int:
    """Delete what is over its time at `now`; return how many calls. Raises sqlite3.Error."""
    gone = _purge_imported(connection, gate, now - retention.refused_s)
    for kept, kept_s in ((LET_IN, retention.admitted_s), (REFUSED, retention.refused_s)):
        for block in _blocks(connection, kept, now - kept_s):
            gone += _purge_block(connection, gate, block, kept, now - kept_s)
    _forget_empty_blocks(connection, gate)
    return gone


def delete_calls(connection: sqlite3.Connection, gate: Lock, seqs: Iterable[int]) -> int:
    """Delete these calls and their outcomes, in steps; return how many. Raises sqlite3.Error."""
    left, gone = list(seqs), 0
    while left:
        step, left = left[:STEP], left[STEP:]
        places = [(seq,) for seq in step]
        began = time.monotonic()
        with gate:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany("DELETE FROM outcomes WHERE call_seq = ?", places)
                connection.executemany("DELETE FROM calls WHERE seq = ?", places)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        gone += len(step)
        time.sleep(time.monotonic() - began)  # at most half of the time is ours
    return gone


def remove_old_files(path: Path, older_than: float) -> None:
    """Remove logs that were set aside as broken before that moment, seconds since 1970."""
    for aside in path.parent.glob(f"{path.name}.corrupt-*"):
        if aside.stat().st_mtime < older_than:
            aside.unlink()


def _purge_imported(connection: sqlite3.Connection, gate: Lock, before: float) -> int:
    gone = 0
    while True:
        # What was brought in first stands highest below the agent's own calls.
        seqs = connection.execute(
            "SELECT seq FROM (SELECT seq, imported_at FROM calls WHERE seq <= 0 "
            "ORDER BY seq DESC LIMIT 1000) WHERE imported_at < ?",
            (before,),
        ).fetchall()
        if not seqs:
            return gone
        gone += delete_calls(connection, gate, [row[0] for row in seqs])


def _blocks(connection: sqlite3.Connection, kept: str, before: float) -> list[int]:
    found = connection.execute(
        "SELECT DISTINCT block FROM facets WHERE facet >= 'hour:' AND facet < ? AND block IN "
        "(SELECT block FROM facets WHERE facet = ?) ORDER BY block",
        (hour_facet(before + _HOUR_S), kept),
    )
    return [row[0] for row in found]


def _purge_block(
    connection: sqlite3.Connection, gate: Lock, block: int, kept: str, before: float
) -> int:
    let_in = "(verdict = 'admit' AND would = 'admit')"
    held = connection.execute(
        "SELECT seq, at < ? FROM calls WHERE seq BETWEEN ? AND ? AND seq > 0 AND "  # noqa: S608 - our own words
        + (let_in if kept == LET_IN else f"NOT {let_in}"),
        (before, *seqs_of(block)),
    ).fetchall()
    gone = delete_calls(connection, gate, [seq for seq, over in held if over])
    newest = connection.execute("SELECT max(seq) FROM calls").fetchone()[0] or 0
    # The block that is written to now may get more of this class, whose feature is noted already.
    if gone == len(held) and block < block_of(newest):
        with gate:
            connection.execute("DELETE FROM facets WHERE facet = ? AND block = ?", (kept, block))
    return gone


def _forget_empty_blocks(connection: sqlite3.Connection, gate: Lock) -> None:
    oldest = connection.execute("SELECT min(seq) FROM calls").fetchone()[0]
    if oldest is None:
        return
    facet = ""
    while True:
        found = connection.execute(
            "SELECT facet FROM facets WHERE facet > ? ORDER BY facet LIMIT 1", (facet,)
        ).fetchone()
        if found is None:
            return
        facet = found[0]
        with gate:
            connection.execute(
                "DELETE FROM facets WHERE facet = ? AND block < ?", (facet, block_of(oldest))
            )
