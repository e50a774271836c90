"""The rules by which reviews of several edges come to the same, in whatever order they arrive.

What is done is never changed: an action with its entries, its undoing, the undoing of one entry,
the erasing of a number. Each is a fact that only ever comes to be, so that any order of taking
facts in, twice or late, ends the same; an undone review is not brought back by who did not hear.
What an import replaced is reckoned from them. Telling them is `review_parcels`'s, keeping them
`review_store`'s and `review_exchange`'s.
"""

import sqlite3

UID_BYTES = 8
BETWEEN = " on "
"""Stands between who did something and the edge where, in what is shown of other edges' deeds."""

MOST_AHEAD_S = 86_400.0
"""What claims to be done so far in the future is not believed: it would outspeak everybody."""

_TICK_S = 1e-6


def next_stamp(connection: sqlite3.Connection, at: float) -> float:
    """Return the stamp of what is done at `at`: after all that is known, also by clocks ahead.

    So whoever has seen a review speaks after it (a hybrid logical clock: Kulkarni et al., 2014).
    A number that was erased by a clock far ahead counts for nothing: other edges would take
    nothing of this one any more.
    """
    (latest,) = connection.execute(
        "SELECT max(coalesce((SELECT max(stamp) FROM actions), 0), "
        "coalesce((SELECT max(stamp) FROM erased WHERE stamp <= ?), 0))",
        (at + MOST_AHEAD_S,),
    ).fetchone()
    return max(at, float(latest) + _TICK_S)


def settle(connection: sqlite3.Connection, list_name: str, change: int) -> None:
    """Take out what the newest import that replaced a list replaces, and bring back the rest.

    Replaced is what was done before it on that list; what was undone by itself stays so.
    """
    found = connection.execute(
        "SELECT number, at, who, stamp, uid FROM actions WHERE list_name = ? AND replaces "
        "AND undone_at IS NULL ORDER BY stamp DESC, uid DESC LIMIT 1",
        (list_name,),
    ).fetchone()
    number, at, who, stamp, uid = found or (None, 0.0, "", -1.0, "")
    stands = "SELECT number FROM actions WHERE list_name = ? AND undone_at IS NULL AND (stamp, uid)"
    of_list = (list_name, stamp, uid)
    connection.execute(
        "UPDATE reviews SET undone_at = NULL, undone_by = NULL, undone_in = NULL, change = ? "  # noqa: S608 - our own words
        f"WHERE undone_in IS NOT NULL AND action IN ({stands} >= (?, ?))",
        (change, *of_list),
    )
    if number is not None:
        connection.execute(
            "UPDATE reviews SET undone_at = ?, undone_by = ?, undone_in = ?, change = ? "  # noqa: S608 - our own words
            f"WHERE undone_at IS NULL AND action IN ({stands} < (?, ?))",
            (at, who, number, change, *of_list),
        )
        connection.execute(
            "UPDATE reviews SET undone_in = ? "  # noqa: S608 - our own words
            f"WHERE undone_in <> ? AND action IN ({stands} < (?, ?))",
            (number, number, *of_list),
        )
