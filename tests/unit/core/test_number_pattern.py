"""Asterisk's patterns match what Asterisk would match, in one pass, and no one by a slip."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.number_pattern import pattern_regex


def matches(pattern: str, digits: str) -> bool:
    return re.fullmatch(pattern_regex(pattern), digits) is not None


def model(pattern: str, digits: str) -> bool:
    """Match place by place, as a dialplan does."""
    sets = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
    places = pattern.removeprefix("_").removeprefix("+")
    for index, place in enumerate(places):
        if place in ".!":
            return len(digits) - index >= (place == ".")
        if index >= len(digits) or digits[index] not in sets.get(place, place):
            return False
    return len(digits) == len(places)


digit_strings = st.text(alphabet="0123456789", min_size=1, max_size=15)


@given(
    st.from_regex(r"_\+?[1-9][XZN0-9]{0,10}[.!]?", fullmatch=True).map(str.strip),
    digit_strings,
)
def test_a_pattern_matches_what_a_dialplan_would(pattern: str, digits: str) -> None:
    assert matches(pattern, digits) == model(pattern, digits)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("_+1NXXNXXXXXX", "16515392200", "11515392200"),
        ("_1NXXNXXXXXX", "16515392200", "6515392200"),
        ("_1nxxnxxxxxx", "16515392200", "165153922000"),
        ("_1900X.", "19005551234", "19015551234"),
        ("_1900!", "1900", "190"),
        ("_1[2-46]X.", "14155551234", "15155551234"),
        ("_[3-9]X.", "442071838750", "16515392200"),
        ("_.", "16515392200", ""),
    ],
)
def test_known_patterns_hold_their_numbers(pattern: str, yes: str, no: str) -> None:
    assert matches(pattern, yes)
    assert not matches(pattern, no)


@pytest.mark.parametrize(
    "pattern",
    ["_X.", "_Z.", "_!", "_+.", "_+X!", "_XXX.", "_XXXXXX.", "_ZXXXXXX!", "_[1-9]X.", "_[0-9]!"],
)
def test_a_pattern_that_holds_everybody_must_be_written_as_such(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"matches every number; write _\. to mean that"):
        pattern_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("_", "0 places"),
        ("_+", "0 places"),
        ("_" + "1" * 16, "16 places"),
        ("_1.5", "goes on after its open end"),
        ("_1..", "goes on after its open end"),
        ("_1-900", "has '-' in it; allowed are"),
        ("_1A", "has 'A' in it"),
        ("_1\n", "in it"),
        ("_1\u0663", "in it"),
        ("_1++", "in it"),
        ("_1[", "in it"),
        ("_1[]", r"the set \[\]; allowed"),
        ("_1[5-2]", r"the set \[5-2\]"),
        ("_1[^1]", "the set"),
        ("_1[a-z]", "the set"),
    ],
)
def test_anything_else_is_refused_with_what_is_allowed(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        pattern_regex(pattern)


@given(st.text(max_size=30))
def test_any_text_gives_a_plain_regular_expression_or_a_refusal(text: str) -> None:
    try:
        regex = pattern_regex("_" + text)
    except ValueError:
        return
    assert re.fullmatch(r"(?:[0-9]|\[[0-9-]+\][+*]?)+", regex)
