"""What one edge may claim to have counted: more than any edge can count is cut down.

So an edge that went wrong, or whose secret was stolen, can make a crowd look like an attack, for
which new callers are challenged at most (`crowds.most` bounds the points, and such points never
drop anybody), but it can neither teach a flood as usual nor outweigh the others without bound.
"""

from collections.abc import Collection, Mapping
from itertools import islice
from math import isfinite

from screener.core.center_counts import CenterDelta, QuarterCounts
from screener.core.crowd_deltas import ALL, Counts, CrowdDelta
from screener.core.crowd_kinds import MOST_CROWDS
from screener.core.crowds import MOST_FRESH
from screener.core.demand import BY_ATTESTATION, BY_DID, BY_PREFIX, BY_TRUNK, BY_WHO, JOINT
from screener.core.settings import Settings

MOST_PER_S = 1_500.0
"""Calls a second that one agent can decide at most (measured on one core)."""
TAUGHT_TIMES = 6.0
"""So many times what the operators can take teach what is usual at most: more is a rush."""
TAUGHT_AT_ONCE = 50.0
"""And so many calls beyond that, as calls come by chance."""
LONGEST_SPAN_S = 7_200.0
"""For so long an edge may have counted alone."""
SLACK_S = 10.0
"""How much longer than since it last told, for clocks and delays."""
_LONGEST_KEY = 400
_FEW = frozenset({BY_WHO, BY_ATTESTATION, BY_TRUNK, JOINT, BY_DID})


class EdgeBounds:
    """Cuts down what one edge claims, one delta after another."""

    def __init__(self) -> None:
        self._last_at: float | None = None
        self._spare = TAUGHT_AT_ONCE

    def believed(self, delta: CenterDelta, settings: Settings) -> CenterDelta:
        """Return what is believed of its next delta.

        Names that cannot be a crowd's are left out, and no count is below 0 or no number.
        """
        at, last = delta.crowds.at, self._last_at
        since = LONGEST_SPAN_S if last is None else max(at - last, 0.0) + SLACK_S
        span = min(_sane(delta.span), since, LONGEST_SPAN_S)
        self._last_at = at if last is None else max(at, last)
        calls = MOST_PER_S * max(span, 1.0)
        few = _named(delta.crowds.few, MOST_CROWDS, _FEW)
        prefixes = _named(delta.crowds.prefixes, MOST_FRESH, BY_PREFIX)
        most = _most(calls, settings)
        few = {key: _cut(counts, most) for key, counts in few.items()}
        prefixes = {key: _cut(counts, most) for key, counts in prefixes.items()}
        whole = sum(counts.slow for key, counts in few.items() if key[:1] == BY_WHO)
        part = most.slow / whole if whole > most.slow else 1.0  # many, each within its bound
        taught = self._taught(few, span, settings)
        few = {key: _scaled(counts, part, taught) for key, counts in few.items()}
        prefixes = {key: _scaled(counts, part, taught) for key, counts in prefixes.items()}
        since_quarter, *of_quarter = delta.quarter
        quarter = QuarterCounts(since_quarter, *[int(min(max(n, 0), calls)) for n in of_quarter])
        arrivals = min(_sane(delta.arrivals), MOST_PER_S * settings.pressure.window, calls)
        return CenterDelta(span, CrowdDelta(at, few, prefixes), arrivals, quarter)

    def _taught(self, few: Mapping[str, Counts], span: float, settings: Settings) -> float:
        """Return which part of what it teaches is believed."""
        site = settings.site
        allowed = self._spare + TAUGHT_TIMES * site.operators / site.mean_service * span
        claimed = max((counts.usual for counts in few.values()), default=0.0)
        believed = min(claimed, allowed)
        self._spare = min(allowed - believed, TAUGHT_AT_ONCE)
        return believed / claimed if claimed > 0.0 else 1.0


def _named(claimed: Mapping[str, Counts], most: int, kinds: Collection[str]) -> dict[str, Counts]:
    some = islice(claimed.items(), most)
    return {
        key: counts
        for key, counts in some
        if (key[:1] in kinds and len(key) <= _LONGEST_KEY) or (key == ALL and kinds is _FEW)
    }


def _most(calls: float, settings: Settings) -> Counts:
    crowds = settings.crowds
    tally = min(calls, MOST_PER_S * crowds.tally)
    return Counts(
        min(calls, MOST_PER_S * crowds.fast),
        min(calls, MOST_PER_S * crowds.slow),
        calls,
        *[tally] * 4,
    )


def _cut(counts: Counts, most: Counts) -> Counts:
    fast, slow, usual, asked, passed, busied, returned = [
        min(_sane(one), bound) for one, bound in zip(counts, most, strict=True)
    ]
    return Counts(fast, slow, usual, asked, min(passed, asked), busied, returned)


def _scaled(counts: Counts, part: float, taught: float) -> Counts:
    if part == taught == 1.0:
        return counts
    scaled = Counts(*[one * part for one in counts])
    return scaled._replace(usual=counts.usual * min(part, taught))


def _sane(value: float) -> float:
    return value if isfinite(value) and value >= 0.0 else 0.0
