"""Dialogues with the captcha: what it does, what the caller presses, how it ends."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.captcha_flow import (
    KEY_GAP_S,
    SPARE_KEY_S,
    Answer,
    AwaitKey,
    Command,
    Ending,
    Say,
    TimeIsOver,
    Wait,
    converse,
    sounds_of,
)
from screener.core.question import QuestionKind, Word
from screener.core.settings import CaptchaSettings, EarlyKeys, Hold, Prompts

PLAIN = CaptchaSettings()


def asking(*keys: int) -> Iterator[int]:
    """Draw for questions of the kind `repeat`: a kind first, then each key."""
    for start in range(0, len(keys), 2):
        yield from (0, *keys[start : start + 2])


class Dialogue:
    """A conversation, step by step."""

    def __init__(self, settings: CaptchaSettings = PLAIN, *, asks: str = "4721") -> None:
        drawn = asking(*map(int, asks))
        self._conversation = converse(settings, lambda _: next(drawn))
        self.command: Command = next(self._conversation)
        self.ending: Ending | None = None
        self.said: list[tuple[str, ...]] = []

    def send(self, keys: str = "") -> "Dialogue":
        if isinstance(self.command, Say):
            self.said.append(self.command.sounds)
        try:
            self.command = self._conversation.send(keys)
        except StopIteration as end:
            self.ending = end.value
        return self

    def until_it_listens(self) -> "Dialogue":
        while not isinstance(self.command, AwaitKey):
            self.send()
        return self

    def press(self, keys: str) -> "Dialogue":
        """Press keys one by one, as soon as it listens, then none any more for this try."""
        self.until_it_listens()
        for key in keys:
            if self.ending is not None or not isinstance(self.command, AwaitKey):
                return self
            self.send(key)
        if self.ending is None and isinstance(self.command, AwaitKey):
            self.send()
        return self

    def time_is_over(self) -> "Dialogue":
        try:
            self._conversation.throw(TimeIsOver())
        except StopIteration as end:
            self.ending = end.value
        return self


def test_it_answers_waits_a_moment_and_asks() -> None:
    dialogue = Dialogue()
    assert dialogue.command == Answer()
    assert dialogue.send().command == Wait(Hold.SILENCE, 1.0)
    assert dialogue.send().command == Say(
        ("vm-press", "digits/4", "vm-press", "digits/7"), heed_keys=False
    )
    assert dialogue.send().command == AwaitKey(5.0)


def test_a_ringing_tone_comes_before_the_answer() -> None:
    dialogue = Dialogue(replace(PLAIN, hold=Hold.RINGING, hold_for=3.0))
    assert dialogue.command == Wait(Hold.RINGING, 3.0)
    assert dialogue.send().command == Answer()
    assert isinstance(dialogue.send().command, Say)


def test_the_right_keys_pass() -> None:
    dialogue = Dialogue().until_it_listens()
    assert dialogue.send("4").command == AwaitKey(KEY_GAP_S)
    assert dialogue.send("7").command == AwaitKey(SPARE_KEY_S)
    assert dialogue.send("").ending is Ending.PASSED


def test_the_second_try_asks_for_other_keys() -> None:
    dialogue = Dialogue().press("12").press("21")
    assert dialogue.ending is Ending.PASSED
    assert dialogue.said[1] == (
        *("please-try-again", "vm-press", "digits/2", "vm-press", "digits/1"),
    )


@pytest.mark.parametrize(
    ("first", "second", "ending"),
    [
        ("47", "", Ending.PASSED),
        ("47#", "", Ending.PASSED),
        ("", "21", Ending.PASSED),
        ("4", "21", Ending.PASSED),
        ("477", "21", Ending.PASSED),
        ("47", "21", Ending.PASSED),
        ("12", "47", Ending.FAILED),
        ("74", "12", Ending.FAILED),
        ("477", "212", Ending.FAILED),
        ("4", "2", Ending.FAILED),
        ("*4", "*2", Ending.FAILED),
        ("#", "", Ending.FAILED),
        ("4#7", "2#1", Ending.FAILED),
        ("4777777777", "2111111111", Ending.FAILED),
        ("", "", Ending.SILENT),
    ],
)
def test_a_dialogue_of_two_tries(first: str, second: str, ending: Ending) -> None:
    dialogue = Dialogue().press(first)
    if dialogue.ending is None:
        dialogue.press(second)
    assert dialogue.ending is ending


def test_a_third_try_is_not_given() -> None:
    dialogue = Dialogue(asks="472135").press("00").press("00")
    assert dialogue.ending is Ending.FAILED


def test_one_try_or_three_can_be_given() -> None:
    assert Dialogue(replace(PLAIN, tries=1)).press("00").ending is Ending.FAILED
    three = Dialogue(replace(PLAIN, tries=3), asks="472135")
    assert three.press("00").press("00").press("35").ending is Ending.PASSED


def test_an_early_key_counts_only_where_it_is_wanted() -> None:
    counting = Dialogue(replace(PLAIN, early_keys=EarlyKeys.COUNT))
    assert counting.send().send().command == Say(
        ("vm-press", "digits/4", "vm-press", "digits/7"), heed_keys=True
    )
    assert counting.send("4").command == AwaitKey(KEY_GAP_S)
    assert counting.send("7").send().ending is Ending.PASSED


@pytest.mark.parametrize(
    ("keys", "ending"),
    [("", Ending.SILENT), ("4", Ending.FAILED), ("47", Ending.PASSED), ("48", Ending.FAILED)],
)
def test_when_time_is_over_what_was_pressed_decides(keys: str, ending: Ending) -> None:
    dialogue = Dialogue().until_it_listens()
    for key in keys:
        dialogue.send(key)
    assert dialogue.time_is_over().ending is ending


def test_when_time_is_over_in_the_second_try_the_first_one_has_failed() -> None:
    assert Dialogue().press("12").time_is_over().ending is Ending.FAILED


def test_time_can_be_over_before_a_word_is_said() -> None:
    assert Dialogue().time_is_over().ending is Ending.SILENT


def test_a_caller_who_is_gone_ends_it_without_an_ending() -> None:
    conversation = converse(PLAIN, lambda below: below - 1)
    next(conversation)
    conversation.close()
    with pytest.raises(StopIteration):
        next(conversation)


@given(
    st.lists(st.sampled_from(["", *"0123456789*#ABCD"]), max_size=60),
    st.integers(2, 4),
    st.integers(1, 3),
    st.sampled_from(EarlyKeys),
)
def test_whatever_is_pressed_it_ends_and_only_the_answer_passes(
    keys: list[str], digits: int, tries: int, early: EarlyKeys
) -> None:
    settings = CaptchaSettings(digits=digits, tries=tries, early_keys=early)
    conversation = converse(settings, lambda _: 0)  # every answer is all noughts
    command, heard, said, ending = next(conversation), "", 0, None
    pressed: list[str] = []
    for key in [*keys, *[""] * 20]:
        answer = key if isinstance(command, AwaitKey) else ""
        if isinstance(command, Say):
            said += 1
            heard = ""
        if answer:
            pressed.append(answer)
        if answer and answer != "#":
            heard += answer
        try:
            command = conversation.send(answer)
        except StopIteration as end:
            ending = end.value
            break
    expected = Ending.FAILED if pressed else Ending.SILENT
    assert ending is (Ending.PASSED if heard == "0" * digits else expected)
    assert said <= tries


@pytest.mark.parametrize("prompts", Prompts)
def test_every_word_that_can_be_said_has_its_sound(prompts: Prompts) -> None:
    words = [Word.PRESS, "0", "9", Word.PLUS, Word.AGAIN]
    if prompts is Prompts.SCREENER:
        words += [Word.LARGER_OF, Word.OR]
    assert len(set(sounds_of(tuple(words), prompts))) == len(words)


def test_a_sum_is_said_with_its_words() -> None:
    drawn = iter((0, 4, 5, 2))  # the kind; press 4; a sum of 5, whose one part is 2
    conversation = converse(CaptchaSettings(kinds=(QuestionKind.SUM,)), lambda _: next(drawn))
    assert next(conversation) == Answer()
    conversation.send("")
    assert conversation.send("") == Say(
        ("vm-press", "digits/4", "vm-press", "digits/2", "letters/plus", "digits/3"),
        heed_keys=False,
    )
