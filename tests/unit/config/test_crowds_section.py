from pathlib import Path

import pytest

from screener.config.crowds_section import CrowdsSection
from screener.config.load import parse_config
from screener.core.settings import CrowdSettings
from screener.errors import ConfigError


def test_the_section_has_the_keys_and_defaults_of_its_settings() -> None:
    assert list(CrowdsSection.model_fields) == list(CrowdSettings.__dataclass_fields__)
    assert CrowdSettings(**dict(CrowdsSection())) == CrowdSettings()


def test_what_is_given_is_taken_and_the_rest_keeps_its_default() -> None:
    text = "version: 1\ncrowds: {learn: false, fast: 30s, least_taught: 100, redial_share: 0.6}\n"
    assert parse_config(text, "a.yaml", Path()).settings.crowds == CrowdSettings(
        learn=False, fast=30.0, least_taught=100, redial_share=0.6
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{fast: 10m}", "crowds.fast is 600 s; allowed: less than slow (600 s)"),
        ("{slow: 30s}", "crowds.fast is 60 s; allowed: less than slow (30 s)"),
        ("{sure: -1}", "crowds.sure is -1; allowed: a number, 0 to 20"),
        ("{still: 0.9}", "crowds.still is 0.9; allowed: a number, 1 to 100"),
        ("{redial_share: 0}", "crowds.redial_share is 0; allowed: a number, 0.01 to 1"),
        ("{least_taught: 0}", "crowds.least_taught is 0; allowed: a whole number, 1 to 1000000"),
        ("{shape: 1}", "crowds.shape is not known"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"version: 1\ncrowds: {given}\n", "a.yaml", Path())
    assert told in str(caught.value)
