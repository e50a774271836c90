"""Sounds for the telephone: cut, written, and (where soxr is installed) brought to 8 kHz."""

import importlib.util
import io
import wave
from array import array
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.adapters.telephone_sound import (
    LEAD_S,
    RATE,
    TAIL_S,
    for_telephone,
    require_soxr,
)
from screener.errors import MissingPartError, ScreenerError
from tests.unit.adapters.speaking import tone, wav

SOXR = importlib.util.find_spec("soxr") is not None


def samples(sound: bytes) -> list[int]:
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return list(array("h", file.readframes(file.getnframes())))


@pytest.mark.parametrize(("lead", "tail"), [(0.0, 0.0), (0.5, 1.0), (0.01, 0.3)])
def test_silence_around_a_word_is_the_same_for_all(lead: float, tail: float) -> None:
    made = samples(for_telephone(tone(0.4, lead=lead, tail=tail)))
    assert len(made) / RATE == pytest.approx(0.4 + LEAD_S + TAIL_S, abs=0.002)
    assert not any(made[: int(LEAD_S * RATE)])
    assert not any(made[-int(TAIL_S * RATE) :])


@pytest.mark.skipif(not SOXR, reason="the extra `prompts` is not installed")
@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
def test_a_sound_of_another_rate_keeps_its_length_and_pitch(rate: int) -> None:
    made = samples(for_telephone(tone(0.5, rate)))
    assert len(made) / RATE == pytest.approx(0.5 + LEAD_S + TAIL_S, abs=0.01)
    rising = sum(a <= 0 < b for a, b in pairwise(made))
    assert rising == pytest.approx(220, abs=8)
    assert max(made) == pytest.approx(9000, rel=0.05)


@pytest.mark.skipif(SOXR, reason="the extra `prompts` is installed")
def test_without_soxr_it_is_said_how_to_get_it() -> None:
    with pytest.raises(MissingPartError, match=r"pip install 'screener\[prompts\]'"):
        require_soxr()
    with pytest.raises(MissingPartError, match="soxr"):
        for_telephone(tone(0.5, 22_050))


@pytest.mark.parametrize("sound", [tone(0), tone(0.05), wav(bytes(16_000)), tone(0, tail=1)])
def test_a_sound_in_which_nobody_speaks_is_refused(sound: bytes) -> None:
    with pytest.raises(ScreenerError, match="nothing is spoken"):
        for_telephone(sound)


@pytest.mark.parametrize("sound", [b"", b"RIFF", tone(0.4)[:30], b"x" * 100])
def test_what_is_no_wav_is_refused(sound: bytes) -> None:
    with pytest.raises(ScreenerError, match=r"is no \.wav"):
        for_telephone(sound)


def test_a_sound_of_another_form_is_refused() -> None:
    with pytest.raises(ScreenerError, match="2 channels of 16 bits"):
        for_telephone(wav(bytes(800), channels=2))
    with pytest.raises(ScreenerError, match="1 channels of 8 bits"):
        for_telephone(wav(bytes(800), width=1))


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_any_samples_are_cut_or_refused(content: bytes) -> None:
    try:
        made = samples(for_telephone(wav(content[: len(content) & ~1] * 4)))
    except ScreenerError:
        return
    assert max(map(abs, made)) > 0


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_after_a_head_are_a_sound_or_refused(content: bytes) -> None:
    with suppress(ScreenerError):
        assert samples(for_telephone(tone(0.2)[:44] + content))
