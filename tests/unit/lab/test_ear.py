"""The ear, on made-up words: whatever the words are, wherever they stand, whatever is lost."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.settings import Prompts
from screener.errors import MissingPartError
from screener.lab.ear import (
    DIGITS,
    DISTANCE,
    FRAME,
    LONGEST,
    MEMORY,
    QUIET,
    WORDS,
    Ear,
    Templates,
    measure,
)
from tests.unit.lab.spoken import (
    PRESS,
    PROMPTS,
    SILENCE,
    SOUNDS,
    TEMPLATES,
    frame,
    noise,
    prompt,
    word,
)


def hear(frames: list[bytes], first: int = 0, lost: frozenset[int] = frozenset()) -> Ear:
    ear = Ear(TEMPLATES)
    for place, sound in enumerate(frames):
        if place not in lost:
            ear.hear((first + place) & 0xFFFF, sound)
    return ear


def digits(ear: Ear) -> str:
    return "".join(heard.said for heard in ear.words())


@pytest.mark.parametrize("digit", DIGITS)
def test_each_digit_is_heard_where_it_stands(digit: str) -> None:
    (heard,) = hear(PROMPTS[digit]).words()
    assert (heard.said, heard.distance) == (digit, 0.0)
    assert (heard.start, heard.stop) == (3, 3 + len(SOUNDS[digit]))


@settings(deadline=None)
@given(st.text(DIGITS, min_size=1, max_size=4), st.integers(0, 0xFFFF))
def test_a_prompt_is_heard_whatever_it_says_and_wherever_its_numbers_begin(
    said: str, first: int
) -> None:
    assert digits(hear(prompt(said), first)) == said


@settings(deadline=None)
@given(st.text(DIGITS, min_size=2, max_size=6))
def test_words_without_silence_between_are_told_apart(said: str) -> None:
    assert digits(hear([sound for digit in said for sound in SOUNDS[digit]])) == said


@settings(deadline=None)
@given(st.text(DIGITS, min_size=2, max_size=2), st.data())
def test_two_packets_lost_in_each_word_do_not_matter(said: str, data: st.DataObject) -> None:
    lost: set[int] = set()
    at = 0
    for digit in said:
        at += len(PRESS)
        begin = data.draw(st.integers(at, at + len(PROMPTS[digit]) - 2))
        lost |= {begin, begin + 1}
        at += len(PROMPTS[digit])
    assert digits(hear(prompt(said), lost=frozenset(lost))) == said


@settings(deadline=None, max_examples=40)
@given(st.text(DIGITS, min_size=2, max_size=2), st.randoms(use_true_random=False))
def test_packets_out_of_order_are_put_in_their_places(said: str, rng: random.Random) -> None:
    numbered = list(enumerate(prompt(said), 65_500))
    ear = Ear(TEMPLATES)
    for at in range(0, len(numbered), 5):
        batch = numbered[at : at + 5]
        if at:
            rng.shuffle(batch)
        for number, sound in batch:
            ear.hear(number & 0xFFFF, sound)
    assert digits(ear) == said


def test_a_packet_that_comes_twice_counts_once() -> None:
    ear = Ear(TEMPLATES)
    for place, sound in enumerate(prompt("47")):
        ear.hear(place, sound)
        ear.hear(place, sound)
    assert digits(ear) == "47"


def test_a_word_of_which_a_third_is_lost_is_not_guessed() -> None:
    places = range(3, 3 + len(SOUNDS["5"]))
    assert digits(hear(PROMPTS["5"], lost=frozenset(places[::3]))) == ""


def test_a_word_cut_off_in_its_middle_is_not_guessed() -> None:
    assert digits(hear(PROMPTS["5"][: 3 + len(SOUNDS["5"]) // 2])) == ""


def test_a_word_whose_last_two_packets_never_came_is_heard() -> None:
    assert digits(hear(PROMPTS["5"][:3] + SOUNDS["5"][:-2])) == "5"


def test_silence_is_no_word() -> None:
    ear = Ear(TEMPLATES)
    assert not any(ear.hear(place, SILENCE) for place in range(MEMORY))
    assert ear.words() == ()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.integers(QUIET, 60))
def test_noise_is_no_word(seed: int, loudness: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - the same noise each time, no secret
    assert digits(hear([noise(rng, loudness) for _ in range(60)])) == ""


@settings(deadline=None)
@given(st.integers(2000, 100_000), st.integers(20, 60))
def test_other_words_are_no_digit(seed: int, length: int) -> None:
    assert digits(hear(word(seed, length))) == ""


def test_a_word_a_little_louder_is_heard_and_one_much_louder_is_not() -> None:
    def louder(by: int) -> list[bytes]:
        return [bytes(code - by for code in sound) for sound in SOUNDS["3"]]

    assert hear(louder(2)).words()[0].distance == pytest.approx(2)
    assert digits(hear(louder(int(DISTANCE) + 1))) == ""


def test_an_ear_has_a_bounded_memory_and_hears_on_beyond_it() -> None:
    ear = Ear(TEMPLATES)
    for place in range(10 * MEMORY):
        ear.hear(place & 0xFFFF, frame(50))
        assert len(ear._profile) <= 2 * MEMORY
    for place, sound in enumerate(prompt("81"), 10 * MEMORY):
        ear.hear(place & 0xFFFF, sound)
    assert digits(ear) == "81"


@pytest.mark.parametrize("jump", [MEMORY, 20_000, 40_000])
def test_a_stream_that_starts_over_is_heard_from_there(jump: int) -> None:
    ear = hear(prompt("4"))
    for place, sound in enumerate(prompt("7"), len(prompt("4")) + jump):
        ear.hear(place & 0xFFFF, sound)
    assert digits(ear) == "7"


def test_a_packet_from_before_the_beginning_is_left_out() -> None:
    ear = hear(PROMPTS["4"], first=100)
    ear.hear(50, frame(90))
    assert digits(ear) == "4"


def test_what_was_forgotten_is_not_heard_again() -> None:
    ear = hear(prompt("47"))
    ear.forget()
    assert ear.words() == ()
    ear.hear(9, SILENCE)
    assert ear.words() == ()


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 0xFFFF))
def test_a_payload_of_any_length_is_taken(payload: bytes, number: int) -> None:
    assert 0 <= measure(payload) <= 127
    assert Ear(TEMPLATES).hear(number, payload) == (measure(payload) >= QUIET)


def test_loudness_is_the_code_without_its_sign() -> None:
    assert measure(b"\xff\x7f") == 0
    assert measure(b"\x80\x00") == 127
    assert measure(b"") == 0


def test_templates_are_read_from_a_folder(tmp_path: Path) -> None:
    for digit, sound in PROMPTS.items():
        (tmp_path / f"{digit}.ulaw").write_bytes(b"".join(sound))
    assert Templates.load(tmp_path).all == TEMPLATES.all


def test_a_missing_prompt_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match=r"0\.ulaw"):
        Templates.load(tmp_path)


@pytest.mark.parametrize("sound", [b"", SILENCE * 30, frame(50) * 7, frame(50) * (LONGEST + 1)])
def test_a_prompt_that_is_no_word_is_refused(tmp_path: Path, sound: bytes) -> None:
    for digit in DIGITS:
        (tmp_path / f"{digit}.ulaw").write_bytes(sound)
    with pytest.raises(MissingPartError, match="prompt of 0 is not a spoken word"):
        Templates.load(tmp_path)


def test_asterisk_is_told_to_convert_each_digit(tmp_path: Path) -> None:
    commands = Templates.conversions(Path("/sounds/en"), tmp_path)
    assert commands[4] == f"file convert /sounds/en/digits/4.gsm {tmp_path}/4.ulaw"
    assert len(commands) == 10


def test_asterisk_is_told_to_convert_the_words_that_there_are(tmp_path: Path) -> None:
    stock = tmp_path / "en"
    for name in ("digits/3.wav", "vm-press.gsm", "vm-press.wav", "letters/plus.ulaw"):
        (stock / name).parent.mkdir(parents=True, exist_ok=True)
        (stock / name).touch()
    commands = Templates.conversions(stock, tmp_path)
    assert f"file convert {stock}/digits/3.wav {tmp_path}/3.ulaw" in commands
    assert commands[10:] == [
        f"file convert {stock}/vm-press.gsm {tmp_path}/press.ulaw",
        f"file convert {stock}/letters/plus.ulaw {tmp_path}/plus.ulaw",
    ]


def test_asterisk_is_told_to_convert_the_set_that_was_made(tmp_path: Path) -> None:
    made = tmp_path / "en/screener"
    made.mkdir(parents=True)
    for name in WORDS:
        (made / f"{name}.wav").touch()
    commands = Templates.conversions(tmp_path / "en", tmp_path, Prompts.SCREENER)
    assert commands == [f"file convert {made}/{name}.wav {tmp_path}/{name}.ulaw" for name in WORDS]


def test_words_are_read_beside_the_digits_and_may_be_missing(tmp_path: Path) -> None:
    for name in (*DIGITS, "press"):
        (tmp_path / f"{name}.ulaw").write_bytes(
            b"".join(PROMPTS[name[0]] if name in DIGITS else PRESS)
        )
    templates = Templates.load(tmp_path)
    assert [one.word for one in templates.all] == [*DIGITS, "press"]
    ear = Ear(templates)
    for place, sound in enumerate(prompt("47")):
        ear.hear(place, sound)
    assert [heard.said for heard in ear.words()] == ["press", "4", "press", "7"]


def test_a_frame_is_twenty_milliseconds() -> None:
    assert len(SILENCE) == FRAME == 8000 // 50
