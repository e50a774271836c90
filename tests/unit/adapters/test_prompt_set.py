"""Sets of prompts in real folders: what was made is replaced, what was recorded is kept."""

import os
import stat
from pathlib import Path

import pytest

from screener.adapters.prompt_set import LIST, PromptSet

ONE, OTHER, THEIRS = b"one", b"other", b"a person's"


def put(folder: Path, word: str = "press", *, force: bool = False, **sounds: bytes) -> bool:
    return PromptSet(folder).put(word, sounds, force=force)


def held(folder: Path) -> dict[str, bytes]:
    made = folder / "screener"
    return {path.name: path.read_bytes() for path in made.iterdir() if path.name != LIST}


def test_what_was_made_is_there_for_asterisk_to_read(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        assert put(tmp_path, wav=ONE, gsm=OTHER)
    finally:
        os.umask(old)
    assert held(tmp_path) == {"press.wav": ONE, "press.gsm": OTHER}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "screener").iterdir()}
    assert modes == {0o644}


def test_what_was_made_before_is_replaced_in_every_format(tmp_path: Path) -> None:
    put(tmp_path, gsm=ONE, ulaw=ONE)
    assert put(tmp_path, wav=OTHER)
    assert held(tmp_path) == {"press.wav": OTHER}
    assert put(tmp_path, wav=ONE)
    assert held(tmp_path) == {"press.wav": ONE}


def test_a_recording_is_kept_and_heard(tmp_path: Path) -> None:
    put(tmp_path, wav=ONE)
    (tmp_path / "screener/press.gsm").write_bytes(THEIRS)
    assert PromptSet(tmp_path).recorded("press") == [tmp_path / "screener/press.gsm"]
    assert not put(tmp_path, wav=OTHER)
    assert held(tmp_path) == {"press.gsm": THEIRS}


def test_a_made_file_that_a_person_changed_is_a_recording(tmp_path: Path) -> None:
    put(tmp_path, wav=ONE)
    (tmp_path / "screener/press.wav").write_bytes(THEIRS)
    assert not put(tmp_path, wav=OTHER)
    assert held(tmp_path) == {"press.wav": THEIRS}


def test_force_replaces_a_recording_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "screener").mkdir()
    for name in ("press.gsm", "press.ulaw", "plus.gsm"):
        (tmp_path / "screener" / name).write_bytes(THEIRS)
    assert put(tmp_path, force=True, ulaw=ONE)
    assert held(tmp_path) == {"press.ulaw": ONE, "plus.gsm": THEIRS}
    assert PromptSet(tmp_path).recorded("press") == []


def test_one_word_does_not_touch_another(tmp_path: Path) -> None:
    put(tmp_path, "press", wav=ONE)
    put(tmp_path, "plus", wav=OTHER)
    put(tmp_path, "press", wav=OTHER)
    assert held(tmp_path) == {"press.wav": OTHER, "plus.wav": OTHER}
    assert PromptSet(tmp_path).recorded("plus") == []


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"a": 1}', b"\xff"])
def test_without_its_list_every_file_is_taken_for_a_recording(
    tmp_path: Path, content: bytes | None
) -> None:
    put(tmp_path, wav=ONE)
    (tmp_path / "screener" / LIST).unlink()
    if content is not None:
        (tmp_path / "screener" / LIST).write_bytes(content)
    assert not put(tmp_path, wav=OTHER)
    assert held(tmp_path) == {"press.wav": ONE}


def test_a_run_cut_off_before_a_file_came_into_place_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, wav=ONE)
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target.suffix == ".wav":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        put(tmp_path, wav=OTHER)
    monkeypatch.undo()
    assert held(tmp_path) == {"press.wav": ONE}
    assert put(tmp_path, wav=OTHER)
    assert held(tmp_path) == {"press.wav": OTHER}


def test_a_link_in_a_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(THEIRS)
    (tmp_path / "screener").mkdir()
    (tmp_path / "screener/press.wav").symlink_to(elsewhere)
    assert put(tmp_path, force=True, wav=ONE)
    assert elsewhere.read_bytes() == THEIRS
    assert not (tmp_path / "screener/press.wav").is_symlink()


def test_a_language_without_a_folder_gets_one(tmp_path: Path) -> None:
    assert put(tmp_path / "eo", wav=ONE)
    assert held(tmp_path / "eo") == {"press.wav": ONE}
