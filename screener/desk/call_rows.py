"""A call of the log as cells: the columns that a table and a CSV show. Numbers are masked."""

from collections.abc import Sequence

from screener.desk.cells import shown
from screener.desk.moments import utc
from screener.storage.log_query import Found

COLUMNS = (
    *("at", "id", "verdict", "would", "treatment", "score", "would_score", "pressure", "reasons"),
    *("caller", "caller_class", "did", "trunk", "outcome"),
)
"""What a table and a CSV show of a call; JSON shows all that is kept."""


CENTRAL_COLUMNS = (*COLUMNS[:2], "edge", *COLUMNS[2:])
"""The same of a call of the central log, with the edge that it came through."""


def row(call: Found, columns: Sequence[str] = COLUMNS) -> list[str]:
    """Return a call's columns as text."""
    told = {
        **call,
        "at": utc(float(str(call["at"]))),
        "reasons": " ".join(map(str, listed(call["reasons"]))),
        "outcome": " ".join(str(one["event"]) for one in listed(call["outcomes"])),
    }
    return [shown(told.get(name)) for name in columns]


def listed(value: object) -> Sequence[dict[str, object]]:
    """Return a value of a call that is a list; an empty one where it is none."""
    return value if isinstance(value, list) else []
