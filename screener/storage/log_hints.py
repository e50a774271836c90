"""Where calls are found by id, number or prefix: hints, filled in bulk behind the newest calls.

A hint is a few bytes of what is looked for, so what it leads to is compared whole. The newest
calls have none yet and are looked through. When to fill is left to `log_upkeep`, and imported
calls to `call_import`; the tables are those of log_schema_2.sql.
"""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from screener.storage.transaction import transaction

PART_BITS = 16
"""Calls of one part (seq / 65536) have their hints side by side. With larger parts a batch falls
on more pages, with smaller ones a search asks in more places, a few microseconds each."""
BATCH = 4_096
"""Calls that get their hints at once; about so many at most have none and are looked through."""
MOST_BATCHES = 16
"""Batches filled in one go; with one go a second that is more than any agent writes."""

_BELOW_ALL = -(1 << 62)
_ABOVE_ALL = 1 << 62
_FARTHEST = 1 << 53
_OLD_INDEXES = ("calls_by_id", "calls_by_number", "calls_by_prefix")


@dataclass(frozen=True, slots=True)
class Kind:
    """What calls are found by: its mark in the table, the column of `calls`, a hint's length."""

    mark: int
    column: str
    length: int

    @property
    def hint(self) -> str:
        """The hint of a call, in SQL, spelled as the indexes of version 1 spell it."""
        return f"substr({self.column}, 1, {self.length})"

    @property
    def fits(self) -> str:
        """The condition that a call is one of those looked for; asks for the hint and the key."""
        if self is ID:
            return "id = ?2"
        return f"{self.column} IS NOT NULL AND {self.hint} = ?1 AND {self.column} = ?2"


ID = Kind(0, "id", 8)
NUMBER = Kind(1, "number_key", 4)
PREFIX = Kind(2, "prefix_key", 4)
_KINDS = (ID, NUMBER, PREFIX)


def place_of(connection: sqlite3.Connection, call_id: str) -> int | None:
    """Return the seq of the newest call with this id, or None. Raises sqlite3.Error."""
    return next(calls_with(connection, ID, call_id), None)


def calls_with(
    connection: sqlite3.Connection, kind: Kind, key: str | bytes, *, before: int | None = None
) -> Iterator[int]:
    """Yield the seqs, below `before`, of the calls with this id or pseudonym, newest first.

    Raises sqlite3.Error.
    """
    top = _ABOVE_ALL if before is None else before - 1
    up_to = hinted_up_to(connection)
    newest = connection.execute(
        f"SELECT seq FROM calls WHERE seq > ?3 AND seq <= ?4 AND {kind.fits} ORDER BY seq DESC",  # noqa: S608 - our own words
        (key[: kind.length], key, up_to, top),
    )
    yield from [row[0] for row in newest]
    if up_to > _BELOW_ALL:
        yield from hinted_calls(connection, kind, key, top=min(top, up_to))


def hinted_calls(
    connection: sqlite3.Connection, kind: Kind, key: str | bytes, *, top: int
) -> Iterator[int]:
    """Yield those up to `top` that have hints, newest first, a part at a time.

    Raises sqlite3.Error.
    """
    lowest, highest = connection.execute(
        "SELECT (SELECT min(seq) FROM calls), (SELECT max(seq) FROM calls)"
    ).fetchone()
    if lowest is None:
        return
    for part in range(_part_of(min(top, highest)), _part_of(lowest) - 1, -1):
        found = connection.execute(
            f"SELECT seq FROM hints JOIN calls USING (seq) WHERE part = ?3 AND kind = ?4 "  # noqa: S608 - our own words
            f"AND hint = ?1 AND hints.seq <= ?5 AND {kind.column} = ?2 ORDER BY hints.seq DESC",
            (key[: kind.length], key, part, kind.mark, top),
        )
        for (seq,) in found:
            yield seq


def hinted_up_to(connection: sqlite3.Connection) -> int:
    """Return up to which seq calls have their hints; raises sqlite3.Error, also where none is told.

    Below all in a log of version 1, which is so until an agent opens it, and has indexes.
    """
    try:
        ((up_to,),) = connection.execute("SELECT up_to FROM hinted").fetchall()
    except ValueError:
        raise sqlite3.DatabaseError("not told once how far hints go") from None
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return _BELOW_ALL
        raise
    if not isinstance(up_to, int) or abs(up_to) > _FARTHEST:
        raise sqlite3.DatabaseError("hints go where no call can be")
    return up_to


def fill(connection: sqlite3.Connection, gate: Lock, *, to_the_last: bool = False) -> int:
    """Give calls their hints, in whole batches or to the last; return up to which seq.

    Takes away the indexes of version 1 once nothing needs them. Raises sqlite3.Error.
    """
    least = 1 if to_the_last else BATCH
    newest = connection.execute("SELECT max(seq) FROM calls").fetchone()[0] or 0
    up_to = hinted_up_to(connection)
    for _ in range(MOST_BATCHES):
        if newest - up_to < least:
            break
        began = time.monotonic()
        batch = range(up_to + 1, min(up_to + BATCH, newest) + 1)
        for kind in _KINDS:  # each by itself: the shorter the gate is closed, the better
            with gate, transaction(connection):
                _give(connection, kind, batch)
                if kind is _KINDS[-1]:
                    up_to = batch[-1]
                    connection.execute("UPDATE hinted SET up_to = ?", (up_to,))
        time.sleep(time.monotonic() - began)  # at most half of the time is ours
    if newest - up_to < least:
        _drop_old_indexes(connection, gate)
    return up_to


def give_hints(connection: sqlite3.Connection, seqs: range) -> None:
    """Give these calls their hints now, in the transaction of whoever writes them there."""
    for kind in _KINDS:
        _give(connection, kind, seqs)


def _give(connection: sqlite3.Connection, kind: Kind, seqs: range) -> None:
    connection.execute(
        f"INSERT OR IGNORE INTO hints SELECT seq >> {PART_BITS}, ?, {kind.hint}, seq FROM calls "  # noqa: S608 - our own words
        f"WHERE seq >= ? AND seq < ? AND {kind.column} IS NOT NULL ORDER BY 1, 3, 4",
        (kind.mark, seqs.start, seqs.stop),
    )


def _drop_old_indexes(connection: sqlite3.Connection, gate: Lock) -> None:
    for name in _OLD_INDEXES:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
            with gate:
                connection.execute(f"DROP INDEX {name}")


def _part_of(seq: int) -> int:
    return seq >> PART_BITS
