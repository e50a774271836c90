"""What words ask for, against the questions that the captcha draws."""

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.question import QuestionKind, draw_question
from screener.lab.understanding import keys_asked

KINDS = list(QuestionKind)
digit = st.sampled_from("0123456789")


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(KINDS), st.integers(1, 4))
def test_every_question_is_answered_right(
    rng: random.Random, kind: QuestionKind, digits: int
) -> None:
    question = draw_question([kind], digits, rng.randrange)
    assert keys_asked(question.words) == question.answer


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(KINDS), min_size=2, max_size=3))
def test_only_what_follows_the_last_try_again_counts(
    rng: random.Random, kinds: list[QuestionKind]
) -> None:
    questions = [draw_question([kind], 3, rng.randrange) for kind in kinds]
    said = [word for question in questions for word in ("again", *question.words)]
    assert keys_asked(said[1:]) == questions[-1].answer


@settings(deadline=None)
@given(st.lists(digit, min_size=1))
def test_an_ear_that_knows_digits_alone_is_enough_for_digits(said: list[str]) -> None:
    assert keys_asked(said) == "".join(said)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "press",
        "again",
        "press 4 press",
        "press 4 plus",
        "plus 4",
        "press plus 4",
        "larger-of 4",
        "larger-of 4 or",
        "larger-of 4 7",
        "press larger-of 4 or 7",
        "press 4 or 7",
        "press 4 again",
        "4 plus 3 plus 2",
    ],
)
def test_less_than_a_question_and_other_than_one_is_none(said: str) -> None:
    assert keys_asked(said.split()) == ""


def test_a_sum_over_nine_takes_two_keys_so_that_nobody_presses_it_for_one() -> None:
    assert keys_asked(["press", "7", "plus", "5"]) == "12"


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"0123456789", "press", "plus", "larger-of", "or", "again"])))
def test_any_words_are_taken_and_only_keys_come_out(said: list[str]) -> None:
    keys = keys_asked(said)
    assert keys == "" or keys.isdecimal()


@pytest.mark.parametrize(("one", "other"), list(product("037", "059")))
def test_words_without_press_are_worked_out_as_well(one: str, other: str) -> None:
    assert keys_asked([one, "plus", other]) == str(int(one) + int(other))
    assert keys_asked(["larger-of", one, "or", other]) == max(one, other)
