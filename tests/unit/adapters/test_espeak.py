"""Running espeak-ng, with a program in its place; the real one speaks in tests/e2e/test_prompts."""

from pathlib import Path

import pytest

from screener.adapters import espeak as speaking
from screener.adapters.espeak import Espeak, Voice
from screener.errors import MissingPartError, ScreenerError, UsageError
from tests.unit.adapters.speaking import runs, speaker, tone

EN = Voice("en", 140, 45)


def program(folder: Path, script: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_text_is_spoken_with_the_voice_that_was_asked_for(tmp_path: Path) -> None:
    sound = tone(0.5)
    espeak = Espeak(str(speaker(tmp_path, sound)))
    assert espeak.speak("größere Zahl", EN) == sound
    assert runs(tmp_path) == ["-v en -s 140 -p 45 -b 1 -w --stdin < größere Zahl"]


def test_a_text_is_never_an_option(tmp_path: Path) -> None:
    Espeak(str(speaker(tmp_path, tone(0.5)))).speak("-w x", EN)
    assert runs(tmp_path)[0].endswith("--stdin < -w x")


@pytest.mark.parametrize("name", ["", "-v", "../en", "en us", "e" * 50, "en\n", "1"])
def test_a_name_that_no_voice_has_is_refused(tmp_path: Path, name: str) -> None:
    espeak = Espeak(str(speaker(tmp_path, b"")))
    with pytest.raises(UsageError, match="no name of a voice"):
        espeak.speak("one", Voice(name, 140, 50))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("language", "voice"), [("en", "en"), ("en_US_f_Allison", "en"), ("pt_BR", "pt-br")]
)
def test_the_voice_is_the_languages_nearest(tmp_path: Path, language: str, voice: str) -> None:
    assert Espeak(str(speaker(tmp_path, b""))).voice_of(language) == voice


def test_a_language_that_is_not_spoken_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match=r"no voice for pt_PT: .*--voice"):
        Espeak(str(speaker(tmp_path, b""))).voice_of("pt_PT")


def test_what_the_program_says_of_a_failure_is_told_on_one_line(tmp_path: Path) -> None:
    espeak = Espeak(program(tmp_path, "printf 'Error:\\033[2J no\\nphontab' >&2; exit 1"))
    with pytest.raises(ScreenerError, match=r"did not speak: Error:\?\[2J no phontab$"):
        espeak.speak("one", EN)


def test_a_program_that_speaks_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScreenerError, match="gave no reason"):
        Espeak(program(tmp_path, "exit 0")).speak("one", EN)


def test_a_program_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "LIMIT_S", 0.1)
    with pytest.raises(ScreenerError, match=r"did not end within 0\.1 s"):
        Espeak(program(tmp_path, "exec sleep 20")).speak("one", EN)


def test_a_program_that_is_not_there_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPartError, match=r"no espeak-ng on PATH: .*apt install espeak-ng"):
        Espeak()
    with pytest.raises(MissingPartError, match="no /nowhere/espeak: "):
        Espeak("/nowhere/espeak")


def test_a_program_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    path = program(tmp_path, "")
    Path(path).write_bytes(b"\x7fELF")
    with pytest.raises(MissingPartError, match="cannot run"):
        Espeak(path).speak("one", EN)
