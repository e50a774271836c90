"""Whose a call is, as the pseudonym that searches take: to find the other calls of its caller.

A pseudonym is worth nothing without the keys, and leaves this machine in no output but an
address of our own pages. Whole numbers are `subjects`'s.
"""

import json
import sqlite3
from collections.abc import Iterable

from screener.storage.log_hints import place_of


def number_key_of(connection: sqlite3.Connection, call_id: str) -> bytes | None:
    """Return the pseudonym of a call's caller, None where it names none; raises sqlite3.Error."""
    row = connection.execute(
        "SELECT number_key FROM calls WHERE seq = ?", (place_of(connection, call_id),)
    ).fetchone()
    return row[0] if row else None


def number_keys_at(connection: sqlite3.Connection, seqs: Iterable[int]) -> dict[int, bytes]:
    """Return the pseudonyms of the calls at these places that have one; raises sqlite3.Error."""
    rows = connection.execute(
        "SELECT seq, number_key FROM calls WHERE seq IN (SELECT value FROM json_each(?)) "
        "AND number_key IS NOT NULL",
        (json.dumps(list(seqs)),),
    )
    return dict(rows.fetchall())
