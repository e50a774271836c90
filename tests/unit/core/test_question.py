import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.question import (
    DIGITS,
    WORDS,
    Question,
    QuestionKind,
    Word,
    draw_question,
    words_of,
)

KINDS = st.lists(st.sampled_from(QuestionKind), min_size=1, max_size=3, unique=True)


def drawn(kind: QuestionKind, digits: int, count: int, seed: int = 1) -> list[Question]:
    pick = random.Random(seed).randrange  # noqa: S311 - the same questions each time
    return [draw_question([kind], digits, pick) for _ in range(count)]


def understood(question: Question) -> str:
    """Answer a question by its words alone, as a person does."""
    keys: list[str] = []
    words = list(question.words)
    while words:
        match words:
            case [Word.PRESS, one, Word.PLUS, other, *rest]:
                keys.append(str(int(one) + int(other)))
            case [Word.PRESS, one, *rest]:
                keys.append(one)
            case [Word.LARGER_OF, one, Word.OR, other, *rest]:
                keys.append(max(one, other))
            case _:
                pytest.fail(f"nobody understands {words}")
        words = rest
    return "".join(keys)


@given(KINDS, st.integers(2, 4), st.randoms(use_true_random=False))
def test_whoever_understands_the_words_knows_the_answer(
    kinds: list[QuestionKind], digits: int, chance: random.Random
) -> None:
    question = draw_question(kinds, digits, chance.randrange)
    assert understood(question) == question.answer
    assert len(question.answer) == digits
    assert question.answer.isdigit()


@pytest.mark.parametrize("kind", QuestionKind)
def test_the_words_of_a_kind_are_those_that_its_questions_say(kind: QuestionKind) -> None:
    said = {word for question in drawn(kind, 2, 2_000) for word in question.words}
    assert set(words_of([kind], 1)) == said
    assert set(words_of([kind], 2)) == {*said, Word.AGAIN}


def test_all_kinds_together_say_all_words_once_and_in_order() -> None:
    assert words_of(QuestionKind, 3) == WORDS
    assert words_of([QuestionKind.REPEAT, QuestionKind.REPEAT], 1) == (*DIGITS, Word.PRESS)


@pytest.mark.parametrize("kind", QuestionKind)
def test_no_guess_is_better_than_another_by_more_than_a_ninth(kind: QuestionKind) -> None:
    answers = Counter(question.answer[-1] for question in drawn(kind, 2, 60_000))
    possible = 9 if kind is QuestionKind.LARGER else 10
    assert len(answers) == possible
    even = 60_000 / possible
    assert max(answers.values()) < 1.06 * even
    assert min(answers.values()) > 0.94 * even


def test_the_larger_is_never_told_by_its_place() -> None:
    larger_first = sum(
        question.words[3] > question.words[5] for question in drawn(QuestionKind.LARGER, 2, 10_000)
    )
    assert 4_700 < larger_first < 5_300


def test_a_kind_is_chosen_by_chance() -> None:
    pick = random.Random(7).randrange  # noqa: S311 - the same questions each time
    words = Counter(draw_question(list(QuestionKind), 2, pick).words[2] for _ in range(3_000))
    sums = sum(Word.PLUS in draw_question(list(QuestionKind), 2, pick).words for _ in range(3_000))
    assert 900 < words[Word.LARGER_OF] < 1_100
    assert 900 < sums < 1_100
