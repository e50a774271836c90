"""Where the lab's espeak-ng comes from; the real one is fetched and speaks in tests/e2e."""

import subprocess
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab import speech
from screener.lab.speech import ensure_espeak


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab folder of the test's own, on a machine without apt."""
    monkeypatch.setenv("SCREENER_LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.delenv("SCREENER_LAB_FETCH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    return tmp_path / "lab"


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_the_systems_own_is_used_unless_it_is_to_be_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "programs/espeak-ng", "#!/bin/sh\n")
    assert ensure_espeak() == tmp_path / "programs/espeak-ng"
    monkeypatch.setenv("SCREENER_LAB_FETCH", "always")
    with pytest.raises(MissingPartError, match="no apt-get"):
        ensure_espeak()


def test_what_was_fetched_before_is_used_at_once_and_in_silence(folder: Path) -> None:
    script(folder / "speech/espeak-ng", "#!/bin/sh\n")
    said: list[str] = []
    assert ensure_espeak(said.append) == folder / "speech/espeak-ng"
    assert said == []


def test_a_fetch_that_fails_leaves_nothing_half(folder: Path) -> None:
    with pytest.raises(MissingPartError, match="no apt-get"):
        ensure_espeak()
    assert [path.name for path in folder.iterdir()] == ["lock"]


def test_the_script_runs_the_program_through_the_trees_own_loader(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    tree = folder / "with a space"
    script(tree / "usr/lib/any/ld-linux-any.so.2", '#!/bin/sh\nprintf "%s|" "$@"\n')
    speech._finish(tree, [])
    done = subprocess.run(
        [tree / "espeak-ng", "-v", "en", "two words"], capture_output=True, text=True, check=True
    )
    libraries = tree / "usr/lib/any"
    assert done.stdout.split("|")[:-1] == [
        "--library-path",
        f"{libraries}:{libraries}/pulseaudio",
        f"{tree}/usr/bin/espeak-ng",
        f"--path={libraries}",
        "-v",
        "en",
        "two words",
    ]
