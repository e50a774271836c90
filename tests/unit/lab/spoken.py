"""Made-up words for the ear: PCMU frames of a wanted loudness, and voices that say digits."""

import random
from collections.abc import Sequence

from screener.core.question import Word
from screener.lab.ear import DIGITS, FRAME, Templates

SILENCE = bytes([0xFF]) * FRAME


def frame(loudness: int) -> bytes:
    """Return 20 ms of one mu-law code whose magnitude is `loudness` (0-127)."""
    return bytes([0xFF ^ loudness]) * FRAME


def noise(rng: random.Random, loudness: int) -> bytes:
    """Return 20 ms of random codes of either sign, `loudness` in the mean."""
    return bytes(
        (0xFF ^ rng.randrange(2 * loudness + 1)) & (0xFF if rng.random() < 0.5 else 0x7F)
        for _ in range(FRAME)
    )


def word(seed: int, length: int) -> list[bytes]:
    """Return a word of `length` frames: the same seed, the same word."""
    rng = random.Random(seed)  # noqa: S311 - the same word each time, no secret
    return [frame(rng.randrange(20, 100)) for _ in range(length)]


SOUNDS = {digit: word(1000 + n, 22 + 2 * n) for n, digit in enumerate(DIGITS)}
"""The digits' words alone, of ten lengths."""

PROMPTS = {digit: [SILENCE] * 3 + SOUNDS[digit] + [SILENCE] * 4 for digit in DIGITS}
"""The same as sound files have them, with silence around."""

PRESS = [SILENCE] * 2 + word(1, 16) + [SILENCE] * 17
"""Speech that is no digit, as `press` before each."""

TEMPLATES = Templates(PROMPTS)


WORDS: dict[str, list[bytes]] = {name: word(50 + n, 30 + n) for n, name in enumerate(Word)}
"""The other words of a captcha alone."""

ALL_TEMPLATES = Templates(PROMPTS | {name: sound + [SILENCE] * 4 for name, sound in WORDS.items()})


def said(words: Sequence[str]) -> list[bytes]:
    """Return the frames of a whole question, 0.14 s between its words."""
    return [part for one in words for part in ({**SOUNDS, **WORDS}[one] + [SILENCE] * 7)]


def prompt(digits: str) -> list[bytes]:
    """Return the frames of "press 4, press 7"."""
    return [part for digit in digits for part in PRESS + PROMPTS[digit]]
