"""An incident as a page shows it: typed, from what the agent told or what was kept.

Pure, and none of it is trusted to be there: an agent of another version may have told it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from screener.core.incident import Ruled
from screener.core.settings import SEVERITY
from screener.web.charts import RULED_WORDS
from screener.web.hub_status import whole
from screener.web.live_cards import span

_LATEST = 253_402_300_799.0
"""The end of the year 9999, the last that a page can show."""

_MOST = 10**12
"""Calls of one incident; more is no count."""

_ENDS = {
    "challenge_passed": "passed",
    "challenge_failed": "failed",
    "challenge_silent": "pressed nothing",
    "challenge_abandoned": "hung up",
}
_KINDS = {
    "callers": "Callers",
    "called": "Called number",
    "prefix": "Prefix",
    "number": "Number",
}


@dataclass(frozen=True, slots=True)
class MarkLine:
    """What marks it: a kind, what it is, its share (0 to 1), how evenly its calls come."""

    kind: str
    what: str
    share: float
    cadence: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident; moments are seconds since 1970, `ended` None while it goes on.

    `is_cut` says that no agent watched to its end: `ended` is when it was last seen. Counts stand
    beside their words, the order is that of the page.
    """

    number: str
    began: float
    ended: float | None
    is_cut: bool
    lasted: str
    calls: int
    unwanted: int
    peak_per_minute: int
    limited: int
    ruled: tuple[tuple[str, int], ...]
    would: tuple[tuple[str, int], ...]
    ends: tuple[tuple[str, int], ...]
    marks: tuple[MarkLine, ...]
    done: tuple[str, ...]

    @property
    def state(self) -> str:
        """Return in words whether it is over."""
        if self.ended is None:
            return "goes on"
        return "the agent ended while it went on" if self.is_cut else "over"


def view_of(told: Mapping[str, object], now: float) -> IncidentView:
    """Return what is known of an incident at `now`, seconds since 1970; never raises."""
    began, ended = _number(told, "began", _LATEST) or 0.0, _number(told, "ended", _LATEST)
    verdicts, would = _part(told, "verdicts"), _part(told, "would")
    challenges = _part(told, "challenges")
    return IncidentView(
        number=str(told.get("id", "")),
        began=began,
        ended=ended,
        is_cut=told.get("cut") is True,
        lasted=span(max((now if ended is None else ended) - began, 0.0)),
        calls=_count(told, "calls"),
        unwanted=_count(told, "unwanted"),
        peak_per_minute=_count(told, "peak_per_minute"),
        limited=_count(told, "limited"),
        ruled=tuple((RULED_WORDS[one], _count(verdicts, one)) for one in Ruled),
        would=tuple((str(one), _count(would, one)) for one in SEVERITY),
        ends=tuple((word, _count(challenges, name)) for name, word in _ENDS.items()),
        marks=tuple(_mark(one) for one in _items(told, "marks") if isinstance(one, Mapping)),
        done=tuple(str(one) for one in _items(told, "done")),
    )


def _mark(told: Mapping[str, object]) -> MarkLine:
    kind = str(told.get("kind", ""))
    return MarkLine(
        _KINDS.get(kind, kind),
        str(told.get("what", "")),
        _number(told, "share", 1.0) or 0.0,
        str(told.get("cadence", "")),
    )


def _number(told: Mapping[str, object], name: str, most: float) -> float | None:
    """Return a number from 0 to `most`; None for all else, also for none and infinity."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, float | int):
        return None
    return float(value) if 0 <= value <= most else None


def _count(told: Mapping[str, object], name: str) -> int:
    """Return a count; 0 for all else."""
    value = whole(told, name) or 0
    return value if 0 <= value <= _MOST else 0


def _part(told: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = told.get(name)
    return value if isinstance(value, Mapping) else {}


def _items(told: Mapping[str, object], name: str) -> list[object]:
    value = told.get(name)
    return value if isinstance(value, list) else []
