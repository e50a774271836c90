from pathlib import Path

import pytest

from screener.config.load import load_config, parse_config
from screener.config.values import Number
from screener.config.yaml_words import Scalar
from screener.core.settings import DEFAULT_SIGNALS
from screener.errors import ConfigError
from screener.web.tune_knobs import KNOBS, kind_at, moved_in, values_in

FILE = Path(__file__).parents[3] / "config" / "screener.yaml"
CALM = "policy.thresholds.calm.challenge"


def values(text: str) -> dict[str, Scalar] | None:
    try:
        return values_in(text, parse_config(text, "x", FILE.parent))
    except ConfigError:
        return values_in(text, None)


def test_each_knob_shows_what_the_shipped_file_says_and_its_slider_reaches_it() -> None:
    told = values(FILE.read_text())
    assert told == values("version: 1\n")
    assert told is not None
    for name, knob in KNOBS.items():
        value = told[name]
        assert knob.read(str(value)) == value
        if not knob.options and name != "captcha.places":
            assert isinstance(value, int | float)
            assert knob.low <= knob.slider[0] <= value <= knob.slider[1] <= knob.high, name
        assert knob.meaning
        assert knob.allowed


def test_every_signal_and_every_threshold_has_a_knob_with_its_range_from_the_schema() -> None:
    assert {f"signals.{name}.points" for name in DEFAULT_SIGNALS} <= set(KNOBS)
    assert sum(name.startswith("policy.thresholds.") for name in KNOBS) == 6
    kind = kind_at(("policy", "thresholds", "full", "drop"))
    assert isinstance(kind, Number)
    assert (KNOBS[CALM].low, KNOBS[CALM].high) == (kind.low, kind.high)
    assert KNOBS["mode"].options == ("observe", "enforce")


def test_a_knob_that_is_moved_writes_the_same_yaml_and_means_it() -> None:
    text = FILE.read_text()
    moved, problems = moved_in(text, {CALM: "4.5", "mode": "enforce"}, "x")
    assert problems == []
    changed = [
        pair
        for pair in zip(text.splitlines(), moved.splitlines(), strict=True)
        if pair[0] != pair[1]
    ]
    assert changed == [
        ("mode: observe", "mode: enforce"),
        ("      challenge: 5  # -100 to 100", "      challenge: 4.5  # -100 to 100"),
    ]
    told = values(moved)
    assert told is not None
    assert (told[CALM], told["mode"]) == (4.5, "enforce")


def test_every_knob_can_be_moved_in_a_file_that_says_nothing_yet() -> None:
    defaults = values("version: 1\n")
    assert defaults is not None
    moved, problems = moved_in(
        "version: 1\n", {name: str(value) for name, value in defaults.items()}, "x"
    )
    assert problems == []
    config = parse_config(moved, "x", FILE.parent)
    assert config.settings.config_hash == load_config(None).settings.config_hash


@pytest.mark.parametrize("typed", ["", "x", "101", "-101", "nan", "inf", "1" * 400, "1e400"])
def test_what_a_knob_does_not_take_is_told_and_the_text_stays(typed: str) -> None:
    text, ((place, told),) = moved_in("version: 1\n", {CALM: typed}, "x")
    assert text == "version: 1\n"
    assert place.line == 0
    assert told.startswith("Calm: challenge from")
    assert "-100 to 100" in told


def test_a_knob_that_nobody_offers_moves_nothing() -> None:
    assert moved_in("version: 1\n", {"storage.folder": "/x"}, "x") == ("version: 1\n", [])


def test_a_place_where_nothing_can_be_set_is_told() -> None:
    text, ((place, told),) = moved_in("version: 1\npolicy: [1]\n", {CALM: "4"}, "x")
    assert text == "version: 1\npolicy: [1]\n"
    assert (place.line, "no section" in told) == (2, True)


def test_a_text_that_is_refused_shows_what_is_written() -> None:
    refused = "version: 1\npolicy: {thresholds: {calm: {challenge: 500}}}\nmodus: 1\n"
    told = values(refused)
    assert told is not None
    assert (told[CALM], told["mode"]) == (500, "observe")
    assert values("version: [\n") is None
    assert values("- 1\n") is None
