"""Callers as a proxy in front knows them: a number or a prefix as one text, and back.

A proxy sees the caller before anybody read it, so only what is the same in every writing is told
to it: `+` and all digits, a short code, and prefixes of full numbers as `+1651*`. A trunk is
`trunk:` and its name.
"""

import re

from screener.core.lists import Entry, Exact, Pattern, Prefix, Range, Trunk
from screener.core.review import TRUNK_MARK

MOST_PREFIXES = 64
"""Prefixes that a range may come apart into; a longer one is left to the agent."""

_FULL = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT = re.compile(r"short:([0-9]{2,8})")
_TAIL_SHOWN = 2
_HEAD_SHOWN = 6


def key_of(identity: str) -> str:
    """Return the key of a caller's identity, empty where a proxy cannot know it."""
    if _FULL.fullmatch(identity):
        return identity
    short = _SHORT.fullmatch(identity)
    return short[1] if short else ""


def prefix_key(digits: str) -> str:
    """Return the key of all numbers that begin with these digits."""
    return f"+{digits}*"


def is_prefix(key: str) -> bool:
    """Say whether a key stands for more than one number."""
    return key.endswith("*")


def trunk_of(key: str) -> str:
    """Return the name of the trunk that a key stands for, empty for callers'."""
    return key.removeprefix(TRUNK_MARK) if key.startswith(TRUNK_MARK) else ""


def masked_key(key: str) -> str:
    """Return what a log may show of a key: of a prefix its head, of a number its last digits."""
    if trunk_of(key):
        return key
    if is_prefix(key):
        return key if len(key) <= _HEAD_SHOWN + 2 else f"{key[:_HEAD_SHOWN]}\u2026*"
    return "\u2022" * max(len(key) - _TAIL_SHOWN, 0) + key[-_TAIL_SHOWN:]


def denied_keys(entry: Entry) -> dict[str, int]:
    """Return the keys that hold exactly the callers of an entry, with the digits of each (0: any).

    None for a pattern, for a range of too many prefixes, and for who has no key.
    """
    match entry:
        case Exact(_, identity):
            key = key_of(identity)
            return {key: 0} if key else {}
        case Prefix(_, digits):
            return {prefix_key(digits): 0}
        case Range(_, low, high):
            found = prefixes_of(low, high)
            return {_range_key(one, len(low)): len(low) for one in found}
        case Trunk(text, _):
            return {text: 0}
        case _:
            return {}


def passed_key(entry: Entry) -> str:
    """Return the narrowest key that holds all callers of an entry, and maybe more; empty for none.

    For who is let through to be judged, more is harmless.
    """
    match entry:
        case Exact(_, identity):
            return key_of(identity)
        case Prefix(_, digits):
            return prefix_key(digits)
        case Range(_, low, high):
            same = next((at for at, (a, b) in enumerate(zip(low, high, strict=True)) if a != b), 0)
            return prefix_key(low[:same]) if low != high else f"+{low}"
        case Pattern(text, _):
            head = re.match(r"_\+?([0-9]*)", text)
            return prefix_key(head[1] if head else "")
        case Trunk():
            return ""


def prefixes_of(low: str, high: str) -> list[str]:
    """Return the fewest prefixes that hold exactly the numbers from `low` to `high`, of one length.

    Empty where they are more than `MOST_PREFIXES`.
    """
    length, first, last = len(low), int(low), int(high)
    found: list[str] = []
    while first <= last:
        zeros = 0
        while zeros < length - 1 and first % 10 ** (zeros + 1) == 0:
            if first + 10 ** (zeros + 1) - 1 > last:
                break
            zeros += 1
        found.append(str(first)[: length - zeros])
        if len(found) > MOST_PREFIXES:
            return []
        first += 10**zeros
    return found


def _range_key(digits: str, length: int) -> str:
    return f"+{digits}" if len(digits) == length else prefix_key(digits)
