"""Ordered lists of callers: which of the admin's entries, if any, a caller is on.

An entry is a number in any writing, a short code, a prefix (`+1900*`), a range
(`+16515390000-+16515399999`) or a pattern (`_1900X.`). A number without extension stands for its
whole line, extensions included. What a hit is worth is left to `signals`, and where the entries
come from to `config`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from screener.core.number import CallerId, NumberPlan
from screener.core.number_pattern import pattern_regex
from screener.core.records import record

ALLOWED_ENTRIES = (
    "allowed are a number (+16515392200), a short code (911), a prefix (+1900*),"
    " a range (+16515390000-+16515399999) and a pattern (_1900X.)"
)

_PREFIX = re.compile(r"\+([1-9][0-9]{0,13})\*")
_RANGE = re.compile(r"\+([1-9][0-9]{6,14})-\+([1-9][0-9]{6,14})")


class ListAction(StrEnum):
    """What being on a list speaks for; the exempt are never challenged, else judged as anybody."""

    ALLOW = "allow"
    DENY = "deny"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class ListSpec:
    """One list as it was declared; it ends at `until` (seconds since 1970), None for never."""

    name: str
    action: ListAction
    entries: tuple[str, ...]
    until: float | None = None
    reason: str = ""


@record
class ListHit:
    """The list a caller is on, and the entry, as it was written, that put the caller there.

    An `overriding` allow beats everything else there is to say of the call.
    """

    list_name: str
    action: ListAction
    entry: str
    overriding: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Exact:
    """One caller, by `CallerId.identity`."""

    text: str
    identity: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """All numbers that begin with these digits, country code first."""

    text: str
    digits: str


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers from `low` to `high`, both in it, of as many digits."""

    text: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """All numbers whose digits a regular expression matches as a whole."""

    text: str
    regex: str


@dataclass(frozen=True, slots=True)
class Trunk:
    """All calls that come by one trunk, whoever the caller is; only a review names one."""

    text: str
    name: str


Entry = Exact | Prefix | Range | Pattern | Trunk


def parse_entry(text: str, plan: NumberPlan) -> Entry:
    """Read one list entry; raises ValueError that says what is wrong and what is allowed."""
    if text.startswith("_"):
        return Pattern(text, pattern_regex(text))
    if text.endswith("*"):
        shape = _PREFIX.fullmatch(text)
        if shape is None:
            raise ValueError(
                f"prefix {text!r} is not + and 1 to 14 digits, country code first, before the *"
            )
        return Prefix(text, shape[1])
    if "-+" in text:
        return _parse_range(text)
    identity = plan.identify(text)
    if not identity:
        raise ValueError(f"{text!r} is no number; {ALLOWED_ENTRIES}")
    return Exact(text, identity)


def _parse_range(text: str) -> Range:
    shape = _RANGE.fullmatch(text)
    if shape is None:
        raise ValueError(f"range {text!r} is not two numbers of + and 7 to 15 digits around a -")
    low, high = shape[1], shape[2]
    if len(low) != len(high):
        raise ValueError(
            f"range {text!r} runs from {len(low)} to {len(high)} digits;"
            " both ends must have the same length"
        )
    if low > high:
        raise ValueError(f"range {text!r} ends before it begins; the lower number comes first")
    return Range(text, low, high)


class ListBook:
    """All lists, compiled once; a look-up does not grow with the entries of a list but patterns.

    Raises ValueError where an entry is refused by `parse_entry`.
    """

    def __init__(self, specs: Iterable[ListSpec], plan: NumberPlan) -> None:
        # Nobody is on an empty list, so no call looks for itself there.
        lists = [_CompiledList(spec, plan) for spec in specs if spec.entries]
        permanent = [one for one in lists if one.always_allows]
        self._lists = permanent + [one for one in lists if not one.always_allows]

    def match(self, caller: CallerId, now: float) -> ListHit | None:
        """Return the list that speaks for the caller at `now` (seconds since 1970), or None.

        A permanent allow beats everything; otherwise the first list in order that has not
        ended and holds the caller. A call that identifies nobody is on no list.
        """
        if not caller.identity:
            return None
        for one in self._lists:
            spec = one.spec
            if spec.until is not None and now >= spec.until:
                continue
            entry = one.index.find(caller)
            if entry is not None:
                return ListHit(spec.name, spec.action, entry, one.always_allows, spec.reason)
        return None


class _CompiledList:
    def __init__(self, spec: ListSpec, plan: NumberPlan) -> None:
        self.spec = spec
        self.always_allows = spec.action is ListAction.ALLOW and spec.until is None
        self.index = EntryIndex(parse_entry(text, plan) for text in spec.entries)


class EntryIndex:
    """Many entries, compiled once, and which of them holds a caller."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._exact: dict[str, str] = {}
        self._prefixes: dict[int, dict[str, str]] = {}
        patterns: dict[str, str] = {}
        ranges: dict[int, list[Range]] = {}
        for entry in entries:
            match entry:
                case Exact(text, identity):
                    self._exact.setdefault(identity, text)
                case Prefix(text, digits):
                    self._prefixes.setdefault(len(digits), {}).setdefault(digits, text)
                case Range():
                    ranges.setdefault(len(entry.low), []).append(entry)
                case Pattern(text, regex):
                    patterns.setdefault(regex, text)
        self._ranges = {length: _RangeIndex(found) for length, found in ranges.items()}
        self._patterns = tuple(patterns.values())
        # One group a pattern: the number of the last group that matched tells which it was.
        joined = "|".join(f"({regex})" for regex in patterns)
        self._regex = re.compile(joined) if patterns else None
        self._only_exact = not (self._ranges or self._prefixes or patterns)

    def find(self, caller: CallerId) -> str | None:
        """Return the entry, as written, that holds the caller; exact entries speak first."""
        identity, e164 = caller.identity, caller.e164
        entry = self._exact.get(identity)
        if entry is None and e164:
            if e164 != identity:
                entry = self._exact.get(e164)
            if entry is None and not self._only_exact:
                entry = self._find_digits(e164[1:])
        return entry

    def _find_digits(self, digits: str) -> str | None:
        index = self._ranges.get(len(digits))
        entry = index.find(digits) if index is not None else None
        if entry is not None:
            return entry
        for length, prefixes in self._prefixes.items():
            entry = prefixes.get(digits[:length])
            if entry is not None:
                return entry
        found = self._regex.fullmatch(digits) if self._regex is not None else None
        return self._patterns[(found.lastindex or 1) - 1] if found is not None else None


class _RangeIndex:
    """Ranges of one length, by their low ends; they may overlap.

    Beside each low end stands the range that reaches highest of all that begin there or before:
    if any of them holds a number, that one does.
    """

    def __init__(self, ranges: list[Range]) -> None:
        ordered = sorted(ranges, key=lambda found: found.low)
        self._lows = [found.low for found in ordered]
        self._reaching: list[Range] = []
        furthest = ordered[0]
        for found in ordered:
            furthest = found if found.high > furthest.high else furthest
            self._reaching.append(furthest)

    def find(self, digits: str) -> str | None:
        place = bisect_right(self._lows, digits) - 1
        if place < 0 or self._reaching[place].high < digits:
            return None
        return self._reaching[place].text
