"""Filling an empty table at a start, ten times as fast as entry by entry.

A start has three seconds, and 400,000 entries put one by one would take two of them. What is
filled behaves as if it had been put in that order; tests hold the two against each other. In
which order that is, is left to `state_file`.
"""

from itertools import islice
from typing import TypeVar

from screener.core.tables import Table
from screener.storage.memory import Segment, SegmentedTable

V = TypeVar("V")
Entries = dict[str, V]


def fill(table: Table[V], probation: Entries[V], protected: Entries[V]) -> None:
    """Put the entries of both segments, each least recently used first, into a table.

    No key may be in both. Of what does not fit the most recently used are kept; protected entries
    for which there is no room go on probation, as the most recently used there. Quick for an
    empty `SegmentedTable`, which keeps what it is given: the caller must not use it further.
    """
    if not isinstance(table, SegmentedTable) or len(table):
        _put_one_by_one(table, probation, protected)
        return
    segments: dict[str, Segment[V]] = vars(table)
    over = max(len(protected) - int(segments["_protected"].maxsize), 0)
    if over:
        probation = {**probation, **dict(islice(protected.items(), over))}
        protected = dict(islice(protected.items(), over, None))
    _fill(segments["_protected"], protected)
    _fill(segments["_probation"], probation)


def _put_one_by_one(table: Table[V], probation: Entries[V], protected: Entries[V]) -> None:
    for key, value in probation.items():
        table.put(key, value)
    for key, value in protected.items():
        table.put(key, value)
        table.protect(key)


def _fill(segment: Segment[V], entries: Entries[V]) -> None:
    over = len(entries) - int(segment.maxsize)
    segment.adopt(entries if over <= 0 else dict(islice(entries.items(), over, None)))
