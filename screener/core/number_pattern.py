"""Asterisk's extension patterns as list entries: `_1900X.` -> a regular expression.

A pattern is matched against the whole international number, country code first. It becomes one
character class a place and at most one open end, so that matching takes one pass over the
number. Prefixes and ranges are left to `lists`.
"""

import re

CATCH_ALL = "_."
"""The one pattern that may match every number, so that nobody blocks all callers by a slip."""

_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}
_ENDS = {".": "[0-9]+", "!": "[0-9]*"}
_SET = re.compile(r"(?:[0-9]-[0-9]|[0-9])+")
_PLACE = re.compile(r"\[([^\[\]]*)\]|(.)", re.DOTALL)
_SHORTEST = 7
_LONGEST = 15
_ALLOWED = "allowed are digits, X (0-9), Z (1-9), N (2-9), [1-35] and a last . or !"


def pattern_regex(text: str) -> str:
    """Return the regular expression, over digits without `+`, of a pattern that begins with `_`.

    `X` is 0-9, `Z` 1-9, `N` 2-9, `[125-8]` a set, a last `.` one digit or more, a last `!` none
    or more; a `+` after the `_` may stand or not. Raises ValueError for anything else, and for
    an open pattern that matches every number unless it is written `_.`.
    """
    body = text.removeprefix("_").removeprefix("+")
    if text == CATCH_ALL:
        return _ENDS["."]
    places: list[str] = []
    for at in _PLACE.finditer(body):
        if places and places[-1] in _ENDS.values():
            raise ValueError(f"pattern {text!r} goes on after its open end; {_ALLOWED}")
        places.append(_place(at[1], at[2], text))
    if not places or len(places) > _LONGEST:
        raise ValueError(f"pattern {text!r} has {len(places)} places; allowed are 1 to {_LONGEST}")
    if places[-1] in _ENDS.values() and not _narrows(places[:-1], places[-1]):
        raise ValueError(f"pattern {text!r} matches every number; write {CATCH_ALL} to mean that")
    return "".join(places)


def _place(inside: str | None, single: str | None, text: str) -> str:
    if inside is not None:
        if not _SET.fullmatch(inside) or any(
            low > high for low, high in re.findall(r"([0-9])-([0-9])", inside)
        ):
            raise ValueError(f"pattern {text!r} has the set [{inside}]; allowed is [1-35]")
        return f"[{inside}]"
    character = single or ""
    if character.isascii() and character.isdigit():
        return character
    known = _CLASSES.get(character.upper()) or _ENDS.get(character)
    if known is None:
        raise ValueError(f"pattern {text!r} has {character!r} in it; {_ALLOWED}")
    return known


def _narrows(places: list[str], end: str) -> bool:
    """Return whether some number is left out: none begins with 0, none is very short."""
    if len(places) + (end == _ENDS["."]) > _SHORTEST:
        return True
    first, rest = places[:1], places[1:]
    return any(not _takes(place, "123456789") for place in first) or any(
        not _takes(place, "0123456789") for place in rest
    )


def _takes(place: str, digits: str) -> bool:
    return all(re.fullmatch(place, digit) for digit in digits)
