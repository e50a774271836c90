"""What `screener prompts` makes each word of: installed sounds, or a text that is spoken.

Everything that can be missing is looked for before the first file is written. The files are put
into place by `prompt_set`.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from screener.adapters.espeak import Espeak, Voice
from screener.adapters.stock_sounds import (
    joined,
    kinds_said,
    stock_name,
    words_lacking,
    words_said,
)
from screener.adapters.telephone_sound import for_telephone, require_soxr
from screener.config.prompt_texts import texts_for
from screener.core.call import inert
from screener.core.question import WORDS, QuestionKind
from screener.core.settings import Prompts
from screener.errors import MissingPartError, UsageError

SPEEDS = (125, 160)
"""Words a minute: from slow to usual (espeak-ng's own is 175, which is fast on a telephone)."""

PITCHES = (35, 65)
"""Around espeak-ng's own 50."""

_NAME = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")

Make = Callable[[], Mapping[str, bytes]]
"""Returns a word's sounds by their format."""


class Source(StrEnum):
    """What a set of prompts is made of."""

    INSTALLED = "installed"
    ESPEAK = "espeak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for on the command line.

    `sound` are WORD=NAME[+NAME], `program` is espeak-ng's where it is not on PATH; no `speed`
    (words a minute) or `pitch` means another one for each word.
    """

    language: str
    sound: tuple[str, ...] = ()
    texts: Path | None = None
    program: str = ""
    voice: str = ""
    speed: int | None = None
    pitch: int | None = None

    @property
    def of_speech(self) -> bool:
        """Whether anything was asked for that only a spoken text can have."""
        given = (self.texts, self.speed, self.pitch)
        return bool(self.program or self.voice) or any(one is not None for one in given)


def source_of(folder: Path, wishes: Wishes, asked: Source | None = None) -> Source:
    """Return what a set is made of: what was asked for, or else installed sounds if enough.

    Raises UsageError where the wishes contradict each other.
    """
    if wishes.sound and (wishes.of_speech or asked is Source.ESPEAK):
        raise UsageError("--sound takes installed sounds; it does not go with a voice or texts")
    if wishes.of_speech and asked is Source.INSTALLED:
        raise UsageError("installed sounds have no voice, speed, pitch or texts to choose")
    if asked or wishes.of_speech:
        return asked or Source.ESPEAK
    enough = bool(kinds_said(words_said(folder, Prompts.STOCK)))
    return Source.INSTALLED if enough or wishes.sound else Source.ESPEAK


def makers(folder: Path, source: Source, wishes: Wishes) -> dict[str, Make]:
    """Return how each word is made for the language in `folder`; nothing is written by it.

    Raises MissingPartError, with what to install, where something needed is not there.
    """
    return _installed(folder, wishes) if source is Source.INSTALLED else _spoken(wishes)


def _installed(folder: Path, wishes: Wishes) -> dict[str, Make]:
    names = {word: [name] for word in WORDS if (name := stock_name(word))}
    there = words_said(folder, Prompts.STOCK)
    names = {word: name for word, name in names.items() if word in there}
    names |= dict(map(_named, wishes.sound))
    if lacking := words_lacking(QuestionKind.REPEAT, names):
        sounds = ", ".join(f"{stock_name(word)}" for word in lacking)
        raise MissingPartError(
            f"{folder} lacks {sounds}: install Asterisk's sounds of {wishes.language} "
            f"(Debian: asterisk-core-sounds-{wishes.language}-gsm), or use --from espeak"
        )
    sounds_made = {word: joined(folder, name) for word, name in names.items()}
    return {word: partial(dict, made) for word, made in sounds_made.items()}


def _named(wish: str) -> tuple[str, list[str]]:
    word, _, names = wish.partition("=")
    parts = names.split("+")
    if word not in WORDS:
        raise UsageError(f"--sound {inert(wish, 80)}: the words are {', '.join(WORDS)}")
    if not all(_NAME.fullmatch(part) for part in parts):
        raise UsageError(f"--sound {inert(wish, 80)}: a name is as in Playback, such as digits/4")
    return word, parts


def _spoken(wishes: Wishes) -> dict[str, Make]:
    texts = texts_for(wishes.language, wishes.texts)
    espeak = Espeak(wishes.program)
    require_soxr()
    voice = wishes.voice or espeak.voice_of(wishes.language)
    chance = random.SystemRandom()

    def speak(text: str) -> dict[str, bytes]:
        speed = chance.randint(*SPEEDS) if wishes.speed is None else wishes.speed
        pitch = chance.randint(*PITCHES) if wishes.pitch is None else wishes.pitch
        return {"wav": for_telephone(espeak.speak(text, Voice(voice, speed, pitch)))}

    return {word: partial(speak, texts[word]) for word in WORDS}
