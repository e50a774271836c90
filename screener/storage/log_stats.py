"""Figures of a span of the log: calls, verdicts, outcomes, latencies, by what they are grouped.

Reads the calls of the span once, and what became of them once, in memory that does not grow with
the span. How the figures are shown is left to the commands.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from screener.core.outcome import ENDS_OF_CHALLENGE, Event, waited
from screener.storage.facets import names_in, seqs_of
from screener.storage.log_blocks import blocks_in, span_of

MOST_GROUPS = 5_000
"""Groups and reasons counted apart; what comes later is added up under `OTHERS`."""

MOST_SERVED = 200_000
"""Answered callers remembered, to see whom of them we refused (some 20 MB)."""

OTHERS = "(others)"
IMPORTED = "imported"

_SPAN = (
    " FROM json_each(?) AS span CROSS JOIN calls ON calls.seq BETWEEN "
    "json_extract(span.value, '$[0]') AND json_extract(span.value, '$[1]') "
)
_IN_TIME = " WHERE calls.at >= ? AND calls.at < ?"
_GROUP = "calls.at, calls.did, calls.trunk, calls.caller_class, calls.reasons, calls.config, ''"
_CALLS = (
    f"SELECT {_GROUP}, verdict, would, treatment, latency_ms, error, number_key, imported_at"
    f"{_SPAN}{_IN_TIME}"
)
_OUTCOMES = (
    f"SELECT {_GROUP}, calls.seq, outcomes.at, event, talk_s, number_key"
    # In this order of tables the outcomes of a call come one after another, as they were told.
    f"{_SPAN}CROSS JOIN outcomes ON outcomes.call_seq = calls.seq{_IN_TIME}"
)
_LATEST = 1e12

Row = tuple[Any, ...]

_ENDS_OF_WAIT = frozenset({Event.ANSWERED.value, Event.ABANDONED.value})
_HOUR_S = 3_600


class By(StrEnum):
    """What calls are grouped by; a call counts under each of its reasons.

    By edge only the central log tells calls apart.
    """

    HOUR = "hour"
    DID = "did"
    TRUNK = "trunk"
    CLASS = "class"
    REASON = "reason"
    CONFIG = "config"
    EDGE = "edge"


@dataclass(slots=True)
class Tally:
    """What is counted of some calls; `talk_s` is the sum of `answered` talks, in seconds.

    `waits` are those who joined the queue and were answered or hung up, `wait_s` the sum of the
    seconds that they waited. `imported` calls are among `calls`, and have no verdict. `faults` are
    calls that a fault of ours let pass.
    """

    calls: int = 0
    imported: int = 0
    faults: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    would: Counter[str] = field(default_factory=Counter)
    treatments: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    talk_s: float = 0.0
    waits: int = 0
    wait_s: float = 0.0

    @property
    def mean_wait_s(self) -> float | None:
        """Seconds that a caller waited in the queue; None without any."""
        return self.wait_s / self.waits if self.waits else None

    @property
    def mean_talk_s(self) -> float | None:
        """Seconds that an answered caller was talked with; None without any."""
        answered = self.outcomes[Event.ANSWERED]
        return self.talk_s / answered if answered else None

    @property
    def pass_rate(self) -> float | None:
        """The share of challenges passed, of those passed, failed, silent or abandoned."""
        asked = sum(self.outcomes[event] for event in ENDS_OF_CHALLENGE)
        return self.outcomes[Event.CHALLENGE_PASSED] / asked if asked else None


@dataclass(slots=True)
class Stats:
    """The figures of a span.

    `latency_ms` holds p50 and p99 in milliseconds to three digits, None without any; `wait_p80_s`
    is the wait in the queue, to the second, that four of five callers did not exceed. `refused`
    counts dropped calls, and `would_refuse` calls that enforcing would drop, of callers who were
    answered within the span; None where more than `MOST_SERVED` callers were.
    """

    total: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    latency_ms: dict[str, float | None] = field(default_factory=dict)
    wait_p80_s: float | None = None
    refused: int | None = 0
    would_refuse: int | None = 0


def stats(
    connection: sqlite3.Connection,
    since: float | None = None,
    until: float | None = None,
    by: By | None = None,
) -> Stats:
    """Count what came from `since` up to and without `until` (seconds since 1970).

    Raises sqlite3.Error.
    """
    values = (
        json.dumps(list(_ranges(blocks_in(connection, span_of(since, until))))),
        since or 0.0,
        _LATEST if until is None else until,
    )
    return counted(connection.execute(_OUTCOMES, values), connection.execute(_CALLS, values), by)


def counted(outcomes: Iterable[Row], calls: Iterable[Row], by: By | None = None) -> Stats:
    """Count rows of a log, each read once, the outcomes first.

    Both begin with moment, called number, trunk, class, reasons, configuration and edge of a call.
    Of an outcome follow the call's seq, its moment, event, talk in seconds and the caller's
    pseudonym; those of a call come one after another. Of a call follow verdict, what enforcing
    would have done, treatment, latency in ms, error, pseudonym, and when it was imported.
    """
    found, served = Stats(), _Served()
    _count_outcomes(found, served, outcomes, by)
    latencies: Counter[float] = Counter()
    for *group, verdict, would, treatment, latency, error, number, imported in calls:
        told = (verdict, would, treatment) if imported is None else None
        for tally in _tallies(found, by, group):
            _count(tally, told, fault=error is not None)
        for name in names_in(group[4]):
            found.reasons[name if _has_room(found.reasons, name) else OTHERS] += 1
        if latency is not None:
            latencies[float(f"{latency:.3g}")] += 1
        if number in served.callers:
            found.refused = (found.refused or 0) + (verdict == "drop")
            found.would_refuse = (found.would_refuse or 0) + (would == "drop")
    if served.overflown:
        found.refused = found.would_refuse = None
    found.latency_ms = {"p50": _quantile(latencies, 0.5), "p99": _quantile(latencies, 0.99)}
    return found


def _count_outcomes(found: Stats, served: "_Served", told: Iterable[Row], by: By | None) -> None:
    queue = _Queue()
    for *group, seq, at, event, talk_s, number in told:
        if event == Event.ANSWERED:
            served.add(number)
        wait = queue.follow(seq, event, at, talk_s)
        for tally in _tallies(found, by, group):
            tally.outcomes[event] += 1
            tally.talk_s += talk_s if event == Event.ANSWERED else 0.0
            if wait is not None:
                tally.waits += 1
                tally.wait_s += wait
    found.wait_p80_s = _quantile(queue.waits, 0.8)


class _Queue:
    """Follows calls through the queue, outcome by outcome; `waits` counts theirs by the second."""

    def __init__(self) -> None:
        self.waits: Counter[float] = Counter()
        self._joined: tuple[int, float] | None = None

    def follow(self, seq: int, event: str, at: float, talk_s: float) -> float | None:
        """Take the next outcome of the call `seq`; return its wait, seconds, where that is over."""
        if event == Event.QUEUE_JOINED:
            self._joined = seq, at
            return None
        if self._joined is None or self._joined[0] != seq or event not in _ENDS_OF_WAIT:
            return None
        wait = waited(self._joined[1], at, talk_s)
        self._joined = None
        self.waits[float(round(wait))] += 1
        return wait


class _Served:
    """The pseudonyms of callers who were answered, as many as there is room for."""

    def __init__(self) -> None:
        self.callers: set[bytes] = set()
        self.overflown = False

    def add(self, number: bytes | None) -> None:
        if number is None or number in self.callers:
            return
        self.overflown = len(self.callers) >= MOST_SERVED
        if not self.overflown:
            self.callers.add(number)


def _count(tally: Tally, told: tuple[str, str, str | None] | None, *, fault: bool) -> None:
    tally.calls += 1
    tally.faults += fault
    if told is None:
        tally.imported += 1
        return
    verdict, would, treatment = told
    tally.verdicts[verdict] += 1
    tally.would[would] += 1
    if treatment:
        tally.treatments[treatment] += 1


def _tallies(found: Stats, by: By | None, group: list[object]) -> Iterator[Tally]:
    yield found.total
    for name in _names(by, group) if by else ():
        room = _has_room(found.groups, name)
        yield found.groups.setdefault(name if room else OTHERS, Tally())


def _has_room(counted: dict[str, Tally] | Counter[str], name: str) -> bool:
    return name in counted or len(counted) < MOST_GROUPS


def _names(by: By, group: list[object]) -> Iterator[str]:
    at, did, trunk, caller_class, reasons, config, edge = group
    match by:
        case By.HOUR:
            hour = int(float(str(at))) // _HOUR_S * _HOUR_S
            yield str(hour)
        case By.REASON:
            yield from names_in(str(reasons))
        case _:
            value = {
                By.DID: did,
                By.TRUNK: trunk,
                By.CLASS: caller_class,
                By.CONFIG: config,
                By.EDGE: edge,
            }[by]
            yield str(value or "")


def _ranges(blocks: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last seq of each run of blocks, oldest first."""
    ordered = sorted(blocks)
    start = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place] != ordered[place - 1] + 1:
            yield seqs_of(ordered[start])[0], seqs_of(ordered[place - 1])[1]
            start = place


def _quantile(values: Counter[float], share: float) -> float | None:
    """Return the smallest value that at least that share of all does not exceed."""
    left = share * values.total()
    for value, count in sorted(values.items()):
        left -= count
        if left <= 0:
            return value
    return None
