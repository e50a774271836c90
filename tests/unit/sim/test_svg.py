"""The shapes of a plot: places, gaps, and texts that stay texts."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.sim.svg import (
    LONGEST_TEXT,
    Panel,
    box,
    columns_of,
    label,
    line,
    round_top,
    rule,
    steps,
)

PANEL = Panel(x=10, y=100, width=40, height=50, spans=4, top=100)


@given(st.text())
def test_any_text_stays_a_text(text: str) -> None:
    element = ET.fromstring(label(text, 1, 2, "title"))  # noqa: S314 - of our own making
    assert list(element) == []
    assert len(element.text or "") <= LONGEST_TEXT
    assert (element.text or "").isprintable()


def test_markup_in_a_text_is_shown_as_it_stands() -> None:
    assert label('<a href="x">&', 1.04, 2, anchor="end") == (
        '<text x="1" y="2" class="" text-anchor="end">&lt;a href=&quot;x&quot;&gt;&amp;</text>'
    )


def test_values_grow_upwards_and_stop_at_the_top() -> None:
    assert [PANEL.up(value) for value in (-5, 0, 50, 100, 1e9)] == [150, 150, 125, 100, 100]
    assert [PANEL.across(column) for column in (0, 2, 4)] == [10, 30, 50]


def test_steps_leave_out_what_is_empty() -> None:
    drawn = steps(PANEL, [0, 0, 0, 20], [50, 0, 100, 40], "busy")
    assert drawn == (
        '<path class="busy" d="M10 150V125H20V150H10ZM30 150V100H40V130H50V140H40V150H30Z"/>'
    )
    assert steps(PANEL, [1, 1, 1, 1], [1, 1, 1, 1], "busy") == ""


def test_a_line_has_a_gap_where_there_is_no_value_and_shows_a_lone_one() -> None:
    assert line(PANEL, [0, 50, None, 100], "wait") == (
        '<path class="wait" d="M15 150L25 125M45 100L50 100"/>'
    )
    assert line(PANEL, [None] * 4, "wait") == ""


def test_boxes_and_rules_are_where_they_are_put() -> None:
    assert box(1, 2.25, 3, 4, "judged") == (
        '<rect x="1" y="2.2" width="3" height="4" class="judged"/>'
    )
    assert rule(1, 2, 3, 4, "grid") == '<line x1="1" y1="2" x2="3" y2="4" class="grid"/>'


@pytest.mark.parametrize(
    ("largest", "top"),
    [(0, 1), (-3, 1), (1, 1), (1.2, 1.5), (7, 8), (99, 100), (251, 300), (float("inf"), 1)],
)
def test_the_top_of_a_scale_is_round(largest: float, top: float) -> None:
    assert round_top(largest) == top


@given(st.floats(min_value=1.0, max_value=1e12))
def test_the_top_of_a_scale_is_no_smaller_and_less_than_twice_as_large(largest: float) -> None:
    assert largest <= round_top(largest) < 2.0 * largest + 1e-9


def test_minutes_are_put_together_only_where_there_are_too_many() -> None:
    assert [columns_of(minutes, 480) for minutes in (0, 1, 480, 481, 1440)] == [1, 1, 1, 2, 3]
