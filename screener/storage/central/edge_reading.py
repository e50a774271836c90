"""What is new in an edge's own log: calls, and the outcomes of calls that came before.

One short look at the file, in one of SQLite's snapshots, so that a call never comes without what
became of it until then; nothing is held open while the central log is waited for. Rows of an
older or newer shape are read as far as both know their columns.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from screener.storage.call_marks import NOT_SPAM_EVENT
from screener.storage.central.cursor import Cursor
from screener.storage.central.marks import Mark, Marks, advanced, holding, place_of
from screener.storage.central.values import plain_row, real, text
from screener.storage.log_query import open_to_read
from screener.storage.log_rows import COLUMNS

OUTCOMES_AT_ONCE = 4
"""Outcomes looked at for each call of a batch: most calls have two or three."""

_ID, _AT = COLUMNS.index("id"), COLUMNS.index("at")
_OUTCOMES = "SELECT at, event, talk_s FROM outcomes WHERE call_seq = ? ORDER BY rowid"

_OUTCOMES_OF_MANY = (
    "SELECT call_seq, at, event, talk_s FROM outcomes WHERE call_seq BETWEEN ? AND ? "
    "ORDER BY call_seq, rowid"
)


class CallName(NamedTuple):
    """What a call is called in all of an edge's time."""

    id: str
    at: float


