"""What a challenged caller is asked: a few keys to press, said so that one has to listen.

All keys but the last are said as they are; the last one as the question's kind has it: itself, a
small sum, or the larger of two. Answers are spread evenly over all that there are, so that no
guess is better than another: the likeliest answer has at most 10/9 of an even share (`larger`
never asks for 0). How a word sounds is left to `captcha_flow`, chance to the caller.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

Pick = Callable[[int], int]
"""Draws a whole number from 0 to below its argument, each equally likely."""


class QuestionKind(StrEnum):
    """How the last key of a question is asked for."""

    REPEAT = "repeat"
    SUM = "sum"
    LARGER = "larger"


class Word(StrEnum):
    """What is said besides digits."""

    PRESS = "press"
    PLUS = "plus"
    LARGER_OF = "larger-of"
    OR = "or"
    AGAIN = "again"


DIGITS = "0123456789"

WORDS: tuple[str, ...] = (*DIGITS, *Word)
"""All that a captcha may say."""


class Question(NamedTuple):
    """One question: its words in order (digits as themselves) and the keys that answer it."""

    words: tuple[str, ...]
    answer: str


def words_of(kinds: Iterable[QuestionKind], tries: int) -> tuple[str, ...]:
    """Return the words that questions of these kinds may need, in the order of `WORDS`."""
    said: set[str] = {*DIGITS, Word.PRESS}
    said.update(*(_OF_KIND[kind] for kind in kinds))
    if tries > 1:
        said.add(Word.AGAIN)
    return tuple(word for word in WORDS if word in said)


def draw_question(kinds: Sequence[QuestionKind], digits: int, pick: Pick) -> Question:
    """Return a new question of one of the kinds, to be answered by so many keys."""
    kind = kinds[pick(len(kinds))]
    words: list[str] = []
    keys = [str(pick(10)) for _ in range(digits - 1)]
    for key in keys:
        words += [Word.PRESS, key]
    asked, last = _LAST[kind](pick)
    return Question((*words, *asked), "".join([*keys, last]))


def _repeat(pick: Pick) -> tuple[tuple[str, ...], str]:
    key = str(pick(10))
    return (Word.PRESS, key), key


def _sum(pick: Pick) -> tuple[tuple[str, ...], str]:
    total = pick(10)
    one = pick(total + 1)
    return (Word.PRESS, str(one), Word.PLUS, str(total - one)), str(total)


def _larger(pick: Pick) -> tuple[tuple[str, ...], str]:
    larger = 1 + pick(9)
    smaller = pick(larger)
    first, second = (larger, smaller) if pick(2) else (smaller, larger)
    return (Word.LARGER_OF, str(first), Word.OR, str(second)), str(larger)


_OF_KIND: dict[QuestionKind, tuple[Word, ...]] = {
    QuestionKind.REPEAT: (),
    QuestionKind.SUM: (Word.PLUS,),
    QuestionKind.LARGER: (Word.LARGER_OF, Word.OR),
}
"""What a kind says besides digits and `press`."""

_LAST = {
    QuestionKind.REPEAT: _repeat,
    QuestionKind.SUM: _sum,
    QuestionKind.LARGER: _larger,
}
