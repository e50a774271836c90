"""How far one edge's log is in the central one: in calls, in imported calls, in outcomes.

Written beside the rows that it speaks of, in their transaction. Reading a log on from it is left
to `edge_reading`.
"""

import json
from typing import NamedTuple

from screener.storage.central.marks import Marks, as_plain, from_plain


class Cursor(NamedTuple):
    """Marks in the log's `calls` upwards from 1, downwards from 0, and in its `outcomes`."""

    calls: Marks = ()
    imported: Marks = ()
    outcomes: Marks = ()


def as_text(cursor: Cursor) -> str:
    """Return the cursor as the central log keeps it."""
    told = {name: as_plain(marks) for name, marks in cursor._asdict().items()}
    return json.dumps(told, separators=(",", ":"))


def from_text(text: str) -> Cursor:
    """Return the cursor of a text; what cannot be read begins anew, which costs time alone."""
    try:
        told = json.loads(text)
    except ValueError:
        return Cursor()
    if not isinstance(told, dict):
        return Cursor()
    return Cursor(*(from_plain(told.get(name)) for name in Cursor._fields))
