"""Questions spoken by joining converted prompts, and how many of them an ear works out."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from screener.core.question import Question, QuestionKind, draw_question
from screener.lab.attention import PAUSE_S, Attention
from screener.lab.ear import FRAME, Templates

FRAME_S = 0.02
SILENCE = b"\xff" * FRAME
LONGEST_GAP_S = 0.1


def frames_of(folder: Path) -> dict[str, list[bytes]]:
    """Return each converted prompt as the packets that Asterisk would send."""
    found = {}
    for path in folder.glob("*.ulaw"):
        sound = path.read_bytes()
        cut = [sound[at : at + FRAME] for at in range(0, len(sound), FRAME)]
        found[path.stem] = [frame.ljust(FRAME, b"\xff") for frame in cut]
    return found


class Ears:
    """One listener's ear, asked one question after the other in one stream.

    It is asked with the prompts of `folder`, and knows those of `known` (the same, if not given).
    """

    def __init__(
        self,
        folder: Path,
        kinds: Sequence[QuestionKind],
        digits: int = 2,
        known: Path | None = None,
    ) -> None:
        self._frames = frames_of(folder)
        self._kinds = kinds
        self._digits = digits
        self._attention = Attention(Templates.load(known or folder), digits)
        self._sequence = 0
        self._now = 0.0

    def solved(self, questions: int, rng: random.Random, loss: float = 0.0) -> int:
        """Return how many of so many random questions are answered right, and only once."""
        right = 0
        for number in range(questions):
            question = draw_question(self._kinds, self._digits, rng.randrange)
            said = ("again", *question.words) if number % 2 else question.words
            right += self._answers(question, spoken(self._frames, said, rng), rng, loss)
        return right

    def _answers(
        self, question: Question, frames: Sequence[bytes], rng: random.Random, loss: float
    ) -> bool:
        pressed = []
        for frame in [*frames, *[SILENCE] * round(3 / FRAME_S)]:
            if rng.random() >= loss:
                self._attention.hear(self._sequence & 0xFFFF, frame, self._now)
            self._sequence += 1
            self._now += FRAME_S
            if keys := self._attention.understand(self._now).keys:
                pressed.append(keys)
        return pressed == [question.answer]


def spoken(
    frames: Mapping[str, Sequence[bytes]], words: Sequence[str], rng: random.Random
) -> list[bytes]:
    """Return the words' packets with silences of uneven length between."""
    said: list[bytes] = []
    for word in words:
        said += frames[word]
        said += [SILENCE] * rng.randrange(round(min(LONGEST_GAP_S, PAUSE_S) / FRAME_S) + 1)
    return said