class Ended(NamedTuple):
    """One thing that became of a call."""

    at: float
    event: str
    talk_s: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls as values of `COLUMNS`; `outcomes` holds all that is known of these and of others.

    `cursor` is how far the log is followed with them; `more` says that there is more to read.
    """

    calls: list[tuple[object, ...]]
    outcomes: dict[CallName, list[Ended]]
    cursor: Cursor
    more: bool


@dataclass(slots=True)
class _Reading:
    """One look: the open log, and what was gathered of it."""

    log: sqlite3.Connection
    most: int
    calls: list[tuple[object, ...]] = field(default_factory=list)
    outcomes: dict[CallName, list[Ended]] = field(default_factory=dict)
    more: bool = False


def read_batch(path: Path, cursor: Cursor, most: int) -> Batch:
    """Return up to `most` new calls, and what became of older ones; raises sqlite3.Error."""
    with closing(_opened(path)) as log:
        log.execute("BEGIN")
        looking = _Reading(log, most)
        calls = _calls(looking, cursor.calls, "seq > ? AND seq > 0 ORDER BY seq", 0)
        imported = cursor.imported
        if len(looking.calls) < most:
            imported = _calls(looking, imported, "seq < ? AND seq <= 0 ORDER BY seq DESC", 1)
        reached = Cursor(calls, imported, cursor.outcomes)
        return Batch(
            looking.calls,
            looking.outcomes,
            reached._replace(outcomes=_outcomes(looking, reached)),
            looking.more,
        )


def marked(path: Path, names: Sequence[CallName]) -> dict[CallName, list[Ended]]:
    """Return what became of those of the calls that nobody calls no spam (any more).

    A mark that was taken back leaves no trace in the log to follow. Raises sqlite3.Error.
    """
    with closing(_opened(path)) as log:
        log.execute("BEGIN")
        found = {name: list(_became(log, seq)) for name in names for seq in _seqs(log, name)}
    return {
        name: ended
        for name, ended in found.items()
        if all(one.event != NOT_SPAM_EVENT for one in ended)
    }


def behind(path: Path, cursor: Cursor) -> int:
    """Return how many calls are still to be shipped; raises sqlite3.Error."""
    with closing(_opened(path)) as log:
        return int(
            log.execute(
                "SELECT (SELECT count(*) FROM calls WHERE seq > ? AND seq > 0) + "
                "(SELECT count(*) FROM calls WHERE seq < ? AND seq <= 0)",
                (place_of(cursor.calls, 0), place_of(cursor.imported, 1)),
            ).fetchone()[0]
        )


def _opened(path: Path) -> sqlite3.Connection:
    log = open_to_read(path)
    log.text_factory = lambda held: held.decode("utf-8", "replace")
    return log


def _calls(looking: _Reading, marks: Marks, where: str, start: int) -> Marks:
    log, left = looking.log, looking.most - len(looking.calls)
    marks = holding(marks, lambda seq: _call_tag(log, seq))
    rows = log.execute(
        f"SELECT seq, {', '.join(_columns(log))} FROM calls WHERE {where} LIMIT ?",  # noqa: S608 - our own column names
        (place_of(marks, start), left),
    ).fetchall()
    names: dict[int, CallName] = {}
    for seq, *values in rows:
        row = plain_row(values)
        looking.calls.append(row)
        names[seq] = _name(row)
        looking.outcomes[names[seq]] = []
    if names:
        ends = min(names), max(names)
        for seq, *one in log.execute(_OUTCOMES_OF_MANY, ends):
            if seq in names:
                looking.outcomes[names[seq]].append(_ended(*one))
    looking.more = looking.more or len(rows) == left
    if not rows:
        return marks
    newest = rows[-1][0]
    return advanced(marks, Mark(newest, _call_tag(log, newest) or ""))


def _outcomes(looking: _Reading, reached: Cursor) -> Marks:
    """Gather what became of calls that were shipped before; of others it comes with the call."""
    log, most = looking.log, looking.most * OUTCOMES_AT_ONCE
    marks = holding(reached.outcomes, lambda rowid: _outcome_tag(log, rowid))
    rows = log.execute(
        "SELECT rowid, call_seq FROM outcomes WHERE rowid > ? ORDER BY rowid LIMIT ?",
        (place_of(marks, 0), most),
    ).fetchall()
    top, bottom = place_of(reached.calls, 0), place_of(reached.imported, 1)
    for seq in {seq for _, seq in rows if bottom <= seq <= top}:
        found = log.execute("SELECT id, at FROM calls WHERE seq = ?", (seq,)).fetchone()
        if found and (name := CallName(text(found[0]) or "", real(found[1]) or 0.0)):
            looking.outcomes.setdefault(name, list(_became(log, seq)))
    looking.more = looking.more or len(rows) == most
    if not rows:
        return marks
    newest = rows[-1][0]
    return advanced(marks, Mark(newest, _outcome_tag(log, newest) or ""))


def _name(row: Sequence[object]) -> CallName:
    return CallName(str(row[_ID]), float(str(row[_AT])))


def _became(log: sqlite3.Connection, seq: int) -> Iterator[Ended]:
    for at, event, talk_s in log.execute(_OUTCOMES, (seq,)):
        yield _ended(at, event, talk_s)


def _ended(at: object, event: object, talk_s: object) -> Ended:
    return Ended(real(at) or 0.0, text(event) or "", real(talk_s) or 0.0)


def _seqs(log: sqlite3.Connection, name: CallName) -> list[int]:
    rows = log.execute("SELECT seq FROM calls WHERE id = ? AND at = ?", name)
    return [int(row[0]) for row in rows]


def _columns(log: sqlite3.Connection) -> Iterator[str]:
    """Yield `COLUMNS` as this log has them; what an older one lacks is NULL."""
    there = {row[1] for row in log.execute("PRAGMA table_info(calls)")}
    for name in COLUMNS:
        yield name if name in there else f"NULL AS {name}"


def _call_tag(log: sqlite3.Connection, seq: int) -> str | None:
    row = log.execute("SELECT id, at FROM calls WHERE seq = ?", (seq,)).fetchone()
    return None if row is None else f"{row[0]}@{row[1]!r}"


def _outcome_tag(log: sqlite3.Connection, rowid: int) -> str | None:
    row = log.execute(
        "SELECT call_seq, at, event FROM outcomes WHERE rowid = ?", (rowid,)
    ).fetchone()
    return None if row is None else f"{row[0]}@{row[1]!r}:{row[2]}"
