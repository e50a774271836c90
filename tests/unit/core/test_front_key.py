"""Callers as keys of a proxy, ranges as prefixes, and what a log may show of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.front_key import (
    denied_keys,
    is_prefix,
    key_of,
    masked_key,
    passed_key,
    prefixes_of,
    trunk_of,
)
from screener.core.lists import parse_entry
from screener.core.number import NumberPlan
from screener.core.review import trunk_entry

PLAN = NumberPlan("US")


@pytest.mark.parametrize(
    ("identity", "key"),
    [
        ("+16515550100", "+16515550100"),
        ("short:911", "911"),
        ("+16515550100;ext=5", ""),
        ("", ""),
        ("junk", ""),
        ("+1651*", ""),
        ("+16515550100\n", ""),
    ],
)
def test_only_what_is_written_alike_everywhere_has_a_key(identity: str, key: str) -> None:
    assert key_of(identity) == key


def held(prefixes: list[str], number: str) -> bool:
    return any(number.startswith(prefix) for prefix in prefixes)


@given(st.integers(10_000_000, 99_999_999), st.integers(0, 20_000), st.integers(-20, 20))
def test_the_prefixes_of_a_range_hold_its_numbers_and_no_other(
    low: int, size: int, beside: int
) -> None:
    high = min(low + size, 99_999_999)
    prefixes = prefixes_of(str(low), str(high))
    assert prefixes
    for number in (low, high, (low + high) // 2, low + beside, high + beside):
        assert held(prefixes, str(number)) == (low <= number <= high)
    assert len(prefixes) == len(set(prefixes)) <= 64


def test_a_range_that_comes_apart_into_too_many_is_left_to_the_agent() -> None:
    assert prefixes_of("100000000000001", "999999999999998") == []


@pytest.mark.parametrize(
    ("entry", "denied", "passed"),
    [
        ("+16515550100", {"+16515550100": 0}, "+16515550100"),
        ("651-555-0100", {"+16515550100": 0}, "+16515550100"),
        ("911", {"911": 0}, "911"),
        ("+1900*", {"+1900*": 0}, "+1900*"),
        ("+16515390000-+16515399999", {"+1651539*": 11}, "+1651539*"),
        ("+16515390000-+16515390001", {"+16515390000": 11, "+16515390001": 11}, "+1651539000*"),
        ("_1900X.", {}, "+1900*"),
        ("_.", {}, "+*"),
    ],
)
def test_an_entry_is_denied_exactly_and_let_through_at_least(
    entry: str, denied: dict[str, int], passed: str
) -> None:
    read = parse_entry(entry, PLAN)
    assert denied_keys(read) == denied
    assert passed_key(read) == passed


def test_keys_are_masked() -> None:
    assert masked_key("+16515550142") == "\u2022" * 10 + "42"
    assert masked_key("+1900*") == "+1900*"
    assert masked_key("+16515550*") == "+16515\u2026*"
    assert is_prefix("+1*")
    assert not is_prefix("+16515550142")


def test_a_trunk_is_a_key_of_its_own() -> None:
    entry = trunk_entry("carrier-a")
    assert denied_keys(entry) == {"trunk:carrier-a": 0}
    assert passed_key(entry) == ""
    assert (trunk_of("trunk:carrier-a"), trunk_of("+1651*"), trunk_of("911")) == (
        "carrier-a",
        "",
        "",
    )
    assert masked_key("trunk:carrier-a") == "trunk:carrier-a"
    assert not is_prefix("trunk:carrier-a")
