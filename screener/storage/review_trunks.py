"""What denying a trunk would have met: its share of the calls of late, and who came by it.

Read from this edge's decision log, before anybody decides (`desk.review_trunk`).
"""

import sqlite3
from dataclasses import dataclass

from screener.core.outcome import Event
from screener.storage.facets import seqs_of
from screener.storage.log_blocks import blocks_in, span_of

MOST_NAMED = 20
"""Trunks that are named to who named another."""

_TRUNK = "trunk:"
_LAST = "\U0010ffff"
_PROVEN = ("known-caller", "passed-challenge")
_COUNT = (
    "SELECT count(*), total(trunk = ?1), total(trunk = ?1 AND ("  # noqa: S608 - our own words
    + " OR ".join(f"instr(signals, '\"{name}\"')" for name in _PROVEN)
    + " OR EXISTS (SELECT 1 FROM outcomes WHERE call_seq = seq AND event = ?2))) "
    "FROM calls WHERE seq BETWEEN ?3 AND ?4 AND at >= ?5 AND imported_at IS NULL "
    "AND reasons NOT LIKE 'refused-in-front%'"
)


@dataclass(frozen=True, slots=True)
class TrunkShare:
    """Of the calls of a span how many came by the trunk, and how many of those by people.

    `proven` are calls of known callers and of who passed a captcha.
    """

    calls: int
    by_trunk: int
    proven: int


def share_of(connection: sqlite3.Connection, trunk: str, since: float) -> TrunkShare:
    """Return what came since then (seconds since 1970); raises sqlite3.Error."""
    calls = by_trunk = proven = 0
    for block in blocks_in(connection, span_of(since, None)):
        values = (trunk, Event.CHALLENGE_PASSED.value, *seqs_of(block), since)
        found = connection.execute(_COUNT, values).fetchone()
        calls += found[0]
        by_trunk += int(found[1])
        proven += int(found[2])
    return TrunkShare(calls, by_trunk, proven)


def trunks_in(connection: sqlite3.Connection) -> list[str]:
    """Return the names of trunks in the log, some of many; raises sqlite3.Error."""
    found = connection.execute(
        "SELECT DISTINCT facet FROM facets WHERE facet > ? AND facet < ? LIMIT ?",
        (_TRUNK, _TRUNK + _LAST, MOST_NAMED),
    )
    return [str(facet).removeprefix(_TRUNK) for (facet,) in found]
