"""An incident as a page shows it, whatever was told of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.config.load import load_config
from screener.web.incident_view import IncidentView, MarkLine, view_of
from screener.web.rendering import fragment
from tests.builders import NOW
from tests.unit.web.test_incident_pages import INCIDENT

NO_NUMBERS = (math.inf, -math.inf, math.nan, 10**400, -(10**400), -1, 1e300, True, "7", None, [1])
"""What stands for no moment, no count and no share; JSON can hold each."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(NO_NUMBERS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*INCIDENT, "kind", "what", "share"]), inner, max_size=3)
    ),
    max_leaves=6,
)


class Nowhere:
    """The site of no files that the foot of a page tells of."""

    config = load_config(None)


def shown(view: IncidentView) -> str:
    """Return the page of it, as nobody in particular sees it."""
    around = {"user": None, "path": "/", "tell": tuple, "site": Nowhere()}
    return fragment("incident.html", view=view, away="", **around)


def test_one_that_goes_on_and_one_that_was_cut_say_so() -> None:
    going = view_of({**INCIDENT, "ended": None}, NOW)
    assert (going.state, going.lasted) == ("goes on", "5 min")
    assert "ended while" in view_of({**INCIDENT, "cut": True}, NOW).state
    assert view_of(INCIDENT, NOW).state == "over"


def test_what_is_told_is_shown_with_its_words() -> None:
    view = view_of({**INCIDENT, "marks": [*_marks(), {"kind": "new kind", "share": 1}]}, NOW)
    assert (view.number, view.began, view.ended) == ("20261122-080012", NOW - 300.0, NOW - 60.0)
    assert (view.calls, view.unwanted, view.peak_per_minute, view.limited) == (1_200, 1_100, 300, 3)
    assert dict(view.ruled) == {
        "admitted": 10,
        "challenged": 900,
        "dropped: busy": 290,
        "dropped: refused": 0,
    }
    assert dict(view.would) == {"admit": 10, "challenge": 900, "drop": 290}
    assert dict(view.ends) == {"passed": 12, "failed": 800, "pressed nothing": 0, "hung up": 0}
    assert view.marks == (
        MarkLine("Callers", "<i>new</i> numbers", 0.9, "even"),
        MarkLine("Called number", "+16515392200", 1.0, ""),
        MarkLine("new kind", "", 1.0, ""),
    )


def test_one_that_ended_before_it_began_lasted_no_time() -> None:
    assert view_of({"began": NOW, "ended": NOW - 60.0}, NOW).lasted == "0 s"
    assert view_of({"began": NOW + 60.0}, NOW).lasted == "0 s"


@pytest.mark.parametrize("odd", NO_NUMBERS, ids=lambda odd: repr(odd)[:9])
def test_what_is_no_number_is_not_known(odd: object) -> None:
    view = view_of(
        {
            "began": odd,
            "ended": odd,
            "calls": odd,
            "verdicts": {"admit": odd},
            "marks": [{"share": odd}],
        },
        NOW,
    )
    assert (view.began, view.ended, view.calls) == (0.0, None, 0)
    assert (view.ruled[0], view.marks[0].share) == (("admitted", 0), 0.0)
    assert "1970-01-01" in shown(view)


@given(st.dictionaries(st.sampled_from([*INCIDENT, "cut"]), JSON))
def test_nothing_that_was_kept_can_break_the_page(told: dict[str, object]) -> None:
    view = view_of(told, NOW)
    assert len(view.ruled) == 4
    assert view.state
    assert 0.0 <= view.began <= 1e12
    assert view.lasted


def _marks() -> list[object]:
    marks = INCIDENT["marks"]
    assert isinstance(marks, list)
    return marks
