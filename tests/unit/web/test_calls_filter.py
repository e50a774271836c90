from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.storage.log_query import Filter
from screener.web.calls_filter import CENTRAL_NAMES, NAMES, chips, read_filter
from tests.builders import NOW

KEY = "0123456789abcdef" * 2


def test_nothing_asked_lets_everything_through() -> None:
    asked = read_filter({"verdict": " ", "unknown": "x"}, NOW)
    assert (asked.wanted, asked.query, asked.problems) == (Filter(), "", {})


def test_every_field_is_read() -> None:
    asked = read_filter(
        {
            "since": "1h",
            "until": "10m",
            "verdict": "drop",
            "would": "challenge",
            "reason": "limit:x",
            "caller": "*42",
            "did": "+1651",
            "trunk": "t",
            "outcome": "answered",
            "number": KEY,
        },
        NOW,
    )
    assert asked.problems == {}
    assert asked.wanted == Filter(
        since=NOW - 3_600.0,
        until=NOW - 600.0,
        verdict="drop",
        would="challenge",
        reason="limit:x",
        number=bytes.fromhex(KEY),
        did="+1651",
        trunk="t",
        outcome="answered",
        caller="*42",
    )


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=150)))
def test_any_address_is_read_and_its_query_says_the_same_again(told: dict[str, str]) -> None:
    asked = read_filter(told, NOW)
    again = read_filter(dict(parse_qsl(asked.query)), NOW)
    if not asked.problems:
        assert again == asked
    else:
        assert asked.wanted == Filter()


@pytest.mark.parametrize("caller", ["+16515550142", "*6515550142", "16-51-55-50"])
def test_what_may_be_a_whole_number_is_refused_and_not_shown_again(caller: str) -> None:
    asked = read_filter({"caller": caller}, NOW)
    assert "caller" in asked.problems
    assert asked.values["caller"] == ""


def test_a_filter_can_be_taken_off_field_by_field() -> None:
    asked = read_filter({"verdict": "drop", "trunk": "a&b", "number": KEY}, NOW)
    assert list(chips(asked)) == [
        ("verdict", "drop", f"trunk=a%26b&number={KEY}"),
        ("trunk", "a&b", f"verdict=drop&number={KEY}"),
        ("number", "one caller", "verdict=drop&trunk=a%26b"),
    ]


def test_a_number_takes_the_place_of_another() -> None:
    asked = read_filter({"verdict": "drop", "number": KEY}, NOW)
    assert asked.with_number(b"\x01" * 16) == f"verdict=drop&number={'01' * 16}"
    assert asked.with_number(None) == "verdict=drop"


def test_an_edge_is_asked_for_only_where_calls_tell_theirs() -> None:
    told = {"edge": "edge-a", "trunk": "t"}
    assert read_filter(told, NOW).wanted == Filter(trunk="t")
    asked = read_filter(told, NOW, CENTRAL_NAMES)
    assert asked.wanted == Filter(trunk="t", edge="edge-a")
    assert read_filter(dict(parse_qsl(asked.query)), NOW, CENTRAL_NAMES) == asked
