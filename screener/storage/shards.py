"""A large map as many small dictionaries, so that no step of its growth takes long.

A dictionary of millions of entries grows in one step, in which nothing else is done: 280 ms at
two million (measured). Here none holds more than some thousand: one that is full is split in two,
by the next bit of its keys' hashes, and only the list that leads to them doubles (extendible
hashing: Fagin, Nievergelt, Pippenger and Strong, 1979). Python draws the key of its hashes of
text anew in every process, so that nobody can make keys that meet in one place; where that is
turned off, those of one place push out each other and nothing else.

Who goes when there is no room is left to `memory`.
"""

from sys import hash_info
from typing import Any

HASH_BITS = hash_info.width
MOST_BITS = 16
"""Of a hash that tell dictionaries apart: enough for a hundred million entries."""
LARGEST = 2_048
"""Entries in one dictionary; splitting or copying it takes about a quarter of a millisecond."""

Held = dict[str, Any]


class Shards:
    """Pairs of dictionaries by the first bits of their keys' hashes.

    `probation[hash(key) >> shift]` and `protected[hash(key) >> shift]` are where a key would be.
    Neighbours in the lists are the same dictionary as long as it was not split; Python counts
    places below 0 from the end, and so do the hashes.
    """

    def __init__(self, entries: int, largest: int) -> None:
        """Make one empty pair, to be split where it grows beyond `largest`, for so many entries."""
        self.probation: list[Held] = [{}]
        self.protected: list[Held] = [{}]
        self.shift = HASH_BITS
        self.pairs = 1
        self.largest = largest
        self._least_shift = HASH_BITS
        self.allow(entries)

    def allow(self, entries: int) -> None:
        """Take another bound: there will be as many dictionaries as leave each half empty."""
        halves = max(entries * 2 // self.largest, 1)
        bits = min((halves - 1).bit_length(), MOST_BITS)
        self._least_shift = min(self.shift, HASH_BITS - bits)

    def spread(self, entries: int) -> None:
        """Split what is empty so far, for so many entries that will come at once."""
        while entries * 4 > self.largest * 3 << (HASH_BITS - self.shift):
            if self.shift == self._least_shift:
                return
            self.shift -= 1
        self.pairs = 1 << (HASH_BITS - self.shift)
        self.probation = [{} for _ in range(self.pairs)]
        self.protected = [{} for _ in range(self.pairs)]

    def run(self, place: int) -> tuple[int, int]:
        """Return the first place that leads to the same pair as this one, and the one behind."""
        probation = self.probation
        first = place % len(probation)
        here = probation[first]
        behind = first + 1
        while first and probation[first - 1] is here:
            first -= 1
        while behind < len(probation) and probation[behind] is here:
            behind += 1
        return first, behind

    def split(self, place: int) -> bool:
        """Split the pair of that place in two; return False where there are enough."""
        first, behind = self.run(place)
        if behind - first == 1:
            if self.shift == self._least_shift:
                return False
            self._double()
            first, behind = first * 2, behind * 2
        middle = (first + behind) // 2
        for segment in (self.probation, self.protected):
            lower, upper = self._parted(segment[first], (behind - first) // 2)
            segment[first:middle] = [lower] * (middle - first)
            segment[middle:behind] = [upper] * (behind - middle)
        self.pairs += 1
        return True

    def _double(self) -> None:
        self.shift -= 1
        self.probation = [held for held in self.probation for _ in range(2)]
        self.protected = [held for held in self.protected for _ in range(2)]

    def _parted(self, held: Held, bit: int) -> tuple[Held, Held]:
        lower: Held = {}
        upper: Held = {}
        shift = self.shift
        for key, value in held.items():
            (upper if hash(key) >> shift & bit else lower)[key] = value
        return lower, upper
