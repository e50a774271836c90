"""Digits that a pattern of a numbering plan allows, as a table: one look a digit, no expression.

The plans of libphonenumber are written in a small part of the language of regular expressions:
digits, classes, groups, alternatives, and repetitions with an end. What they allow is a finite set,
so that all of a country's patterns together become one small table (the minimal acyclic automaton
of Daciuk et al., 2000). What the patterns mean is left to `number_validity`.
"""

import re
from collections.abc import Iterable

_ANY = 0x3FF
_ZERO, _NINE = ord("0"), 9
_BEGIN = 4
"""So many digits are looked up together, and mostly tell all: an area and how its numbers begin."""
_TOKEN = re.compile(r"\\d|[0-9]|\[[0-9-]+\]|\(\?:|\||\)|$")
_TIMES = re.compile(r"\?|\{([0-9]{1,2})(?:,([0-9]{1,2}))?\}")
_RANGE = re.compile("([0-9])(?:-([0-9]))?")

_Ways = frozenset[int]
"""Numbers of the cells that may come next; 0 is the end."""
_END: _Ways = frozenset({0})

_Node = tuple["_Choice | int", int, int]
"""What is repeated, how often at least, and at most."""
_Choice = tuple[tuple[_Node, ...], ...]
"""Sequences of which any may stand; a number has a bit for each digit that may."""


class DigitTable:
    """Which digits are allowed by both of any of the pairs of patterns.

    Raises ValueError where a pattern is written in more than the plans' language.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        automaton = _Automaton()
        both = [(automaton.ways(one), automaton.ways(other)) for one, other in pairs]
        self._first = automaton.place_of(frozenset(both))
        self._next = automaton.next
        self._ends = automaton.ends
        self._any_left = automaton.any_left
        self._known: dict[str, int] = {}

    def allows(self, digits: str) -> bool:
        """Say whether exactly these digits are allowed; nothing but 0 to 9 ever is."""
        if not digits:
            return self._ends[self._first]
        begin = digits[:_BEGIN]
        place = self._known.get(begin)
        if place is None:
            if not (digits.isascii() and digits.isdigit()):
                return False
            place = self._walk(self._first, begin)
            self._known[begin] = place  # at most as many as there are begins
        left = len(digits) - len(begin)
        # Behind what tells areas apart most plans take any digits, so many of them.
        if self._any_left[place] != left:
            return self._ends[self._walk(place, digits[_BEGIN:])]
        return digits.isascii() and digits.isdigit()

    def _walk(self, place: int, digits: str) -> int:
        for one in digits:
            digit = ord(one) - _ZERO
            if not 0 <= digit <= _NINE:
                return 0
            place = self._next[place * 10 + digit]
        return place


_Pair = tuple[_Ways, _Ways]


class _Automaton:
    """Makes the table: cells of the patterns first, then the places that any digits lead to."""

    def __init__(self) -> None:
        self._cells: list[tuple[int, _Ways]] = [(0, frozenset())]
        self._known: dict[tuple[int, _Ways], int] = {}
        # The place 0 is where nothing is allowed any more.
        self.next = [0] * 10
        self.ends = [False]
        self.any_left = [-1]
        self._places: dict[frozenset[_Pair], int] = {frozenset(): 0}
        self._alike: dict[tuple[bool, tuple[int, ...]], int] = {(False, (0,) * 10): 0}

    def ways(self, pattern: str) -> _Ways:
        """Return the cells that a pattern begins with; raises ValueError as `DigitTable`."""
        choice, at = _parse(pattern, 0)
        if at != len(pattern):
            raise ValueError(f"a ) without its ( at {at}")
        return self._of_choice(choice, _END)

    def _of_choice(self, choice: _Choice, after: _Ways) -> _Ways:
        found: set[int] = set()
        for sequence in choice:
            ways = after
            for what, least, most in reversed(sequence):
                beyond = ways
                for times in range(most, 0, -1):
                    one = self._of_one(what, ways)
                    ways = one if times <= least else one | beyond
            found |= ways
        return frozenset(found)

    def _of_one(self, what: "_Choice | int", after: _Ways) -> _Ways:
        if not isinstance(what, int):
            return self._of_choice(what, after)
        cell = what, after
        number = self._known.get(cell)
        if number is None:
            number = self._known[cell] = len(self._cells)
            self._cells.append(cell)
        return frozenset({number})

    def place_of(self, pairs: frozenset[_Pair]) -> int:
        """Return the place from which what is left of any of the pairs is allowed."""
        place = self._places.get(pairs)
        if place is not None:
            return place
        ends = any(0 in one and 0 in other for one, other in pairs)
        after = tuple([self.place_of(self._after(pairs, 1 << digit)) for digit in range(10)])
        place = self._alike.get((ends, after))
        if place is None:
            place = self._alike[ends, after] = len(self.ends)
            self.next += after
            self.ends.append(ends)
            self.any_left.append(self._any_left(ends=ends, after=after))
        self._places[pairs] = place
        return place

    def _after(self, pairs: frozenset[_Pair], digit: int) -> frozenset[_Pair]:
        both = [(self._step(one, digit), self._step(other, digit)) for one, other in pairs]
        return frozenset([(one, other) for one, other in both if one and other])

    def _step(self, ways: _Ways, digit: int) -> _Ways:
        cells = [self._cells[number] for number in ways]
        return frozenset().union(*[after for digits, after in cells if digits & digit])

    def _any_left(self, *, ends: bool, after: tuple[int, ...]) -> int:
        """Return how many digits must come, where any do, -1 where some do not."""
        if any(one != after[0] for one in after):
            return -1
        if after[0] == 0:
            return 0 if ends else -1
        left = self.any_left[after[0]]
        return -1 if ends or left < 0 else left + 1


def _parse(pattern: str, at: int) -> tuple[_Choice, int]:
    """Return the alternatives from there on, and where they end: at a ) or the pattern's end."""
    choice: list[tuple[_Node, ...]] = []
    sequence: list[_Node] = []
    while True:
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise ValueError(f"{pattern[at:][:10]!r} is no part of a plan's pattern")
        word, at = token[0], token.end()
        if word in {"", ")", "|"}:
            choice.append(tuple(sequence))
            sequence = []
            if word != "|":
                return tuple(choice), at - len(word)
            continue
        what: _Choice | int
        if word == "(?:":
            what, at = _parse(pattern, at)
            if pattern[at : at + 1] != ")":
                raise ValueError("a ( without its )")
            at += 1
        else:
            what = _digits(word)
        least, most, at = _times(pattern, at)
        sequence.append((what, least, most))


def _digits(word: str) -> int:
    if word == r"\d":
        return _ANY
    found = 0
    for shape in _RANGE.finditer(word):
        for digit in range(int(shape[1]), int(shape[2] or shape[1]) + 1):
            found |= 1 << digit
    return found


def _times(pattern: str, at: int) -> tuple[int, int, int]:
    shape = _TIMES.match(pattern, at)
    if shape is None:
        return 1, 1, at
    if shape[0] == "?":
        return 0, 1, shape.end()
    return int(shape[1]), int(shape[2] or shape[1]), shape.end()
