from pathlib import Path

import pytest

from screener.config.storage_folders import key_file, storage_folder

NOWHERE = Path("/nowhere/at/all")


def test_declared_paths_are_taken_as_they_are(tmp_path: Path) -> None:
    unit = {"STATE_DIRECTORY": str(tmp_path)}
    assert storage_folder("/some/where", unit) == "/some/where"
    assert key_file("/some/keys", unit) == "/some/keys"


def test_the_state_folders_of_the_unit_come_first_one_for_each() -> None:
    unit = {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "HOME": "/home/x"}
    assert storage_folder("auto", unit, NOWHERE) == "/var/lib/a"
    assert key_file("auto", unit, NOWHERE) == "/var/lib/b/keys.json"


@pytest.mark.parametrize("unusable", ["", "relative", ":"])
def test_without_them_the_systems_folders_are_next(tmp_path: Path, unusable: str) -> None:
    unit = {"STATE_DIRECTORY": unusable}
    assert storage_folder("auto", unit, tmp_path) == str(tmp_path)
    assert key_file("auto", unit, tmp_path) == str(tmp_path / "keys.json")


def test_a_user_has_folders_of_their_own() -> None:
    home = {"HOME": "/home/x"}
    assert storage_folder("auto", home, NOWHERE) == "/home/x/.local/state/screener"
    assert key_file("auto", home, NOWHERE) == "/home/x/.config/screener/keys.json"
    named = home | {"XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c"}
    assert storage_folder("auto", named, NOWHERE) == "/s/screener"
    assert key_file("auto", named, NOWHERE) == "/c/screener/keys.json"


@pytest.mark.parametrize("environment", [{}, {"STATE_DIRECTORY": "/a"}, {"HOME": "/h"}])
def test_log_and_keys_are_never_in_one_folder(environment: dict[str, str]) -> None:
    keys = Path(key_file("auto", environment, NOWHERE))
    assert str(keys.parent) != storage_folder("auto", environment, NOWHERE)
