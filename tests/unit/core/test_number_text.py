"""Written numbers come apart into digits, context and extension, or are refused whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.number_text import IGNORED_PARAMETERS, TEXT_LIMIT, Writing, parse_writing

LONG = "tel:651-539-2200;phone-context=+1;ext=1.2;isub=a-B;rn=+16515550100;npdi;tgrp=t!;cpc=pay"


@pytest.mark.parametrize(
    ("text", "writing"),
    [
        ("+16515392200", Writing(plus=True, digits="16515392200")),
        ("+1 (651) 539-2200", Writing(plus=True, digits="16515392200")),
        ("(651)5392200", Writing(plus=False, digits="6515392200")),
        ("1(651)539-2200", Writing(plus=False, digits="16515392200")),
        ("6 12 34 56 78", Writing(plus=False, digits="612345678")),
        ("911", Writing(plus=False, digits="911")),
        ("tel:+16515392200", Writing(plus=True, digits="16515392200")),
        ("Tel:911;Phone-Context=+1", Writing(plus=False, digits="911", context="1")),
        (LONG, Writing(plus=False, digits="6515392200", context="1", extension=";ext=12;isub=a-B")),
    ],
)
def test_a_written_number_comes_apart(text: str, writing: Writing) -> None:
    assert parse_writing(text) == writing


@pytest.mark.parametrize("name", sorted(IGNORED_PARAMETERS))
def test_parameters_about_the_route_or_the_line_change_nothing(name: str) -> None:
    assert parse_writing(f"911;{name.upper()}=+1-2.3") == Writing(plus=False, digits="911")
    assert parse_writing(f"911;{name}=1;{name}=1") is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "tel:", "+", "()", "(6)15392200", "651)5392200", "65 1 539", "1 (651) (539) 2200"),
        *("-911", "911-", "911;;", "911;m-x=1", "911;phone-context=1", "911;phone-context"),
        *("tel: 911", "911;ext=a", "911;ext=" + "1" * 70, "911;isub=" + "a" * 41, "911;ext"),
        "911;rn=\u0661",
        *("++911", "+\u0661\u0662", "\u0661", "9\u00b2"),
    ],
)
def test_anything_else_is_refused_whole(text: str) -> None:
    assert parse_writing(text) is None


@given(st.integers(0, len(LONG)), st.characters(codec="utf-8"))
def test_a_text_cut_or_changed_at_any_place_gives_no_digits_that_were_not_written(
    place: int, character: str
) -> None:
    for text in (LONG[:place], LONG[:place] + character, LONG[:place] + character + LONG[place:]):
        writing = parse_writing(text)
        if writing is not None:
            number = text.removeprefix("tel:").split(";")[0]
            assert writing.digits == "".join(c for c in number if c in "0123456789")


def test_trailing_data_is_never_dropped() -> None:
    for tail in ("\n", "\r\n", "\x00", " ", "+", "x", "\u0661", ";", "@host"):
        assert parse_writing("+16515392200" + tail) is None
    for tail in ("\n", "\r\n", "\x00", " ", "\u0661", ";", "@host", ";rn=2", "=1"):
        assert parse_writing(LONG + tail) is None


def test_the_longest_text_is_parsed_without_backtracking() -> None:
    assert parse_writing("1 " * (TEXT_LIMIT // 2)) is None
    assert parse_writing("11-" * (TEXT_LIMIT // 3)) is None
