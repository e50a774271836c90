"""An incident as a page shows it, whatever was told of it."""

from hypothesis import given
from hypothesis import strategies as st

from screener.web.incident_view import view_of
from tests.builders import NOW
from tests.unit.web.test_incident_pages import INCIDENT

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*INCIDENT, "kind", "what", "share"]), inner)
    ),
)


def test_one_that_goes_on_and_one_that_was_cut_say_so() -> None:
    going = view_of({**INCIDENT, "ended": None}, NOW)
    assert (going.state, going.lasted) == ("goes on", "5 min")
    assert "ended while" in view_of({**INCIDENT, "cut": True}, NOW).state
    assert view_of(INCIDENT, NOW).state == "over"


@given(st.dictionaries(st.sampled_from([*INCIDENT, "cut"]), JSON))
def test_nothing_that_was_kept_can_break_the_page(told: dict[str, object]) -> None:
    view = view_of(told, NOW)
    assert len(view.ruled) == 4
    assert view.state
