"""A spoken .wav of any rate, as a telephone's: 8 kHz, 16 bit, mono, silence around it cut away.

The change of rate is soxr's, an optional library (`pip install 'screener[prompts]'`): speech that
is only thinned out to 8 kHz lisps and whistles, and is harder to understand for those who hear
badly. Who speaks is left to `espeak`.
"""

import io
import wave
from array import array
from importlib import import_module
from sys import byteorder
from types import ModuleType

from screener.errors import MissingPartError, ScreenerError

RATE = 8000
"""Samples a second of a telephone, and of Asterisk's .wav."""

LEAD_S, TAIL_S = 0.06, 0.14
"""Silence kept before and after a word, as about Asterisk's own prompts have it."""

_QUIET = 0.02  # of the loudest sample
_SHORTEST_S = 0.1
_SAMPLE = 2


def require_soxr() -> None:
    """Say early what would be missing; raises MissingPartError where soxr is not installed."""
    _soxr()


def for_telephone(sound: bytes) -> bytes:
    """Return a .wav that Asterisk plays, from a .wav of 16-bit mono sound.

    Raises ScreenerError where it is no such sound or nothing is spoken in it, MissingPartError
    where soxr is needed and not installed.
    """
    rate, samples = _read(sound)
    if rate != RATE:
        samples = _resampled(samples, rate)
    return _written(_trimmed(samples))


def _read(sound: bytes) -> tuple[int, "array[int]"]:
    try:
        with wave.open(io.BytesIO(sound)) as file:
            rate, form = file.getframerate(), (file.getnchannels(), file.getsampwidth())
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ScreenerError(f"what was spoken is no .wav: {error}") from error
    if form != (1, _SAMPLE):
        raise ScreenerError(f"what was spoken has {form[0]} channels of {8 * form[1]} bits")
    return rate, _little(array("h", content[: len(content) & ~1]))


def _resampled(samples: "array[int]", rate: int) -> "array[int]":
    soxr = _soxr()
    given = import_module("numpy").frombuffer(samples, dtype="int16")  # soxr brings it along
    return array("h", soxr.resample(given, rate, RATE).tobytes())


def _trimmed(samples: "array[int]") -> "array[int]":
    loudest = max(map(abs, samples), default=0)
    spoken = [at for at, sample in enumerate(samples) if abs(sample) > _QUIET * loudest]
    if not spoken or spoken[-1] - spoken[0] < _SHORTEST_S * RATE:
        raise ScreenerError("nothing is spoken in a sound: change its text or the voice")
    silence = array("h", [0])
    lead, tail = silence * round(LEAD_S * RATE), silence * round(TAIL_S * RATE)
    return lead + samples[spoken[0] : spoken[-1] + 1] + tail


def _written(samples: "array[int]") -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(_SAMPLE)
        out.setframerate(RATE)
        out.writeframes(_little(samples).tobytes())
    return file.getvalue()


def _little(samples: "array[int]") -> "array[int]":
    if byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples


def _soxr() -> ModuleType:
    try:
        return import_module("soxr")
    except ImportError as error:
        raise MissingPartError(
            "the library soxr is not installed, which makes a telephone's sound of what espeak-ng "
            "speaks: pip install 'screener[prompts]'"
        ) from error
