import json
import os
import stat
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.keys import load_keys, load_or_make_keys


def test_keys_are_made_once_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    made = load_or_make_keys(path)
    assert load_or_make_keys(path) == load_keys(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]


def test_no_two_sites_have_the_same_keys(tmp_path: Path) -> None:
    one, other = load_or_make_keys(tmp_path / "a"), load_or_make_keys(tmp_path / "b")
    assert len({one.pseudonym, one.seal, other.pseudonym, other.seal}) == 4
    assert len(one.pseudonym) == len(one.seal) == 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_keys_that_others_could_touch_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    load_or_make_keys(path)
    path.chmod(mode)
    with pytest.raises(ScreenerError, match=f"has mode {mode:04o}.*chmod 600"):
        load_or_make_keys(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_keys_of_another_user_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load_or_make_keys(path)
    os.chown(path, 12_345, 12_345)
    with pytest.raises(ScreenerError, match="belongs to user 12345"):
        load_or_make_keys(path)


def test_a_link_or_a_folder_is_no_key_file(tmp_path: Path) -> None:
    load_or_make_keys(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ScreenerError, match="is a link"):
        load_or_make_keys(tmp_path / "link")
    with pytest.raises(ScreenerError, match="no regular file"):
        load_or_make_keys(tmp_path)


def test_a_pipe_in_its_place_does_not_hold_the_agent_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys.json", 0o600)
    with pytest.raises(ScreenerError, match="no regular file"):
        load_or_make_keys(tmp_path / "keys.json")


def test_a_key_file_cut_anywhere_or_changed_in_shape_is_refused_and_never_quoted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    load_or_make_keys(path)
    whole = path.read_bytes()
    secret = json.loads(whole)["seal"]
    for cut in range(len(whole) - 2):
        path.write_bytes(whole[:cut])
        with pytest.raises(ScreenerError, match="holds no keys") as refused:
            load_or_make_keys(path)
        assert secret[:8] not in str(refused.value)
    for other in (b"[]", b"null", b'{"key_id": "x", "pseudonym": "AA==", "seal": "AA=="}'):
        path.write_bytes(other)
        with pytest.raises(ScreenerError, match="holds no keys"):
            load_or_make_keys(path)


def test_keys_do_not_show_in_a_traceback(tmp_path: Path) -> None:
    keys = load_or_make_keys(tmp_path / "keys.json")
    assert repr(keys) == f"Keys(key_id={keys.key_id!r})"
