"""What a supervisor's review reads and writes in the decision log: whose call it was, its mark.

The mark is an outcome, `not_spam`, so that a replay counts the caller among the people who were
served. Nothing is opened for anybody to see: a number goes from here into a review, sealed again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from screener.core.lists import Entry, EntryIndex
from screener.errors import MissingPartError, ScreenerError
from screener.storage.facets import block_of, outcome_facet
from screener.storage.keys import Keys
from screener.storage.log_file import connect, words_for
from screener.storage.log_hints import place_of
from screener.storage.review_rows import caller_of
from screener.storage.sealing import Sealer

NOT_SPAM_EVENT = "not_spam"
"""The outcome's word."""

WAIT_S = 5.0
MOST_LOOKED_AT = 20_000
"""Calls that `effect_on` looks at: a quarter of a second."""

_GOOD = f"'answered', 'challenge_passed', '{NOT_SPAM_EVENT}'"


@dataclass(frozen=True, slots=True)
class Effect:
    """How many of the `looked_at` newest calls an entry holds, and how many went well."""

    looked_at: int
    held: int
    good: int


def identity_of(path: Path, keys: Keys, call_id: str) -> str:
    """Return the identity of the caller of a recorded call; raises ScreenerError."""
    with _opened(path) as connection:
        row = _found(connection, call_id)
    if row[1] is None:
        raise ScreenerError(
            f"call {call_id} names no caller: nobody can be allowed or denied by it"
        )
    return Sealer(keys).unseal(row[1], call_id, row[2])


def mark_not_spam(path: Path, call_id: str, at: float) -> None:
    """Mark the call, once, as one of a person; raises ScreenerError."""
    with _opened(path) as connection:
        seq = _found(connection, call_id)[0]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO outcomes SELECT ?, ?, ?, 0.0 WHERE NOT EXISTS "
            "(SELECT 1 FROM outcomes WHERE call_seq = ? AND event = ?)",
            (seq, at, NOT_SPAM_EVENT, seq, NOT_SPAM_EVENT),
        )
        connection.execute(
            "INSERT OR IGNORE INTO facets VALUES (?, ?)",
            (outcome_facet(NOT_SPAM_EVENT), block_of(seq)),
        )
        connection.execute("COMMIT")


def unmark(path: Path, call_id: str) -> bool:
    """Take the mark off the call; return whether there was one. Raises ScreenerError."""
    with _opened(path) as connection:
        gone = connection.execute(
            "DELETE FROM outcomes WHERE event = ? AND call_seq = ?",
            (NOT_SPAM_EVENT, place_of(connection, call_id)),
        )
        return gone.rowcount > 0


def effect_on(path: Path, keys: Keys, entry: Entry, since: float) -> Effect:
    """Return what the entry would have meant to the newest calls since then; ScreenerError."""
    index, sealer = EntryIndex([entry]), Sealer(keys)
    looked_at = held = good = 0
    with _opened(path) as connection:
        rows = connection.execute(
            "SELECT id, sealed, key_id, EXISTS (SELECT 1 FROM outcomes WHERE call_seq = seq AND "  # noqa: S608 - our own words
            f"event IN ({_GOOD})) FROM calls WHERE seq > 0 AND at >= ? AND sealed IS NOT NULL "
            "AND seq > (SELECT max(seq) FROM calls) - ? ORDER BY seq DESC",
            (since, MOST_LOOKED_AT),
        )
        for call_id, sealed, key_id, served in rows:
            looked_at += 1
            try:
                identity = sealer.unseal(sealed, call_id, key_id)
            except ScreenerError:
                continue
            if index.find(caller_of(identity)) is not None:
                held += 1
                good += served
    return Effect(looked_at, held, good)


def _found(connection: sqlite3.Connection, call_id: str) -> tuple[int, bytes | None, str]:
    row = connection.execute(
        "SELECT seq, sealed, key_id FROM calls WHERE seq = ?", (place_of(connection, call_id),)
    ).fetchone()
    if row is None:
        raise ScreenerError(f"the log holds no call {call_id}")
    return int(row[0]), row[1], str(row[2])


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise MissingPartError(f"there is no decision log at {path}: has an agent run with it?")
    try:
        with closing(connect(path, wait_s=WAIT_S)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise ScreenerError(f"the decision log cannot be used: {words_for(error)}") from error
