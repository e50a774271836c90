"""How counts of crowds are written for other edges: JSON's types, strictly read.

The bodies are sealed before they leave (`shared_feed`); what may be believed of them is
`core.delta_bounds`'.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screener.core.center_baseline import Baseline
from screener.core.center_counts import CenterDelta, QuarterCounts
from screener.core.crowd_deltas import Counts, CrowdDelta
from screener.core.usual import QUARTERS, UsualWeek
from screener.errors import ScreenerError

_VERSION = 1
_DIGITS = 9
_MOST_KEYS = 20_000
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Told:
    """One delta: `teller` names the run of an agent, `number` counts what it told, from 1."""

    teller: str
    number: int
    delta: CenterDelta


def encode_delta(told: Told) -> dict[str, object]:
    """Return a delta in JSON's types."""
    delta = told.delta
    return {
        "v": _VERSION,
        "teller": told.teller,
        "number": told.number,
        "at": delta.crowds.at,
        "span": delta.span,
        "few": _encode(delta.crowds.few),
        "prefixes": _encode(delta.crowds.prefixes),
        "arrivals": delta.arrivals,
        "quarter": list(delta.quarter),
    }


def decode_delta(told: object) -> Told:
    """Return the delta; raises ScreenerError where it is none."""
    try:
        held = _versioned(told)
        since, *counts = held["quarter"]
        quarter = QuarterCounts(_number(since), *[_whole(one) for one in counts])
        crowds = CrowdDelta(_number(held["at"]), _decode(held["few"]), _decode(held["prefixes"]))
        span, arrivals = _number(held["span"]), _number(held["arrivals"])
        delta = CenterDelta(span, crowds, arrivals, quarter)
        return Told(_text(held["teller"]), _whole(held["number"]), delta)
    except (KeyError, TypeError, ValueError):
        raise ScreenerError("it is no count of crowds") from None


def encode_baseline(baseline: Baseline) -> dict[str, object]:
    """Return a baseline in JSON's types."""
    week = baseline.week
    return {
        "v": _VERSION,
        "at": baseline.at,
        "few": _encode(baseline.few),
        "customers": baseline.customers,
        "week": [
            *(week.timezone, [round(one, 3) for one in week.usual], week.since, week.whole),
            *(week.before, week.came, week.refused, week.failed),
        ],
        "seen": dict(baseline.seen),
    }


def decode_baseline(told: object) -> Baseline:
    """Return the baseline; raises ScreenerError where it is none."""
    try:
        held = _versioned(told)
        timezone, usual, since, whole, before, *counts = held["week"]
        week = UsualWeek(
            _text(timezone),
            [max(_number(one), 0.0) for one in usual],
            _number(since),
            whole is True,
            _number(before),
            *[_whole(one) for one in counts],
        )
        if len(week.usual) != QUARTERS:
            raise ScreenerError("its week has another length")
        seen = {_text(teller): _whole(number) for teller, number in _few(held["seen"]).items()}
        few, customers = _decode(held["few"]), _whole(held["customers"])
        return Baseline(_number(held["at"]), few, customers, week, seen)
    except (KeyError, TypeError, ValueError):
        raise ScreenerError("it is no baseline of crowds") from None


def encode_prefixes(prefixes: Mapping[str, Counts], at: float) -> dict[str, object]:
    """Return what is usual of prefixes in JSON's types."""
    usual = {key: float(f"{counts.usual:.3g}") for key, counts in prefixes.items()}
    return {"v": _VERSION, "at": at, "usual": usual}


def decode_prefixes(told: object) -> tuple[dict[str, Counts], float]:
    """Return what is usual of prefixes, and when it was; raises ScreenerError."""
    try:
        held = _versioned(told)
        usual = {
            _text(key): Counts(usual=max(_number(one), 0.0))
            for key, one in _few(held["usual"]).items()
        }
        return usual, _number(held["at"])
    except (KeyError, TypeError, ValueError):
        raise ScreenerError("it is no baseline of prefixes") from None


def _encode(several: Mapping[str, Counts]) -> dict[str, list[float]]:
    return {key: [float(f"{one:.{_DIGITS}g}") for one in counts] for key, counts in several.items()}


def _decode(told: object) -> dict[str, Counts]:
    found = {}
    for key, counts in _few(told).items():
        fast, slow, usual, asked, passed, busied, returned = [max(_number(n), 0.0) for n in counts]
        found[_text(key)] = Counts(fast, slow, usual, asked, passed, busied, returned)
    return found


def _versioned(told: object) -> dict[str, Any]:
    if not isinstance(told, dict) or told["v"] != _VERSION:
        raise ValueError("another version")
    return told


def _few(told: object) -> dict[str, Any]:
    if not isinstance(told, dict) or len(told) > _MOST_KEYS:
        raise ValueError("no object, or too large a one")
    return told


def _text(told: object) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST:
        raise ValueError("no text, or too long a one")
    return told


def _number(told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise ValueError("no number")
    return float(told)


def _whole(told: object) -> int:
    if isinstance(told, bool) or not isinstance(told, int):
        raise TypeError("no whole number")
    return told
