import fcntl
import json
import threading
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab import fetch
from screener.lab.fetch import ensure_lab, lab_folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab folder of the test's own, on a machine without any Asterisk and without apt."""
    monkeypatch.setenv("SCREENER_LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.setenv("SCREENER_LAB_FETCH", "always")
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    return tmp_path / "lab"


def whole(root: Path) -> None:
    """A root as a finished fetch leaves it, with a loader that prints a version."""
    (root / "usr/lib/any/asterisk/modules").mkdir(parents=True)
    loader = root / "usr/lib/any/ld-linux-any.so.2"
    loader.write_text("#!/bin/sh\necho Asterisk 22.10.1\n")
    loader.chmod(0o755)
    (root / "screener-lab.json").write_text(json.dumps({"format": 1}))


def test_the_folder_is_the_chosen_one_or_in_the_cache(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    assert lab_folder() == folder
    monkeypatch.delenv("SCREENER_LAB_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/cache")
    assert lab_folder() == Path("/some/cache/screener/lab")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ann")
    assert lab_folder() == Path("/home/ann/.cache/screener/lab")


def test_what_was_fetched_before_is_used_at_once_and_in_silence(folder: Path) -> None:
    whole(folder / "root")
    said: list[str] = []

    assert ensure_lab(said.append).version == "22.10.1"
    assert said == []


@pytest.mark.parametrize("marker", [None, "", "{", "[]", '{"format": 0}'])
def test_a_root_without_its_marker_is_fetched_again(folder: Path, marker: str | None) -> None:
    whole(folder / "root")
    (folder / "root/screener-lab.json").unlink()
    if marker is not None:
        (folder / "root/screener-lab.json").write_text(marker)

    with pytest.raises(MissingPartError, match="no apt-get"):
        ensure_lab()


def test_a_fetch_that_fails_leaves_nothing_half(folder: Path) -> None:
    (folder / "building-old/root").mkdir(parents=True)

    with pytest.raises(MissingPartError):
        ensure_lab()

    assert [path.name for path in folder.iterdir()] == ["lock"]


def test_a_folder_that_cannot_be_made_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCREENER_LAB_DIR", str(tmp_path / "file/lab"))

    with pytest.raises(MissingPartError, match=r"^cannot write .*/file/lab \(Not a directory\): "):
        ensure_lab()


def test_too_little_room_is_told_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch, "ROOM", 1 << 60)

    with pytest.raises(MissingPartError, match="MB free, the lab needs"):
        ensure_lab()


def test_a_second_process_waits_for_the_first_and_uses_what_it_fetched(folder: Path) -> None:
    folder.mkdir()
    waiting = threading.Event()
    with (folder / "lock").open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        found: list[str] = []
        second = threading.Thread(
            target=lambda: found.append(ensure_lab(lambda _: waiting.set()).version)
        )
        second.start()
        assert waiting.wait(10)
        assert second.is_alive()
        whole(folder / "root")
    second.join(10)

    assert found == ["22.10.1"]
