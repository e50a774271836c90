"""Prompts that `screener prompts` makes, played by a real Asterisk and understood by a listener.

Stock sounds and made ones stay in folders of the test's own. The spoken set needs espeak-ng, which
the lab fetches, and the library of the extra `prompts`.
"""

import asyncio
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.question import WORDS, QuestionKind, draw_question
from screener.core.settings import Prompts
from screener.errors import MissingPartError
from screener.lab.asterisk import Asterisk
from screener.lab.ear import Templates
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from screener.lab.speech import ensure_espeak
from tests.e2e.conftest import lab_is_required
from tests.e2e.joined_prompts import Ears

pytestmark = pytest.mark.e2e

QUESTIONS = 200
CALLS = 6


@pytest.fixture(scope="module")
def speaking(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    """An Asterisk that says a question for each of CALLS called numbers, from `made`."""
    folder = lab_folder / "made"
    rng = random.Random(7)  # noqa: S311 - the same questions each time, no secret
    site = "\n[from-trunk](+)\n"
    for number in range(CALLS):
        kind = list(QuestionKind)[number % len(QuestionKind)]
        question = draw_question([kind], 2, rng.randrange)
        sounds = "&".join(f"{folder}/en/screener/{word}" for word in question.words)
        site += f"""exten => 760{number},1,Answer(500)
 same => n,Playback({sounds})
 same => n,Verbose(1,played {number} ${{PLAYBACKSTATUS}})
 same => n,Read(pressed,,2,,1,5)
 same => n,Verbose(1,caller {number} wanted {question.answer} pressed ${{pressed}})
 same => n,Hangup()
"""
    settings = LabSettings(extra={"extensions.conf": site})
    with Asterisk(lab_root, lab_folder / "prompts", settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def sounds(lab_root: LabRoot, lab_folder: Path) -> Path:
    """Copy the lab's English digits and words into a folder that may be written to."""
    folder = lab_folder / "made"
    for name in ("digits", "letters"):
        shutil.copytree(lab_root.data / "sounds/en" / name, folder / "en" / name)
    for name in ("vm-press.gsm", "please-try-again.gsm"):
        shutil.copy(lab_root.data / "sounds/en" / name, folder / "en" / name)
    return folder


@pytest.fixture(scope="module")
def espeak() -> Path:
    pytest.importorskip("soxr", reason="the extra `prompts` is not installed")
    try:
        return ensure_espeak()
    except MissingPartError as error:
        if lab_is_required():
            raise
        pytest.skip(f"no espeak-ng: {error}")


def made(sounds: Path, *words: object) -> str:
    command = [sys.executable, "-m", "screener", "prompts", "--sounds", sounds, *words]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def converted(asterisk: Asterisk, language: Path, into: Path) -> Path:
    into.mkdir()
    for command in Templates.conversions(language, into, Prompts.SCREENER):
        assert "Converted" in asterisk.rx(command)
    return into


def test_copies_of_installed_sounds_play_as_those_do(
    speaking: Asterisk, sounds: Path, tmp_path: Path
) -> None:
    assert "repeat, sum" in made(sounds, "en", "--from", "installed")
    ours = converted(speaking, sounds / "en", tmp_path / "ours")
    stock = tmp_path / "stock"
    stock.mkdir()
    for command in Templates.conversions(sounds / "en", stock):
        speaking.rx(command)
    names = sorted(path.name for path in ours.iterdir())
    assert names == sorted(f"{word}.ulaw" for word in WORDS if word not in {"or", "larger-of"})
    for name in names:
        assert (ours / name).read_bytes() == (stock / name).read_bytes()
        assert len((ours / name).read_bytes()) > 4000


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_spoken_prompts_play_and_every_kind_of_question_is_understood(
    speaking: Asterisk, sounds: Path, espeak: Path, tmp_path: Path, language: str
) -> None:
    assert "repeat, sum, larger" in made(sounds, language, "--espeak", espeak)
    folder = converted(speaking, sounds / language, tmp_path / "heard")
    for word in WORDS:
        assert 0.3 < len((folder / f"{word}.ulaw").read_bytes()) / 8000 < 3.5, word
    rng = random.Random(11)  # noqa: S311 - the same questions each time, no secret
    ears = Ears(folder, list(QuestionKind), digits=3)
    # Measured: all of them, also where one packet of thirty is lost.
    assert ears.solved(QUESTIONS, rng) == QUESTIONS


def test_who_learned_one_set_by_heart_does_not_know_the_next(
    speaking: Asterisk, sounds: Path, espeak: Path, tmp_path: Path
) -> None:
    sets = []
    for number in range(2):
        made(sounds, "es", "--espeak", espeak)
        sets.append(converted(speaking, sounds / "es", tmp_path / str(number)))
    rng = random.Random(11)  # noqa: S311 - the same questions each time, no secret
    # Measured: none. A word that happens to get nearly its old speed and pitch is known still.
    solved = Ears(sets[1], list(QuestionKind), known=sets[0]).solved(QUESTIONS, rng)
    assert solved < QUESTIONS / 4


def test_a_fixed_speed_and_pitch_make_the_same_sounds_again(sounds: Path, espeak: Path) -> None:
    press = sounds / "es/screener/press.wav"
    found = set()
    for _ in range(2):
        made(sounds, "es", "--espeak", espeak, "--speed", 140, "--pitch", 50)
        found.add(press.read_bytes())
    assert len(found) == 1


async def test_callers_hear_the_spoken_prompts_over_the_telephone_and_answer(
    lab_root: LabRoot, speaking: Asterisk, sounds: Path, espeak: Path, tmp_path: Path
) -> None:
    await asyncio.to_thread(made, sounds, "en", "--espeak", espeak)
    templates = Templates.load(converted(speaking, sounds / "en", tmp_path / "heard"))
    rows = [(f"+1218555{n:04}", "", f"760{n}", "60000") for n in range(CALLS)]
    rng = random.Random(2016)  # noqa: S311 - the same people each time, no secret
    async with Listener(LOOPBACK, [0], templates, rng=rng) as listener:
        load = Load(CALLS, 10.0, rows, limit_s=60.0, media_port=listener.ports[0])
        with Sipp(lab_root, tmp_path / "s", "caller.xml", load, target=speaking.ports.sip) as sipp:
            counts = await asyncio.to_thread(sipp.wait)
    assert counts.failed == 0
    log = speaking.log.read_text(errors="replace")
    assert re.findall(r"played \d (\w+)", log) == ["SUCCESS"] * CALLS
    answers = re.findall(r"caller \d wanted (\d+) pressed (\d*)", log)
    assert len(answers) == CALLS
    assert [pressed for _, pressed in answers] == [wanted for wanted, _ in answers]
