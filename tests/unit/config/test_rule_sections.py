import pytest
from pydantic import ValidationError

from screener.config.rule_sections import (
    REFUSAL_CODES,
    PolicySection,
    PressureSection,
    Region,
    ThresholdsSection,
    merged_group,
)
from screener.core.settings import GroupCap, Level, PolicySettings, Thresholds


@pytest.mark.parametrize("region", ["US", "GB", "DE", "PR"])
def test_a_region_with_a_numbering_plan_is_read(region: str) -> None:
    assert Region().read(region) == region


@pytest.mark.parametrize("region", ["us", "UK", "ZZ", "USA", "", 1, None])
def test_any_other_region_is_refused(region: object) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        Region().read(region)


DEFAULT_FULL = PolicySettings().thresholds[Level.FULL]


def test_thresholds_keep_their_defaults_where_none_are_given() -> None:
    assert ThresholdsSection().merged() == PolicySettings().thresholds
    given = ThresholdsSection.model_validate({"full": {"drop": 6}})
    assert given.merged()[Level.FULL] == Thresholds(DEFAULT_FULL.challenge, 6.0)


@pytest.mark.parametrize(
    "thresholds",
    [
        {"calm": {"challenge": 14}},
        {"rising": {"challenge": 5.5}},
        {"full": {"drop": 9.5}},
        {"calm": {"drop": 8}},
    ],
)
def test_thresholds_that_cross_or_loosen_are_refused(thresholds: object) -> None:
    with pytest.raises(ValidationError):
        PolicySection.model_validate({"thresholds": thresholds})


def test_thresholds_that_stay_the_same_at_every_level_are_allowed() -> None:
    same = {"challenge": 2, "drop": 8}
    section = ThresholdsSection.model_validate({"calm": same, "rising": same, "full": same})
    assert set(section.merged().values()) == {Thresholds(2.0, 8.0)}


@pytest.mark.parametrize("code", REFUSAL_CODES)
def test_a_refusal_code_ends_the_call_for_good(code: int) -> None:
    assert 400 <= code <= 699
    assert PolicySection.model_validate({"refuse_code": code}).refuse_code == code


@pytest.mark.parametrize("code", [200, 302, 401, 407, 408, 488, 700, "603", True])
def test_any_other_code_is_refused(code: object) -> None:
    with pytest.raises(ValidationError):
        PolicySection.model_validate({"refuse_code": code})


@pytest.mark.parametrize(
    "pressure",
    [
        {"queue": {"calm": 2}},
        {"channels": {"full": 1.01}},
        {"rising_at": 0.9},
        {"hysteresis": 0.35},
    ],
)
def test_pressure_that_could_not_move_is_refused(pressure: object) -> None:
    with pytest.raises(ValidationError):
        PressureSection.model_validate(pressure)


def test_a_group_keeps_the_bound_that_is_not_given() -> None:
    assert merged_group("history", None, 2.0) == GroupCap(-9.0, 2.0)
