"""The picture of a day."""

from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from screener.sim.plot import MOST_COLUMNS, PANELS, VERDICTS, day_plot
from screener.sim.result import Bots, Journey, Minute, Run

SVG = "{http://www.w3.org/2000/svg}"


def a_run(minutes: int = 180, scenario: str = "flood", **changes: object) -> Run:
    run = Run(scenario, "policy", 7, minutes * 60.0, (3600.0, 7200.0), operators=8)
    run.minutes = [
        Minute(
            people=Counter(admit=3, challenge=1),
            bots=Counter(dict.fromkeys(VERDICTS, 4)) if 60 <= at < 120 else Counter(),
            waits=[10.0, 20.0, 30.0],
            waiting=at % 5,
            channels=23,
            operators_busy=4,
        )
        for at in range(minutes)
    ]
    for name, value in changes.items():
        setattr(run, name, value)
    return run


def drawn(run: Run, **options: float) -> ET.Element:
    return ET.fromstring(day_plot(run, channels=46, **options))  # noqa: S314 - ours


def texts(picture: ET.Element) -> list[str]:
    return [one.text or "" for one in picture.iter(f"{SVG}text")]


def paths(picture: ET.Element, kind: str) -> list[str]:
    return [one.get("d", "") for one in picture.iter(f"{SVG}path") if one.get("class") == kind]


def test_every_panel_has_its_title_and_every_verdict_its_colour() -> None:
    picture = drawn(a_run())
    for title, _ in PANELS:
        assert title in texts(picture)
    for kind in VERDICTS:
        assert paths(picture, kind), kind
    assert len(paths(picture, "admit")) == 2  # people and attack have a panel each
    assert len(paths(picture, "busy")) == 1


def test_people_and_attack_have_scales_of_their_own() -> None:
    said = texts(drawn(a_run()))
    assert {"4", "20"} <= set(said)


def test_the_time_is_the_clock_of_the_site() -> None:
    said = texts(drawn(a_run(), starts=23.0))
    assert {"23:00", "23:30", "00:00", "02:00"} <= set(said)


def test_who_was_never_served_shows_at_the_top_and_not_as_a_wait() -> None:
    run = a_run()
    assert paths(drawn(run), "never") == []
    for minute in run.minutes[70:80]:
        minute.missed = 2
    picture = drawn(run)
    assert len(paths(picture, "never")) == 1
    assert paths(picture, "wait")[0].count("M") == 2


def test_figures_of_the_run_stand_under_its_title() -> None:
    run = a_run(journeys=[Journey("known", 0.0, 9.0), Journey("known", 1.0)])
    run.bots = Bots(calls=900, served=4)
    said = texts(drawn(run))
    assert said[0] == "flood: policy"
    assert said[1].startswith(
        "2 people, 1 of them never served; 900 calls of the attack, 4 of them served; seed 7"
    )


@pytest.mark.parametrize("minutes", [0, 1, 2, MOST_COLUMNS, MOST_COLUMNS + 1, 1440])
def test_a_run_of_any_length_is_drawn_within_its_bounds(minutes: int) -> None:
    text = day_plot(a_run(minutes), channels=0)
    assert len(text) < 250_000
    picture = ET.fromstring(text)  # noqa: S314 - of our own making
    width, height = float(picture.get("width", "0")), float(picture.get("height", "0"))
    for one in picture.iter(f"{SVG}rect"):
        assert 0 <= float(one.get("x", "0")) <= width
        assert 0 <= float(one.get("y", "0")) <= height


def test_a_name_that_is_markup_or_steers_a_terminal_is_only_a_name() -> None:
    text = day_plot(a_run(scenario='<script>x</script>"&\x1b[31m\u202e'), channels=46)
    assert "<script" not in text
    assert text.replace("\n", "").isprintable()
    assert texts(ET.fromstring(text))[0].startswith("<script>x</script>")  # noqa: S314 - ours


def test_it_reads_on_dark_ground_and_fetches_nothing() -> None:
    text = day_plot(a_run(), channels=46)
    assert "prefers-color-scheme:dark" in text
    assert text.replace('xmlns="http://www.w3.org/2000/svg"', "").count("http") == 0
    assert "url(" not in text
    assert "<script" not in text


def test_the_same_run_gives_the_same_picture() -> None:
    assert day_plot(a_run(), channels=46) == day_plot(a_run(), channels=46)
