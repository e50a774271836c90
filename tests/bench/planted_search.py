"""Made-up numbers to plant, the ways in which they are written, and finding them again in any.

As many numbers that are planted nowhere are searched for with them: what is found of these is
chance, digits of ids and times, and tells how much of the rest may be.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

SEED = 20_161_101
_AREAS = ("212", "312", "404", "415", "503", "612", "651", "713", "808", "917")
_ANY_TEN = re.compile(r"(?=(\d{10}))")
_SEVEN = re.compile(r"(?<![0-9A-Za-z.])(\d{7})(?![0-9A-Za-z])")
"""Seven digits by themselves: no piece of an id, no fraction of a second."""

_APART = re.compile(r"(?<!\d)(\d{3})\D{1,3}(\d{3})[ ./-]{1,2}(\d{4})(?!\d)")
_SEVEN_APART = re.compile(r"(?<![0-9A-Za-z.])(\d{3})[ ./-](\d{4})(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Numbers:
    """National numbers of ten digits, no two with the same last seven."""

    planted: tuple[str, ...]
    never: tuple[str, ...]


def made_up(count: int) -> Numbers:
    """Return so many numbers to plant, and as many others; the same every time."""
    drawn = random.Random(SEED)  # noqa: S311 - the same numbers in every run
    tails = drawn.sample(range(2_000_000, 9_999_999), 2 * count)
    whole = tuple(f"{drawn.choice(_AREAS)}{tail}" for tail in tails)
    return Numbers(whole[:count], whole[count:])


def writings(national: str) -> tuple[str, ...]:
    """Return a number as trunks and people write it."""
    area, exchange, line = national[:3], national[3:6], national[6:]
    return (
        f"+1{national}",
        national,
        f"1{national}",
        f"0111{national}",
        f"+1 ({area}) {exchange}-{line}",
        f"{area}-{exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"{area} {exchange} {line}",
        f"tel:+1-{area}-{exchange}-{line};ext=12",
        f"sip:{national}@192.0.2.7;user=phone",
        national[3:],
        f"{exchange}-{line}",
        f"{national}x=cmd|'/C calc'!A1",
        f"n{national}\x1b[2J",
        f"+{national}{national}",
    )


@dataclass
class Found:
    """What was found where: numbers of each kind by place, bytes read, and a few surroundings."""

    bytes_read: Counter[str] = field(default_factory=Counter)
    planted: dict[str, set[str]] = field(default_factory=dict)
    never: dict[str, set[str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    @property
    def leaked(self) -> set[str]:
        """Every planted number that was found anywhere."""
        return set().union(*self.planted.values())


class Searcher:
    """Looks for numbers in outputs and files; `found` is the sum."""

    def __init__(self, numbers: Numbers) -> None:
        self.found = Found()
        self._planted = _by_writing(numbers.planted)
        self._never = _by_writing(numbers.never)

    def look(self, place: str, content: bytes | str) -> None:
        """Search one output, or one file, of a place."""
        text = content if isinstance(content, str) else content.decode("latin-1")
        found = self.found
        found.bytes_read[place] += len(text)
        planted = found.planted.setdefault(place, set())
        never = found.never.setdefault(place, set())
        for digits, start in _candidates(text):
            if (number := self._planted.get(digits)) is not None:
                if number not in planted:
                    found.seen.append(f"{place}: {text[max(0, start - 80) : start + 40]!r}")
                planted.add(number)
            if (number := self._never.get(digits)) is not None:
                never.add(number)


def _by_writing(numbers: tuple[str, ...]) -> dict[str, str]:
    whole = {number: number for number in numbers}
    return {**whole, **{number[3:]: number for number in numbers}}


def _candidates(text: str) -> Iterator[tuple[str, int]]:
    """Yield all that could be a number of seven or ten digits, and where it begins."""
    for pattern in (_ANY_TEN, _SEVEN, _APART, _SEVEN_APART):
        for match in pattern.finditer(text):
            yield "".join(match.groups()), match.start()
