import json
import sqlite3
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.storage import log_blocks
from screener.storage.facets import caller_facet, hour_facet
from screener.storage.log_blocks import (
    Span,
    blocks_in,
    blocks_with,
    glob_of,
    masks_like,
    span_of,
)

FEATURES = ("verdict:drop", "did:1", "trunk:a", "trunk:b")


@pytest.fixture
def facets() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:")
    opened.execute(
        "CREATE TABLE facets (facet TEXT, block INTEGER, PRIMARY KEY (facet, block)) WITHOUT ROWID"
    )
    yield opened
    opened.close()


def put(facets: sqlite3.Connection, held: set[tuple[str, int]]) -> None:
    facets.execute("DELETE FROM facets")
    facets.executemany("INSERT INTO facets VALUES (?, ?)", held)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held=st.sets(st.tuples(st.sampled_from(FEATURES), st.integers(-40, 40)), max_size=60),
    groups=st.lists(st.lists(st.sampled_from(FEATURES), max_size=3), max_size=3),
    top=st.integers(-45, 45),
    bottom=st.integers(-45, 45),
    window=st.integers(1, 50),
)
def test_blocks_are_those_that_have_one_of_every_group_newest_first(  # noqa: PLR0917 - hypothesis names them
    facets: sqlite3.Connection,
    held: set[tuple[str, int]],
    groups: list[list[str]],
    top: int,
    bottom: int,
    window: int,
) -> None:
    put(facets, held)
    expected = [
        block
        for block in range(top, bottom - 1, -1)
        if all(any((name, block) in held for name in group) for group in groups)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_blocks, "WINDOW", window)
        assert list(blocks_with(facets, groups, top, bottom)) == expected


def test_a_rare_feature_is_reached_without_reading_what_lies_between(
    facets: sqlite3.Connection,
) -> None:
    put(facets, {("did:1", 3), ("did:1", 10_000_000)})
    asked: list[str] = []
    facets.set_trace_callback(asked.append)
    assert list(blocks_with(facets, [["did:1"]], 20_000_000, 0)) == [10_000_000, 3]
    assert len(asked) < 10


def test_the_hours_of_a_span_are_all_that_lie_in_it(facets: sqlite3.Connection) -> None:
    put(facets, {(hour_facet(hour * 3_600.0), hour) for hour in range(10)} | {("hourly:x", 99)})
    assert blocks_in(facets, span_of(3.5 * 3_600, 6 * 3_600.0)) == {3, 4, 5, 6}
    assert blocks_in(facets, span_of(None, 3_600.0)) == {0, 1}
    assert blocks_in(facets, span_of(8 * 3_600.0, None)) == {8, 9}
    assert span_of(None, None) == Span("hour:000000000", "hour:~")


MASKS = (
    "+1\u2022\u202242",
    "+1\u2022\u202243",
    "+44\u2022\u202242",
    "withheld",
    "junk(len=4)",
    "?[x]",
    "+1\u2022\u202242;\u2022",
)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*42", {MASKS[0], MASKS[2]}),
        ("+1*", {MASKS[0], MASKS[1], MASKS[6]}),
        ("+44\u2022\u202242", {MASKS[2]}),
        ("*", set(MASKS)),
        ("?[x]", {"?[x]"}),
        ("????", set()),
        ("[a-z]*", set()),
        ("", set()),
        ("+1\u2022\u202292", {MASKS[0]}),
        ("+1\u2022\u202247", set()),
        ("*42;\u2022", {MASKS[6]}),
        ("+1\u2022\u202242*", {MASKS[0], MASKS[6]}),
        ("+1\u2022\u20224*", {MASKS[0], MASKS[1], MASKS[6]}),
    ],
)
def test_masked_callers_are_found_as_they_are_shown_and_by_their_end(
    facets: sqlite3.Connection, pattern: str, found: set[str]
) -> None:
    put(facets, {(caller_facet(mask), 1) for mask in MASKS} | {("calmer", 1), ("did:1", 1)})
    expected = sorted({caller_facet(mask) for mask in found})
    assert masks_like(facets, pattern) == expected


def test_a_log_that_noted_no_callers_says_that_it_does_not_know(
    facets: sqlite3.Connection,
) -> None:
    put(facets, {("did:1", 1)})
    assert masks_like(facets, "*42") is None
    put(facets, {("did:1", 1), (caller_facet(MASKS[0]), -1)})
    assert masks_like(facets, "*42") is None
    put(facets, {(caller_facet(MASKS[0]), -1), (caller_facet(MASKS[1]), 0)})
    assert masks_like(facets, "*42") == [caller_facet(MASKS[0])]


@given(
    text=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8),
    pattern=st.text(alphabet="a*?[]!-\u2022", max_size=8),
)
def test_only_the_star_is_a_wildcard(text: str, pattern: str) -> None:
    as_fnmatch = pattern.replace("[", "\0").replace("?", "[?]").replace("\0", "[[]")
    with sqlite3.connect(":memory:") as empty:
        found = empty.execute(
            "SELECT json_extract(?, '$') GLOB ?", (json.dumps(text), glob_of(pattern))
        )
        assert bool(found.fetchone()[0]) == fnmatchcase(text, as_fnmatch)
    empty.close()
