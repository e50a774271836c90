"""When a prompt is over, told with the time as an argument."""

import pytest

from screener.lab.attention import NOTHING, PATIENCE, PAUSE_S, Attention, Understood
from screener.lab.ear import Templates
from tests.unit.lab.spoken import ALL_TEMPLATES, PRESS, PROMPTS, SILENCE, TEMPLATES, prompt, said


class Line:
    """Plays frames 20 ms apart and asks after each, as Asterisk and the listener do."""

    def __init__(self, digits: int = 2, templates: Templates = TEMPLATES) -> None:
        self.attention = Attention(templates, digits)
        self.now = 100.0
        self.number = 0
        self.understood: list[Understood] = []

    def play(self, frames: list[bytes]) -> None:
        for sound in frames:
            self.attention.hear(self.number, sound, self.now)
            self.number += 1
            self.wait(0.02)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            said = self.attention.understand(self.now)
            if said != NOTHING:
                self.understood.append(said)


def test_a_prompt_is_understood_once_after_a_pause() -> None:
    line = Line()
    line.play(prompt("47"))
    assert line.understood == []
    line.wait(PAUSE_S)
    assert line.understood == [Understood("47")]
    line.wait(60)
    assert line.understood == [Understood("47")]


def test_silence_that_is_sent_is_a_pause_as_well() -> None:
    line = Line()
    line.play(prompt("47") + [SILENCE] * round(PAUSE_S / 0.02))
    assert line.understood == [Understood("47")]


def test_a_pause_between_two_digits_is_waited_for() -> None:
    line = Line()
    line.play(prompt("4"))
    line.wait(PAUSE_S * (PATIENCE - 2))
    line.play(prompt("7"))
    line.wait(PAUSE_S)
    assert line.understood == [Understood("47")]


@pytest.mark.parametrize("said", ["4", "474"])
def test_a_prompt_with_another_count_is_misheard_once_all_patience_is_over(said: str) -> None:
    line = Line()
    line.play([sound for digit in said for sound in PROMPTS[digit]])
    line.wait(PAUSE_S * (PATIENCE - 2))
    assert line.understood == []
    line.wait(PAUSE_S * 2)
    assert line.understood == [Understood(misheard=True)]
    line.wait(60)
    assert line.understood == [Understood(misheard=True)]


def test_a_prompt_that_pauses_after_the_wanted_count_is_answered_too_early() -> None:
    line = Line()
    line.play(prompt("47"))
    line.wait(PAUSE_S)
    line.play(prompt("4"))
    line.wait(5)
    assert line.understood == [Understood("47"), Understood(misheard=True)]


def test_a_second_prompt_is_understood_like_the_first() -> None:
    line = Line()
    for _ in range(2):
        line.play(prompt("81"))
        line.wait(5)
    assert line.understood == [Understood("81")] * 2


def test_a_misheard_prompt_does_not_spoil_the_next() -> None:
    line = Line()
    line.play(prompt("4"))
    line.wait(5)
    line.play(prompt("81"))
    line.wait(1)
    assert line.understood == [Understood(misheard=True), Understood("81")]


def test_speech_without_a_digit_is_not_even_misheard() -> None:
    line = Line()
    line.play(PRESS * 3)
    line.wait(60)
    assert line.understood == []


def test_silence_alone_is_nothing() -> None:
    line = Line()
    line.play([SILENCE] * 500)
    line.wait(60)
    assert line.understood == []


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_the_count_of_digits_is_the_callers_choice(digits: int) -> None:
    line = Line(digits)
    line.play(prompt("1234567"[:digits]))
    line.wait(1)
    assert line.understood == [Understood("1234567"[:digits])]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("press 4 press 7", "47"),
        ("press 4 press 3 plus 5", "48"),
        ("press 0 larger-of 2 or 9", "09"),
        ("again press 1 press 0 plus 0", "10"),
    ],
)
def test_every_kind_of_question_is_worked_out(words: str, keys: str) -> None:
    line = Line(templates=ALL_TEMPLATES)
    line.play(said(words.split()))
    line.wait(5)
    assert line.understood == [Understood(keys)]


def test_a_question_asked_anew_counts_alone_though_the_first_was_not_answered() -> None:
    line = Line(templates=ALL_TEMPLATES)
    line.play(said(["press", "4"]))
    line.wait(PAUSE_S * (PATIENCE - 2))
    line.play(said(["again", "press", "8", "larger-of", "3", "or", "1"]))
    line.wait(5)
    assert line.understood == [Understood("83")]


def test_a_caller_who_answered_wrong_answers_the_next_question() -> None:
    line = Line(templates=ALL_TEMPLATES)
    line.play(said(["press", "4", "press", "7"]))
    line.wait(2)
    line.play(said(["again", "press", "2", "press", "3", "plus", "3"]))
    line.wait(2)
    assert line.understood == [Understood("47"), Understood("26")]


def test_words_close_together_are_one_prompt() -> None:
    line = Line()
    line.play(PRESS + PROMPTS["4"] + PROMPTS["7"])
    line.wait(1)
    assert line.understood == [Understood("47")]
