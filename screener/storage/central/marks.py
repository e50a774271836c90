"""How far a log was followed: not one place but a few, so that a place given out again is noticed.

SQLite gives the place of a deleted newest row to the next one, and a damaged log is replaced by a
new one that counts anew. So every mark names the row that stood at its place. Where the newest no
longer does, following goes on from the newest mark that still holds, and what is read twice by
that is written once.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

_THIN = 3


class Mark(NamedTuple):
    """A place of a log, and what stood there when it was followed up to it."""

    place: int
    tag: str


Marks = tuple[Mark, ...]
"""From the oldest to the newest."""


def holding(marks: Marks, tag_at: Callable[[int], str | None]) -> Marks:
    """Return the marks up to the newest whose row still stands there; none where no row does."""
    for count in range(len(marks), 0, -1):
        newest = marks[count - 1]
        if tag_at(newest.place) == newest.tag:
            return marks[:count]
    return ()


def advanced(marks: Marks, newest: Mark) -> Marks:
    """Return the marks with a newer one, thinned: the farther back, the farther apart.

    A mark goes where its neighbours are no farther from one another than `_THIN` times as far as
    the newer one is from the newest. So a log that lost its newest n rows is read again from at
    most 4 n places back, and of a million places a score is remembered.
    """
    kept: list[Mark] = list(marks[:1])
    for mark, newer in pairwise((*marks[1:], newest)):
        gap = abs(newer.place - kept[-1].place)
        if gap > _THIN * abs(newest.place - newer.place):
            kept.append(mark)
    return (*kept, newest)


def place_of(marks: Marks, start: int) -> int:
    """Return the newest place, or where to start without any."""
    return marks[-1].place if marks else start


def as_plain(marks: Marks) -> list[list[object]]:
    """Return the marks as JSON can hold them."""
    return [[mark.place, mark.tag] for mark in marks]


def from_plain(told: object) -> Marks:
    """Return the marks that `as_plain` made; none where it is something else."""
    if not isinstance(told, Sequence) or isinstance(told, str):
        return ()
    return tuple(
        Mark(one[0], one[1])
        for one in told
        if isinstance(one, Sequence)
        and len(one) == 2  # noqa: PLR2004 - a place and a tag
        and isinstance(one[0], int)
        and isinstance(one[1], str)
    )
