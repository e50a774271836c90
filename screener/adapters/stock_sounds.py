"""Asterisk's folder of sounds: which languages it has, which words of a captcha it can say.

Reads only; filling the folder `screener` inside a language is `prompt_set`'s part. A word has a
sound where one file of any format that Asterisk plays is there.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from screener.core.captcha_flow import sounds_of
from screener.core.question import WORDS, QuestionKind, words_of
from screener.core.settings import Prompts
from screener.errors import MissingPartError

RAW_FORMATS = ("gsm", "ulaw", "alaw", "sln", "sln16", "g722")
"""Headerless formats: two files of one of these joined are one that says both."""

FORMATS = (*RAW_FORMATS, "wav")
"""Endings of the files that are looked for; .wav is 8 kHz, 16 bit, mono."""

FOLDERS = (Path("/usr/share/asterisk/sounds"), Path("/var/lib/asterisk/sounds"))
"""Where packages and a build from source put the sounds."""

_MOST_TRIES = 2
"""A set is to say all that a captcha may need: that one is to try again, too."""


def sound_folder(given: Path | None, usual: Sequence[Path] = FOLDERS) -> Path:
    """Return the folder with the languages; raises MissingPartError where there is none."""
    for folder in [given] if given else usual:
        if folder.is_dir():
            return folder
    looked = str(given) if given else " or ".join(map(str, usual))
    raise MissingPartError(
        f"no folder {looked}: say with --sounds where Asterisk keeps its sounds "
        "(astdatadir of asterisk.conf, and sounds below it)"
    )


def languages(sounds: Path) -> list[str]:
    """Return the languages of the folder: those that have digits, or a set of ours."""
    return sorted(
        folder.name
        for folder in sounds.iterdir()
        if (folder / "digits").is_dir() or (folder / "screener").is_dir()
    )


def files_of(folder: Path, name: str) -> dict[str, Path]:
    """Return the files of one sound by their format; `name` is as in Playback (`digits/4`)."""
    files = {ending: folder / f"{name}.{ending}" for ending in FORMATS}
    return {ending: file for ending, file in files.items() if file.is_file()}


def stock_name(word: str) -> str | None:
    """Return the name of Asterisk's own sound of a word, None where it has none."""
    try:
        return sounds_of((word,), Prompts.STOCK)[0]
    except KeyError:
        return None


def words_said(folder: Path, prompts: Prompts) -> frozenset[str]:
    """Return the words that a language's folder has sounds for, in one set of prompts."""
    names = {
        word: stock_name(word) if prompts is Prompts.STOCK else f"screener/{word}" for word in WORDS
    }
    return frozenset(word for word, name in names.items() if name and files_of(folder, name))


def kinds_said(words: Collection[str]) -> tuple[QuestionKind, ...]:
    """Return the kinds of questions that can be asked with these words."""
    return tuple(kind for kind in QuestionKind if not words_lacking(kind, words))


def words_lacking(kind: QuestionKind, words: Collection[str]) -> tuple[str, ...]:
    """Return the words that a kind of question needs and that are not among these."""
    return tuple(word for word in words_of([kind], _MOST_TRIES) if word not in words)


def joined(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Return, for each format that all of these sounds have, what plays them one after another.

    Only headerless formats can be joined. Raises MissingPartError where no format is left.
    """
    each = [files_of(folder, name) for name in names]
    allowed = FORMATS if len(names) == 1 else RAW_FORMATS
    made = {
        ending: b"".join(files[ending].read_bytes() for files in each)
        for ending in allowed
        if all(ending in files for files in each)
    }
    if not made:
        told = " and ".join(f"{folder}/{name}" for name in names)
        raise MissingPartError(f"no sound {told} as {', '.join(allowed)}: install it first")
    return made
