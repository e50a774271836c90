"""Held equal to the expressions that it stands for: of patterns at random, and of every plan."""

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.digit_table import DigitTable
from screener.core.number_validity import is_valid, table_of
from tests.unit.core.test_number_validity import examples

DIGITS = st.text("0123456789", max_size=8)
ONES = st.sampled_from(["0", "1", "7", r"\d", "[0-3]", "[15-79]", "[49]"])
TIMES = st.sampled_from(["", "", "?", "{2}", "{1,3}", "{0,2}"])


def sequence(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.builds("{}{}".format, st.one_of(ONES, inner.map("(?:{})".format)), TIMES)
    return st.lists(one, max_size=3).map("".join)


def choice(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(sequence(inner), min_size=1, max_size=3).map("|".join)


PATTERNS = st.recursive(ONES, choice, max_leaves=8)


@given(st.lists(st.tuples(PATTERNS, PATTERNS), max_size=3), st.lists(DIGITS, max_size=20))
def test_digits_are_allowed_where_both_patterns_of_a_pair_match(
    pairs: list[tuple[str, str]], told: list[str]
) -> None:
    table = DigitTable(pairs)
    for digits in [*told, *told]:
        both = [(re.fullmatch(one, digits), re.fullmatch(other, digits)) for one, other in pairs]
        assert table.allows(digits) == any(one and other for one, other in both)


@pytest.mark.parametrize(
    "told", ["65153922x0", "x", "651539220\u0660", "\u0661234567890", "12345 "]
)
def test_nothing_but_digits_is_allowed(told: str) -> None:
    table = DigitTable([(r"\d{6,10}", r"\d{4}\d?\d{5}|\d")])
    assert table.allows("6515392200")
    assert not table.allows(told)


@pytest.mark.parametrize("pattern", ["(?!1)2", "[^1]", "1*", "a", "(?:1", "1)", "{2}", "^1", "1+"])
def test_what_is_more_than_the_language_of_the_plans_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"part of a plan|without its"):
        DigitTable([(pattern, "1")])


@pytest.mark.parametrize("code", sorted(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE)))
def test_the_table_of_a_country_says_what_its_expression_says(code: str) -> None:
    table = table_of(code)
    for example in examples(code):
        for place in range(len(example)):
            for digit in "0123456789":
                changed = example[:place] + digit + example[place + 1 :]
                assert table.allows(changed) == is_valid(code, changed)
        for changed in (example[:-1], example + "0", example[1:], "1" + example):
            assert table.allows(changed) == is_valid(code, changed)
