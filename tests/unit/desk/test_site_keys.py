from pathlib import Path

import pytest

from screener.config.load import Config, parse_config
from screener.desk.site_keys import site_keys
from screener.errors import MissingPartError, ScreenerError


def a_site(folder: Path) -> Config:
    text = f"version: 1\nstorage: {{folder: {folder}/state, keys: {folder}/keys.json}}\n"
    (folder / "state").mkdir()
    return parse_config(text, "x", folder)


def test_a_new_site_gets_keys_and_keeps_them(tmp_path: Path) -> None:
    config = a_site(tmp_path)
    made = site_keys(config)
    (tmp_path / "state" / "decisions.db").touch()
    assert site_keys(config) == made


@pytest.mark.parametrize("name", ["decisions.db", "review.db"])
def test_lost_keys_are_not_replaced_by_a_command(tmp_path: Path, name: str) -> None:
    config = a_site(tmp_path)
    (tmp_path / "state" / name).touch()
    with pytest.raises(MissingPartError, match=rf"is gone, and .*{name} is sealed with it"):
        site_keys(config)
    assert not (tmp_path / "keys.json").exists()


def test_a_key_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    config = a_site(tmp_path)
    (tmp_path / "keys.json").mkdir()
    with pytest.raises(ScreenerError, match=r"keys\.json"):
        site_keys(config)
