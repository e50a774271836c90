"""An incident in words: what marks it, and what is done about it; for log, status and commands.

Nothing here names a caller: of a prefix as many digits are hidden as a number has behind its
exchange, of a number all but what the log shows of it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from screener.core.crowd import KNOWN, NEW
from screener.core.crowds import CROWDED
from screener.core.demand import JOINT
from screener.core.heaviest import Heaviest
from screener.core.incident import CrowdPart, Incident, Ruled
from screener.core.number import CallerClass

LEAST_SHARE = 0.1
"""What carries less of the unwanted calls is no mark."""
MOST_MARKS = 5
"""Crowds that are told, and of each other kind of mark as many."""
LEAST_HIDDEN = 4
"""Digits of a prefix that are hidden at least, with those that it lacks: those of a line."""

_EVEN, _UNEVEN = 0.5, 0.8
_BULLET = "\u2022"
_CALLERS = {
    KNOWN: "known callers",
    NEW: "new numbers",
    CROWDED: "new numbers of crowded prefixes",
    CallerClass.FOREIGN: "foreign numbers",
    CallerClass.UNALLOCATED: "numbers nobody can have",
    CallerClass.SHORT: "short numbers",
    CallerClass.WITHHELD: "withheld numbers",
    CallerClass.ANONYMOUS: "anonymous callers",
    CallerClass.ABSENT: "callers without a number",
    CallerClass.JUNK: "callers whose number is junk",
}
_DONE = {
    Ruled.CHALLENGE: "asks a captcha of",
    Ruled.BUSY: "tells busy",
    Ruled.REFUSE: "refuses",
    Ruled.ADMIT: "lets in",
}


class Mark(NamedTuple):
    """What marks an incident: its kind, what it is, and its share of the unwanted calls.

    The kinds are `callers`, `prefix`, `called` and `number`. `cadence` is `even`, `uneven` as
    independent callers are, `in between`, or empty where it is not known.
    """

    kind: str
    what: str
    share: float
    cadence: str = ""

    def __str__(self) -> str:
        """Return the mark as part of a sentence."""
        cadence = f", cadence {self.cadence}" if self.cadence else ""
        kind = "" if self.kind == "callers" else f"{self.kind} "
        return f"{kind}{self.what} ({self.share:.0%}{cadence})"


def marks_of(incident: Incident, prefix_tail: int) -> tuple[Mark, ...]:
    """Return what carries most of the unwanted calls: crowds, called numbers, prefixes, numbers.

    `prefix_tail` is how many digits a prefix leaves out.
    """
    whole = max(incident.unwanted, 1e-9)
    crowds = [
        Mark("callers", crowd_in_words(key), part.unwanted / whole, cadence_of(part))
        for key, part in _heaviest_crowds(incident)
        if part.unwanted >= LEAST_SHARE * whole
    ]
    prefixes = _merged(
        (masked_prefix(one.key, prefix_tail), one.weight / whole)
        for one in incident.prefixes.top(0.0)
    )
    return (
        *crowds[:MOST_MARKS],
        *_weighed("called", incident.dids, whole),
        *[Mark("prefix", what, share) for what, share in prefixes if share >= LEAST_SHARE],
        *_weighed("number", incident.numbers, whole),
    )


def deeds_of(incident: Incident, *, observing: bool) -> tuple[str, ...]:
    """Return what is done about it, one sentence for each way of ruling, most calls first."""
    told = []
    for ruled in (Ruled.CHALLENGE, Ruled.BUSY, Ruled.REFUSE):
        by_crowd = [
            (part.ruled.get(ruled, 0), crowd_in_words(key))
            for key, part in incident.crowds.items()
            if part.ruled.get(ruled)
        ]
        calls = sum(count for count, _ in by_crowd)
        if not calls:
            continue
        by_crowd.sort(reverse=True)
        whom = " and ".join(
            dict.fromkeys(what for count, what in by_crowd[:2] if count >= LEAST_SHARE * calls)
        )
        told.append((calls, f"{_DONE[ruled]} {whom or 'several'}: {calls} calls"))
    told.sort(key=lambda one: -one[0])
    sentences = [sentence for _, sentence in told]
    if observing:
        would = ", ".join(
            f"{action.value} {count}" for action, count in sorted(incident.would.items()) if count
        )
        sentences.insert(0, f"observes only; enforcing would {would or 'do nothing'}")
    return tuple(sentences) or ("lets all of them in",)


def crowd_in_words(key: str) -> str:
    """Return who is in a crowd, from its key: kind of caller, attestation, trunk."""
    if not key.startswith(JOINT) or key == JOINT:
        return "others"
    who, attestation, trunk = (*key[1:].split("\x1f"), "", "")[:3]
    callers = _CALLERS.get(who, who)
    return f"{callers}, attestation {attestation or 'none'}, trunk {trunk or 'not told'}"


def cadence_of(part: CrowdPart) -> str:
    """Return how evenly a crowd's calls come; people's come unevenly."""
    uneven = part.unevenness
    if uneven is None:
        return ""
    return "even" if uneven <= _EVEN else "uneven" if uneven >= _UNEVEN else "in between"


def masked_prefix(prefix: str, prefix_tail: int) -> str:
    """Return a prefix with a bullet for each hidden digit of its numbers."""
    hidden = max(prefix_tail, LEAST_HIDDEN)
    return prefix[: max(len(prefix) - (hidden - prefix_tail), 1)] + _BULLET * hidden


def _heaviest_crowds(incident: Incident) -> list[tuple[str, CrowdPart]]:
    return sorted(incident.crowds.items(), key=lambda one: -one[1].unwanted)


def _weighed(kind: str, heaviest: Heaviest, whole: float) -> list[Mark]:
    top = heaviest.top(LEAST_SHARE * whole)[:MOST_MARKS]
    return [Mark(kind, one.key or "not told", one.weight / whole) for one in top]


def _merged(shares: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return what looks alike once it is masked as one, heaviest first."""
    merged: dict[str, float] = {}
    for what, share in shares:
        merged[what] = merged.get(what, 0.0) + share
    return sorted(merged.items(), key=lambda one: -one[1])[:MOST_MARKS]
