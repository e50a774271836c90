from pathlib import Path

import pytest

from screener.storage.central.pending import note, pending
from screener.storage.keys import Keys, load_or_make_keys
from tests.builders import NOW

NUMBER = "+16515550142"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return load_or_make_keys(tmp_path / "keys.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def test_what_was_noted_is_read_again_oldest_first_until_it_is_done(
    keys: Keys, folder: Path
) -> None:
    note(folder, keys, NUMBER, NOW + 1.0)
    note(folder, keys, "911", NOW)
    found, unread = pending(folder, keys)
    assert [(one.identity, one.at) for one in found] == [("911", NOW), (NUMBER, NOW + 1.0)]
    assert unread == []
    found[0].done()
    found[0].done()
    assert [one.identity for one in pending(folder, keys)[0]] == [NUMBER]


def test_a_number_waits_sealed_and_for_its_owner_alone(keys: Keys, folder: Path) -> None:
    path = note(folder, keys, NUMBER, NOW).path
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"6515550142" not in path.read_bytes()
    assert [one.name for one in folder.iterdir()] == [path.name]


def test_a_file_that_cannot_be_opened_is_named_and_left(keys: Keys, folder: Path) -> None:
    path = note(folder, keys, NUMBER, NOW).path
    whole = path.read_text()
    broken = [whole[:cut] for cut in range(0, len(whole) - 1, 7)] + ["{}", "[]", "7"]
    for text in broken:
        path.write_text(text)
        assert pending(folder, keys) == ([], [path.name])
    path.write_text(whole)
    moved = path.rename(folder / "central-erase-0000000000000000.sealed")
    assert pending(folder, keys) == ([], [moved.name])  # bound to its name


def test_other_keys_open_none(keys: Keys, folder: Path, tmp_path: Path) -> None:
    path = note(folder, keys, NUMBER, NOW).path
    assert pending(folder, load_or_make_keys(tmp_path / "other.json")) == ([], [path.name])


def test_a_draft_that_a_kill_left_is_none(keys: Keys, folder: Path) -> None:
    (folder / "central-erase-12.draft").write_text("{")
    assert pending(folder, keys) == ([], [])


def test_where_nothing_can_be_kept_that_is_said(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        note(tmp_path / "none", keys, NUMBER, NOW)
