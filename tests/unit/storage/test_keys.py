import json
import os
import stat
from pathlib import Path

import pytest

from screener.errors import ScreenerError
from screener.storage.keys import Keys, Way, load_keys, load_or_make_keys


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


ZEROS, ONES = "A" * 43 + "=", "AQ" + "A" * 41 + "="


def held(path: Path, **fields: object) -> Keys:
    path.write_text(json.dumps({"key_id": "k", "seal": ONES} | fields))
    path.chmod(0o600)
    return load_keys(path)


def test_new_files_say_how_pseudonyms_are_made(tmp_path: Path) -> None:
    assert load_or_make_keys(tmp_path / "keys.json").way is Way.BLAKE2B


def test_a_file_without_the_word_is_of_a_site_whose_pseudonyms_are_hmac(tmp_path: Path) -> None:
    keys = held(tmp_path / "keys.json", pseudonym=ZEROS)
    assert keys == Keys("k", bytes(32), b"\1" + bytes(31), Way.HMAC_SHA256)
    assert held(tmp_path / "keys.json", pseudonym=ZEROS, pseudonyms="hmac-sha-256") == keys


def test_a_file_of_another_way_holds_nothing_that_an_older_program_takes_for_its_key(
    tmp_path: Path,
) -> None:
    load_or_make_keys(tmp_path / "keys.json")
    assert "pseudonym" not in json.loads((tmp_path / "keys.json").read_text())


@pytest.mark.parametrize("way", list(Way))
def test_a_key_under_the_name_of_another_way_is_no_key(tmp_path: Path, way: Way) -> None:
    field = "pseudonym_key" if way is Way.HMAC_SHA256 else "pseudonym"
    with pytest.raises(ScreenerError, match="holds no keys"):
        held(tmp_path / "keys.json", pseudonyms=way.value, **{field: ZEROS})


@pytest.mark.parametrize("word", ["blake3", "", "BLAKE2B", "x" * 3_000, "\u202e\n"])
def test_a_way_that_nobody_knows_is_refused_by_name(tmp_path: Path, word: str) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(ScreenerError, match="cannot make: run the version") as refused:
        held(path, pseudonyms=word, pseudonym=ZEROS, pseudonym_key=ZEROS)
    assert str(refused.value).startswith(f"{path} asks for pseudonyms made by ")
    assert str(refused.value).isprintable()
    assert ZEROS[:8] not in str(refused.value)


@pytest.mark.parametrize("word", [None, 1, ["blake2b"], {}])
def test_a_way_that_is_no_word_is_refused(tmp_path: Path, word: object) -> None:
    with pytest.raises(ScreenerError, match="holds no keys"):
        held(tmp_path / "keys.json", pseudonyms=word, pseudonym=ZEROS, pseudonym_key=ZEROS)
