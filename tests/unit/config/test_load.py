import dataclasses
from pathlib import Path

import pytest

from screener.config.load import Config, load_config, parse_config
from screener.core.settings import (
    Settings,
)
from screener.errors import ConfigError


def parsed(text: str, folder: Path = Path("/")) -> Config:
    return parse_config("version: 1\n" + text, "f.yaml", folder)


def test_without_a_file_the_embedded_defaults_hold() -> None:
    settings = load_config(None).settings
    assert dataclasses.replace(settings, config_hash="default") == Settings()


def test_a_file_that_says_nothing_means_the_defaults() -> None:
    assert parsed("") == load_config(None)


def test_a_missing_file_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/x\.yaml: cannot be read"):
        load_config(Path("/nowhere/x.yaml"))


def test_all_problems_of_a_file_come_at_once_in_order() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed("mode: maybe\nsite: {operators: 0x10, channels: 0}\nlists: [{entries: [hello]}]\n")
    places = [str(place) for place, _ in caught.value.problems]
    assert places == [
        "f.yaml:2:7",
        "f.yaml:3:19",
        "f.yaml:3:35",
        *["f.yaml:4:9"] * 2,
        "f.yaml:4:20",
    ]


def test_entries_are_not_judged_by_a_region_that_is_none() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed('region: XX\nlists: [{name: a, action: deny, entries: ["hello"]}]')
    assert [str(place) for place, _ in caught.value.problems] == ["f.yaml:2:9"]


def test_eighty_thousand_entries_are_taken() -> None:
    entries = "".join(f'      - "+1651{number:07d}"\n' for number in range(80_000))
    config = parsed(f"lists:\n  - name: a\n    action: deny\n    entries:\n{entries}")
    assert len(config.settings.lists[0].entries) == 80_000
