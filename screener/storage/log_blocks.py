"""Which blocks of calls can hold what a search asks for, newest first, by their features.

Looks at a window of blocks at a time, so that a search that soon finds enough reads little,
however large the log; where a window holds nothing, it goes straight to the next that may.
Reading the calls of a block is left to `log_query`.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import digits

from screener.storage.facets import ANY_DIGIT, CALLER, hour_facet

WINDOW = 128
"""Blocks looked at together: 131,072 calls; a mask such as `+1*` has ten features in each."""

_LAST = "\U0010ffff"
_IN_WINDOW = (
    "SELECT facets.block FROM json_each(?) CROSS JOIN facets "
    "ON facets.facet = json_each.value AND facets.block BETWEEN ? AND ?"
)
_NEXT = (
    "SELECT max((SELECT max(block) FROM facets WHERE facet = json_each.value AND block <= ?)) "
    "FROM json_each(?)"
)
_MASKS = """
WITH RECURSIVE masks (facet) AS (
    SELECT min(facet) FROM facets WHERE facet >= :low AND facet < :high
    UNION ALL
    SELECT (SELECT min(facet) FROM facets WHERE facet > masks.facet AND facet < :high)
    FROM masks WHERE masks.facet IS NOT NULL
)
SELECT facet FROM masks WHERE facet IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Span:
    """Hours, as `facets.hour_facet` spells them, the last included."""

    first: str
    last: str


def span_of(since: float | None, until: float | None) -> Span:
    """Return the hours between two moments (seconds since 1970); None is without an end."""
    return Span(hour_facet(since or 0.0), "hour:~" if until is None else hour_facet(until))


def blocks_with(
    connection: sqlite3.Connection, features: Sequence[Sequence[str]], top: int, bottom: int
) -> Iterator[int]:
    """Yield the blocks from `top` down to `bottom` that have one of each group of features.

    Without any group all blocks come. Raises sqlite3.Error.
    """
    wanted = [json.dumps(list(group)) for group in features]
    high = top
    while high >= bottom:
        low = max(high - WINDOW + 1, bottom)
        held: set[int] | None = None
        for group in wanted:
            found = {row[0] for row in connection.execute(_IN_WINDOW, (group, low, high))}
            held = found if held is None else held & found
            if not held:
                break
        yield from range(high, low - 1, -1) if held is None else sorted(held, reverse=True)
        nexts = [_next(connection, group, low - 1) for group in wanted]
        high = min([bottom - 1 if one is None else one for one in nexts], default=low - 1)


def blocks_in(connection: sqlite3.Connection, span: Span) -> set[int]:
    """Return the blocks with calls of these hours; as many as the log has there, about."""
    found = connection.execute(
        "SELECT DISTINCT block FROM facets WHERE facet BETWEEN ? AND ?", (span.first, span.last)
    )
    return {row[0] for row in found}


def masks_like(connection: sqlite3.Connection, pattern: str) -> list[str] | None:
    """Return the features of the masked callers that fit; `*` in the pattern is any text.

    None where the agent's own calls have no such features: nothing is known of them then.
    """
    noted = connection.execute(
        "SELECT 1 FROM facets WHERE facet BETWEEN ? AND ? AND block >= 0 LIMIT 1",
        (CALLER, CALLER + _LAST),
    ).fetchone()
    if noted is None:
        return None
    # A feature lacks one of the last four characters, so those are no place to begin at.
    begin = CALLER + pattern.partition("*")[0][:-4]
    fits = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL).fullmatch
    found = connection.execute(_MASKS, {"low": begin, "high": begin + _LAST})
    return [facet for (facet,) in found if any(map(fits, _masks_of(facet)))]


def _masks_of(facet: str) -> Iterator[str]:
    """Yield the masked callers that a feature may stand for."""
    mask = facet.removeprefix(CALLER)
    return (mask.replace(ANY_DIGIT, digit) for digit in (digits if ANY_DIGIT in mask else [""]))


def glob_of(pattern: str) -> str:
    """Return the pattern, whose one wildcard is `*`, as SQLite's GLOB reads it."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _next(connection: sqlite3.Connection, group: str, high: int) -> int | None:
    found: int | None = connection.execute(_NEXT, (high, group)).fetchone()[0]
    return found
