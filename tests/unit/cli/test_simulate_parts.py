"""Switching off one part of the policy."""

import pytest

from screener.cli.simulate_parts import PARTS, change_without, without_limit, without_signals
from screener.core.settings import Level, Settings
from screener.errors import UsageError

DEFAULT = Settings()


@pytest.mark.parametrize("name", PARTS)
def test_every_part_changes_something_and_leaves_the_settings_as_they_were(name: str) -> None:
    changed = PARTS[name](DEFAULT)
    assert changed != DEFAULT
    assert Settings() == DEFAULT
    assert PARTS[name](changed) == changed


@pytest.mark.parametrize("name", PARTS)
def test_every_signal_that_a_part_switches_off_is_one_of_the_engines(name: str) -> None:
    assert set(PARTS[name](DEFAULT).signals) == set(DEFAULT.signals)


def test_a_signal_without_weight_keeps_its_mode_and_its_neighbours() -> None:
    changed = without_signals("withheld")(DEFAULT)
    assert changed.signals["withheld"].points == 0.0
    others = {name for name in DEFAULT.signals if name != "withheld"}
    assert all(changed.signals[name] == DEFAULT.signals[name] for name in others)


def test_without_a_limit_the_others_stay() -> None:
    changed = without_limit("number-flood")(DEFAULT)
    assert {one.name for one in DEFAULT.limits} - {one.name for one in changed.limits} == {
        "number-flood"
    }


def test_without_pressure_every_level_has_the_thresholds_of_a_calm_day() -> None:
    thresholds = PARTS["pressure"](DEFAULT).policy.thresholds
    assert set(thresholds) == set(Level)
    assert set(thresholds.values()) == {DEFAULT.policy.thresholds[Level.CALM]}


@pytest.mark.parametrize("name", ["limits", "withheld", "number-flood"])
def test_a_part_a_signal_and_a_limit_can_be_named(name: str) -> None:
    assert change_without(name, DEFAULT)(DEFAULT) != DEFAULT


def test_what_there_is_not_is_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r'--without redail is not known; did you mean "redial"\?'):
        change_without("redail", DEFAULT)
