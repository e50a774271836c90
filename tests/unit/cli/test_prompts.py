"""`screener prompts` on folders of made-up sounds; real ones play in tests/e2e/test_prompts.

espeak-ng's place is taken by a program that speaks a tone of 8 kHz, so that no library is needed.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from screener.adapters import telephone_sound
from screener.adapters.stock_sounds import stock_name
from screener.cli import main, prompt_making
from screener.cli.prompt_making import PITCHES, SPEEDS
from screener.core.question import WORDS
from tests.unit.adapters.speaking import runs, speaker, tone


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    for word in WORDS:
        if name := stock_name(word):
            path = folder / f"en/{name}.gsm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
    return folder


class Run:
    """One run of the command: its status and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: object) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["screener", "prompts", *map(str, words)])
            with pytest.raises(SystemExit) as caught:
                main.main()
        self.status = caught.value.code or 0
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def soxr(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is not needed for what the stand-in speaks."""
    monkeypatch.setattr(prompt_making, "require_soxr", lambda: None)


def test_installed_sounds_make_a_set(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "--sounds", sounds)
    assert (run.status, run.err) == (0, "")
    assert "13 prompts made in" in run.out
    assert re.search("they can ask.*: repeat, sum\n", run.out)
    assert "larger lacks larger-of, or, which Asterisk has no sound for" in run.out
    assert "under the licence of those" in run.out
    assert (sounds / "en/screener/4.gsm").read_bytes() == b"digits/4"


@pytest.mark.usefixtures("soxr")
def test_a_text_is_spoken_in_another_speed_and_pitch_for_each_word(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(capsys, "--sounds", sounds, "--espeak", speaker(tmp_path, tone(0.5)))
    assert (run.status, run.err) == (0, "")
    assert "15 prompts made in" in run.out
    assert "repeat, sum, larger" in run.out
    assert "licence" not in run.out
    spoken = [re.findall(r"-s (\d+) -p (\d+)", line)[0] for line in runs(tmp_path)[1:]]
    assert len(spoken) == 15
    assert len(set(spoken)) > 5
    assert all(SPEEDS[0] <= int(speed) <= SPEEDS[1] for speed, _ in spoken)
    assert all(PITCHES[0] <= int(pitch) <= PITCHES[1] for _, pitch in spoken)
    assert {path.suffix for path in (sounds / "en/screener").iterdir()} == {".wav", ".json"}


@pytest.mark.usefixtures("soxr")
def test_speed_pitch_voice_and_texts_are_the_admins_choice(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.yaml"
    texts.write_text("press: kindly press\n")
    words = ["--espeak", speaker(tmp_path, tone(0.5)), "--texts", texts, "--voice", "pt-br"]
    run = Run(capsys, "en", "--sounds", sounds, *words, "--speed", 100, "--pitch", 20)
    assert run.status == 0
    assert runs(tmp_path)[10] == "-v pt-br -s 100 -p 20 -b 1 -w --stdin < kindly press"


def test_recordings_are_kept_unless_forced(
    sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = sounds / "en/screener/press.ulaw"
    own.parent.mkdir()
    own.write_bytes(b"mine")
    run = Run(capsys, "--sounds", sounds)
    assert "12 prompts made" in run.out
    assert "Recordings kept (--force replaces them): press\n" in run.out
    assert own.read_bytes() == b"mine"
    run = Run(capsys, "--sounds", sounds, "--force")
    assert "13 prompts made" in run.out
    assert not own.exists()


def test_the_list_shows_what_each_language_can_ask(
    sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Run(capsys, "--sounds", sounds)
    for word in WORDS:
        path = sounds / f"de/screener/{word}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    before = sorted(sounds.rglob("*"))
    run = Run(capsys, "--sounds", sounds, "--list")
    rows = [re.split(r"\s{2,}", line.strip()) for line in run.out.splitlines()[2:]]
    assert rows[1:] == [
        ["de", "screener", "15", "repeat, sum, larger"],
        ["en", "stock", "13", "repeat, sum", "larger-of, or"],
        ["en", "screener", "13", "repeat, sum", "larger-of, or"],
    ]
    assert rows[0][:4] == ["de", "stock", "0", "none"]
    assert sorted(sounds.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["eo"], 4, "no texts for eo"),
        (["--from", "espeak", "--espeak", "/nowhere/espeak"], 4, "no /nowhere/espeak"),
        (["de", "--from", "installed"], 4, "install Asterisk's sounds of de"),
        (["--texts", "/nowhere/t.yaml"], 3, "/nowhere/t.yaml: cannot be read"),
        (["../en"], 2, "allowed: a language such as en or pt_BR"),
        (["--sound", "press=vm-press", "--speed", "100"], 2, "--sound takes installed sounds"),
    ],
)
def test_what_is_missing_or_wrong_is_one_line_and_a_status(
    sounds: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    told: str,
) -> None:
    before = sorted(sounds.rglob("*"))
    run = Run(capsys, "--sounds", sounds, *words)
    assert (run.status, run.out) == (status, "")
    assert told in run.err
    assert run.err.count("\n") == 1
    assert sorted(sounds.rglob("*")) == before


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(capsys, "--sounds", tmp_path / "none", "--list")
    assert run.status == 4
    assert "say with --sounds" in run.err


def test_without_soxr_nothing_is_written(
    sounds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(telephone_sound, "import_module", none)
    run = Run(capsys, "--sounds", sounds, "--espeak", speaker(tmp_path, tone(0.5)))
    assert (run.status, run.out) == (4, "")
    assert "pip install 'screener[prompts]'" in run.err
    assert not (sounds / "en/screener").exists()


def test_it_runs_as_a_program(sounds: Path) -> None:
    command = [sys.executable, "-m", "screener", "prompts", "--sounds", str(sounds), "--list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "en" in done.stdout
