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
    began, ended = _moment(told.get("began")) or 0.0, _moment(told.get("ended"))
    verdicts, would = _part(told, "verdicts"), _part(told, "would")
    challenges = _part(told, "challenges")
    return IncidentView(
        number=str(told.get("id", "")),
        began=began,
        ended=ended,
        is_cut=told.get("cut") is True,
        lasted=span(max((now if ended is None else ended) - began, 0.0)),
        calls=whole(told, "calls") or 0,
        unwanted=whole(told, "unwanted") or 0,
        peak_per_minute=whole(told, "peak_per_minute") or 0,
        limited=whole(told, "limited") or 0,
        ruled=tuple((RULED_WORDS[one], whole(verdicts, one) or 0) for one in Ruled),
        would=tuple((str(one), whole(would, one) or 0) for one in SEVERITY),
        ends=tuple((word, whole(challenges, name) or 0) for name, word in _ENDS.items()),
        marks=tuple(_mark(one) for one in _items(told, "marks") if isinstance(one, Mapping)),
        done=tuple(str(one) for one in _items(told, "done")),
    )


def _mark(told: Mapping[str, object]) -> MarkLine:
    kind, share = str(told.get("kind", "")), told.get("share")
    return MarkLine(
        _KINDS.get(kind, kind),
        str(told.get("what", "")),
        float(share) if isinstance(share, float | int) else 0.0,
        str(told.get("cadence", "")),
    )


def _moment(value: object) -> float | None:
    return float(value) if type(value) in {int, float} else None  # type: ignore[arg-type]  # told by its type


def _part(told: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = told.get(name)
    return value if isinstance(value, Mapping) else {}


def _items(told: Mapping[str, object], name: str) -> list[object]:
    value = told.get(name)
    return value if isinstance(value, list) else []
