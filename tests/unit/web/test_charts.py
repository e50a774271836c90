"""Charts: what is drawn is inert, says its figures, and leaves what is unknown open."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.incident import Ruled
from screener.core.settings import Action
from screener.web.charts import HEIGHT, WIDTH, Chart, calls_chart, gauge_chart
from screener.web.hub_seconds import Calls, Column

SVG = "{http://www.w3.org/2000/svg}"


def a_column(at: float = 0.0, *, known: bool = True, **counts: int) -> Column:
    calls = Calls()
    for name, count in counts.items():
        calls.ruled[Ruled(name)] += count
        calls.would[Action.DROP if name in {"busy", "refuse"} else Action(name)] += count
    return Column(at, 5, calls if known else None, None)


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(f'<x xmlns="http://www.w3.org/2000/svg">{chart.picture}</x>')[0]  # noqa: S314 - our own


def kinds(chart: Chart) -> set[str]:
    return {str(one.get("class")) for one in drawn(chart).iter(f"{SVG}path")}


def test_calls_are_stacked_by_what_was_done_and_said_in_words() -> None:
    chart = calls_chart([a_column(admit=5, busy=10), a_column(refuse=5)], observing=False)
    assert kinds(chart) == {"admit", "busy", "drop"}
    assert (chart.said, chart.top) == ("Most: 3.0; last: 1.0.", "3")
    words = [key.word for key in chart.keys]
    assert words == ["admitted", "challenged", "dropped: busy", "dropped: refused"]


def test_where_all_are_let_in_it_shows_what_enforcing_would_do() -> None:
    column = Column(0.0, 5, Calls(), None)
    assert column.calls is not None
    column.calls.ruled[Ruled.ADMIT] += 5
    column.calls.would[Action.DROP] += 5
    chart = calls_chart([column], observing=True)
    assert kinds(chart) == {"drop"}
    assert "enforcing would do" in chart.title


def test_what_nobody_watched_is_marked_and_not_drawn_as_none() -> None:
    chart = calls_chart([a_column(known=False), a_column(admit=1)], observing=False)
    assert kinds(chart) == {"unknown", "admit"}
    assert "unknown" not in kinds(calls_chart([a_column()], observing=False))


def test_a_picture_has_a_title_and_its_figures_for_who_does_not_see_it() -> None:
    picture = drawn(calls_chart([a_column(admit=1)], observing=False))
    ids = {one.get("id"): one.text for one in picture if one.get("id")}
    assert picture.get("role") == "img"
    assert [ids[name] for name in str(picture.get("aria-labelledby")).split()] == [
        "Calls a second, the last ten minutes",
        "Most: 0.2; last: 0.2.",
    ]


def test_a_figure_over_time_has_gaps_where_it_is_not_known() -> None:
    columns = [a_column(float(at)) for at in range(3)]
    chart = gauge_chart("waiting", "Callers waiting", columns, [3, None, 40], marks=(10.0,))
    assert (chart.said, chart.top) == ("Most: 40; last: 40.", "40")
    assert kinds(chart) == {"unknown", "line"}
    line = next(one for one in drawn(chart).iter(f"{SVG}path") if one.get("class") == "line")
    assert str(line.get("d")).count("M") == 2
    assert any(one.get("class") == "mark" for one in drawn(chart).iter(f"{SVG}line"))


def test_a_figure_that_was_never_known_says_so() -> None:
    assert gauge_chart("x", "X", [a_column()], [None]).said == "Not known."
    assert gauge_chart("x", "X", [], []).said == "Not known."
    assert calls_chart([], observing=False).said == "Most: 0.0; last: 0.0."


def test_a_title_cannot_bring_markup() -> None:
    chart = gauge_chart("x", "<script>&", [a_column()], [1.0])
    assert "<script>" not in chart.picture
    assert drawn(chart)[0].text == "<script>&, the last ten minutes"


@given(
    st.lists(st.none() | st.floats(0, 1e9), min_size=1, max_size=130), st.sampled_from([None, 1.0])
)
def test_whatever_the_figures_all_stays_within_the_picture(
    values: list[float | None], top: float | None
) -> None:
    columns = [a_column(float(at)) for at in range(len(values))]
    chart = gauge_chart("x", "X", columns, values, top=top)
    for path in drawn(chart).iter(f"{SVG}path"):
        if path.get("class") == "line":
            numbers = str(path.get("d")).replace("M", " ").replace("L", " ").split()
            assert all(0.0 <= float(x) <= WIDTH for x in numbers[::2])
            assert all(0.0 <= float(y) <= HEIGHT for y in numbers[1::2])


@pytest.mark.parametrize("count", [1, 120])
def test_a_chart_is_small(count: int) -> None:
    columns = [a_column(admit=at % 7, busy=at % 11, refuse=at % 3) for at in range(count)]
    assert len(calls_chart(columns, observing=False).picture) < 12_000
