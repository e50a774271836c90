"""Hear spoken words in a stream of 20 ms PCMU packets, by comparing loudness with known prompts.

Pure: packets in, words out. What they ask for is left to `understanding`; it knows nothing of
sockets or of when a prompt is over. Asterisk plays a sound file frame by frame, one packet a
frame, so a prompt's frames and a call's packets line up, and one figure a packet is enough to
tell fifteen words apart.

This is what any bot made for one call center could do too, in two hundred lines: a captcha of
stock prompts buys time and costs a machine effort; it proves nothing about who listens.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from screener.adapters.stock_sounds import files_of, stock_name
from screener.core.question import DIGITS, WORDS
from screener.core.settings import Prompts
from screener.errors import MissingPartError

FRAME = 160
"""Bytes, and samples, of one packet: 20 ms at 8 kHz."""

QUIET = 8
"""Loudness (0-127) below which a packet is silence; the stock prompts have 0-3 between words."""

DISTANCE = 2.5
"""Largest mean difference of loudness that still is the word (see `Ear.words`).

Asterisk 22 sends a prompt's frames bit by bit as it converts the file, which is a distance of 0;
the nearest to any digit among the other 558 English prompts of its package is 3.4.
"""

MEMORY = 500
"""Packets that an ear remembers: 10 s, twice the length of a three-digit prompt."""

LONGEST = 250
"""Packets of the longest word: 5 s. A longer file is music, and comparing it would cost much."""

_LOUDNESS = bytes(~code & 0x7F for code in range(256))
"""The mu-law code without its sign: 0 is silence, 127 the loudest, about logarithmic (G.711)."""

_LOST = -1
_LOSS_SHARE = 0.25
_TAIL = (_LOST, _LOST)
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was heard: where its sound begins and ends (packet numbers), and how surely.

    `distance` is 0 for a perfect match and DISTANCE for the worst that counts.
    """

    said: str
    start: int
    stop: int
    distance: float


@dataclass(frozen=True, slots=True)
class Template:
    """How one spoken word sounds: loudness packet by packet, silence around it cut away.

    `peak` is the place of the loudest packet.
    """

    word: str
    profile: tuple[int, ...]
    peak: int


