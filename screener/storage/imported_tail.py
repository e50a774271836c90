"""Outcomes of calls that were brought in since a snapshot: what they teach of their callers.

Of a site's first days, when calls are imported before an agent ever ran. A running agent is told
of an import itself; what it knew of a caller later than an outcome is never learned twice. The
agent's own calls are `log_tail`'s.
"""

import sqlite3

from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.core.outcome import Outcome, read_outcome
from screener.storage.recorded_rows import READ, RowReader

MOST = 5_000
"""Calls read at most, the last ones brought in first: about 0.2 s."""

_NEWEST = "SELECT imported_at FROM calls WHERE seq <= 0 ORDER BY seq LIMIT 1"
_CALLS = (
    f"SELECT {', '.join(READ)} FROM calls "  # noqa: S608 - our own column names
    "WHERE seq <= 0 AND imported_at > ? ORDER BY seq LIMIT ?"
)
_OUTCOMES = "SELECT at, event, talk_s FROM outcomes WHERE call_seq = ? ORDER BY rowid"


def learn_imported(
    engine: Engine, memory: Memory, connection: sqlite3.Connection, rows: RowReader, since: float
) -> int:
    """Learn what was brought in later than `since`; return how many outcomes.

    Raises sqlite3.Error.
    """
    newest = connection.execute(_NEWEST).fetchone()
    if newest is None or not isinstance(newest[0], float) or newest[0] <= since:
        return 0
    told: list[tuple[float, str, str, Outcome]] = []
    for row in connection.execute(_CALLS, (since, MOST)).fetchall():
        try:
            call = rows.call(row).call
        except Exception:  # noqa: BLE001, S112 - whatever is wrong with one row, the others count
            continue
        if not call.caller.identity:
            continue
        for at, event, talk_s in connection.execute(_OUTCOMES, (row[0],)).fetchall():
            outcome = read_outcome(str(event), str(talk_s))
            if outcome is not None and isinstance(at, float):
                told.append((at, call.caller.identity, call.trunk, outcome))
    learned = 0
    for at, identity, trunk, outcome in sorted(told, key=lambda one: one[0]):
        standing = memory.callers.get(identity)
        if standing is None or standing.at < at:
            engine.learn(identity, outcome, at=at, trunk=trunk)
            learned += 1
    return learned
