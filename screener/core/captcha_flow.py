"""The captcha as a conversation: commands out, pressed keys in, an ending at last.

One generator for every way to a telephone: a shell performs each command and sends back the keys
that were pressed meanwhile. It knows no time but the seconds in its commands; the shell throws
`TimeIsOver` when the whole has taken too long, and closes it when the caller is gone.
"""

from collections.abc import Generator
from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple

from screener.core.question import Pick, Question, Word, draw_question
from screener.core.settings import CaptchaSettings, EarlyKeys, Hold, Prompts

KEY_GAP_S = 3.0
"""Between two keys of an answer: who takes longer has not understood."""

SPARE_KEY_S = 1.0
"""How long after the last key one too many is waited for: it fails the try."""

ENTER = "#"
"""Many end an answer with this key; it ends it and is no part of it."""


class Ending(StrEnum):
    """How a challenge ended."""

    PASSED = "passed"
    FAILED = "failed"
    SILENT = "silent"
    ABANDONED = "abandoned"
    LOST = "lost"


class Answer(NamedTuple):
    """Take the call."""


class Wait(NamedTuple):
    """Let the caller wait, and hear this meanwhile; keys pressed are dropped."""

    how: Hold
    seconds: float


class Say(NamedTuple):
    """Play these sounds, in the caller's language.

    Where keys are heeded the first one ends the sound and is sent back; else they are dropped.
    """

    sounds: tuple[str, ...]
    heed_keys: bool


class AwaitKey(NamedTuple):
    """Wait for one key; nothing is sent back where none comes in time."""

    seconds: float


Command = Answer | Wait | Say | AwaitKey
Conversation = Generator[Command, str, Ending]


class TimeIsOver(Exception):  # noqa: N818 - no error: a caller took all the time there was
    """Thrown into a conversation that has taken too long."""


def converse(settings: CaptchaSettings, pick: Pick) -> Conversation:
    """Ask one caller; returns passed, failed (keys, none of them right) or silent (no key).

    Whose right answer is whole when the time is over has passed.
    """
    pressed = False
    question = Question((), "")
    keys: list[str] = []
    try:
        yield from _take_call(settings)
        for number in range(settings.tries):
            question = draw_question(settings.kinds, settings.digits, pick)
            words = (Word.AGAIN, *question.words) if number else question.words
            pressed, keys = pressed or bool(keys), []
            heed = settings.early_keys is EarlyKeys.COUNT
            first = yield Say(sounds_of(words, settings.prompts), heed)
            yield from _collect(first, settings, keys)
            if _answers(keys, question):
                return Ending.PASSED
    except TimeIsOver:
        if _answers(keys, question):
            return Ending.PASSED
    return Ending.FAILED if pressed or keys else Ending.SILENT


def _take_call(settings: CaptchaSettings) -> Generator[Command, str, None]:
    # A ringing tone belongs before the answer: only then does it cost the caller nothing.
    if settings.hold is Hold.RINGING:
        yield Wait(settings.hold, settings.hold_for)
        yield Answer()
    else:
        yield Answer()
        yield Wait(settings.hold, settings.hold_for)


def _collect(
    first: str, settings: CaptchaSettings, keys: list[str]
) -> Generator[Command, str, None]:
    """Gather the keys of one try, with one too many where there was one."""
    key = first or (yield AwaitKey(settings.key_wait))
    while key:
        keys.append(key)
        if key == ENTER or len(keys) > settings.digits:
            break
        key = yield AwaitKey(KEY_GAP_S if len(keys) < settings.digits else SPARE_KEY_S)


def _answers(keys: list[str], question: Question) -> bool:
    given = "".join(keys).removesuffix(ENTER)
    return bool(given) and compare_digest(given, question.answer)


_STOCK = {Word.PRESS: "vm-press", Word.PLUS: "letters/plus", Word.AGAIN: "please-try-again"}


def sounds_of(words: tuple[str, ...], prompts: Prompts) -> tuple[str, ...]:
    """Return the names of the sounds that say the words; raises KeyError where there is none."""
    if prompts is Prompts.SCREENER:
        return tuple(f"screener/{word}" for word in words)
    return tuple(f"digits/{word}" if word.isdigit() else _STOCK[Word(word)] for word in words)