class Templates:
    """The sounds of the words that an ear knows."""

    def __init__(self, frames: Mapping[str, Sequence[bytes]]) -> None:
        """Learn from each word's PCMU frames; raises MissingPartError where one is no word."""
        self.all = tuple(_template(word, sound) for word, sound in frames.items())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `7.ulaw`, `press.ulaw` and the like: headerless PCMU as Asterisk writes it.

        A word without a file is not learned, but for the digits: raises MissingPartError where
        one of these is missing, or where a file holds no spoken word.
        """
        frames: dict[str, list[bytes]] = {}
        for word in WORDS:
            path = folder / f"{word}.ulaw"
            try:
                sound = path.read_bytes()
            except OSError as error:
                if word not in DIGITS:
                    continue
                raise MissingPartError(f"cannot read the prompt {path}: {error}") from error
            frames[word] = [sound[at : at + FRAME] for at in range(0, len(sound), FRAME)]
        return cls(frames)

    @staticmethod
    def conversions(sounds: Path, folder: Path, prompts: Prompts = Prompts.STOCK) -> list[str]:
        """Return the commands by which Asterisk itself makes the files that `load` reads.

        `sounds` is the folder of a language's prompts (`.../sounds/en`); `folder` has to exist.
        Words that the set has no sound for are left out.
        """
        sources = ((word, _source(sounds, word, prompts)) for word in WORDS)
        return [f"file convert {file} {folder}/{word}.ulaw" for word, file in sources if file]


class Ear:
    """Listens to one stream. Packets may come late, twice or never; their numbers place them."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates.all
        self._first = 0
        self._profile: list[int] = []

    def hear(self, sequence: int, payload: bytes) -> bool:
        """Take one packet's sound under its 16-bit RTP number; returns whether it is no silence."""
        loudness = measure(payload)
        expected = self._first + len(self._profile)
        step = (sequence - expected + 0x8000 & 0xFFFF) - 0x8000
        if not self._profile or not -2 * MEMORY <= step < MEMORY:
            self._first, self._profile = sequence, [loudness]
        elif step >= 0:
            self._profile += [_LOST] * step
            self._profile.append(loudness)
            if len(self._profile) > 2 * MEMORY:
                del self._profile[:MEMORY]
                self._first += MEMORY
        elif -step <= len(self._profile):
            self._profile[step] = loudness
        return loudness >= QUIET

    def words(self) -> tuple[Word, ...]:
        """Return the words in what was heard of late, in the order they were said.

        Every place is compared with every template: a word is where the loudness differs by
        DISTANCE at most in the mean, over the packets that came (a quarter may be lost). Of
        words that overlap the nearer match is kept.
        """
        found = sorted(self._matches(), key=lambda word: word.distance)
        kept: list[Word] = []
        for word in found:
            if all(word.stop <= other.start or other.stop <= word.start for other in kept):
                kept.append(word)
        return tuple(sorted(kept, key=lambda word: word.start))

    def forget(self) -> None:
        """Begin anew: nothing of what was heard counts any more."""
        self._profile.clear()

    def _matches(self) -> Iterator[Word]:
        heard = [*self._profile, *_TAIL]
        places: dict[int, list[int]] = {}
        for place, loudness in enumerate(heard):
            places.setdefault(loudness, []).append(place)
        for template in self._templates:
            size = len(template.profile)
            # Where the loudest packet is far off, the mean of the others is not worth taking.
            for peak in _near(places, template.profile[template.peak]):
                at = peak - template.peak
                if 0 <= at <= len(heard) - size:
                    distance = _distance(template.profile, heard[at : at + size])
                    if distance <= DISTANCE:
                        start = self._first + at
                        yield Word(template.word, start, start + size, distance)


def measure(payload: bytes) -> int:
    """Return how loud a PCMU payload is: the mean of its mu-law magnitudes, 0 (silence) to 127."""
    return sum(payload.translate(_LOUDNESS)) // len(payload) if payload else 0


def _source(sounds: Path, word: str, prompts: Prompts) -> Path | None:
    """Return the file that says a word; a digit's is named even where it is not there."""
    name = stock_name(word) if prompts is Prompts.STOCK else f"screener/{word}"
    if name is None:
        return None
    files = list(files_of(sounds, name).values())
    return files[0] if files else sounds / f"{name}.gsm" if word in DIGITS else None


def _template(word: str, frames: Sequence[bytes]) -> Template:
    profile = [measure(frame) for frame in frames]
    sounding = [place for place, loudness in enumerate(profile) if loudness >= QUIET]
    if len(sounding) < _SHORTEST or len(profile) > LONGEST:
        raise MissingPartError(
            f"the prompt of {word} is not a spoken word: "
            f"{len(sounding)} of its {len(profile)} packets sound"
        )
    spoken = profile[sounding[0] : sounding[-1] + 1]
    return Template(word, tuple(spoken), spoken.index(max(spoken)))


def _near(places: Mapping[int, list[int]], loudest: int) -> Iterator[int]:
    """Yield where a packet is about as loud, or was lost."""
    yield from places.get(_LOST, ())
    for loudness in range(loudest - int(2 * DISTANCE), loudest + int(2 * DISTANCE) + 1):
        yield from places.get(loudness, ())


def _distance(profile: tuple[int, ...], heard: list[int]) -> float:
    if _LOST not in heard:
        return sum(map(abs, map(int.__sub__, profile, heard))) / len(profile)
    pairs = [(a, b) for a, b in zip(profile, heard, strict=True) if b != _LOST]
    if len(pairs) < len(profile) * (1 - _LOSS_SHARE):
        return float("inf")
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


__all__ = [
    "DIGITS",
    "DISTANCE",
    "FRAME",
    "LONGEST",
    "MEMORY",
    "QUIET",
    "WORDS",
    "Ear",
    "Template",
    "Templates",
    "Word",
    "measure",
]
