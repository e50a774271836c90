"""What a table keeps of a value: bytes or text in the place of the objects that the rules read.

Python's collector of cyclic garbage goes through every tuple and object that it knows, and a
million of them take it a third of a second in which no call is decided. It does not look at bytes
and texts, nor at a dictionary that holds nothing else. They are smaller too: a counter of three
windows takes 57 bytes as against 136, a caller's standing 96 as against 250. Numbers come back to
the last bit. Which table keeps what is left to `new_memory`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Generic, TypeVar

from screener.core.engine import CallNote
from screener.core.limits import Tats
from screener.core.reputation import Standing

V = TypeVar("V")
P = TypeVar("P", bytes, str)

NUMBER_BYTES = 8
STANDING_NUMBERS = ("at", "good", "bad", "first_good", "last_good", "passed_at", "blocked_until")
"""The numbers of a packed standing, in their order; its trunk follows as UTF-8."""

_STANDING = Struct(f"<{len(STANDING_NUMBERS)}d")
_TRUNK = _STANDING.size
_ANY_TEXT = "surrogatepass"
_APART = "\0"
"""Stands in no text of a call (`call.inert`)."""


@dataclass(frozen=True, slots=True)
class Packing(Generic[V, P]):
    """How a value is kept, and how it comes back."""

    pack: Callable[[V], P]
    unpack: Callable[[P], V]


class _Widths(dict[int, Struct]):
    """Structures of so many numbers, made when first asked for."""

    def __missing__(self, width: int) -> Struct:
        found = self[width] = Struct(f"<{width}d")
        return found


_by_width = _Widths()


def pack_numbers(numbers: Tats) -> bytes:
    """Return the numbers as little-endian doubles."""
    return _by_width[len(numbers)].pack(*numbers)


def unpack_numbers(packed: bytes) -> Tats:
    """Return the numbers that were packed."""
    return _by_width[len(packed) // NUMBER_BYTES].unpack(packed)


def pack_standing(one: Standing) -> bytes:
    """Return a standing's numbers and its trunk."""
    return _STANDING.pack(
        one.at,
        one.good,
        one.bad,
        one.first_good,
        one.last_good,
        one.passed_at,
        one.blocked_until,
    ) + one.trunk.encode("utf-8", _ANY_TEXT)


def unpack_standing(packed: bytes) -> Standing:
    """Return the standing that was packed."""
    at, good, bad, first_good, last_good, passed_at, until = _STANDING.unpack_from(packed)
    return Standing(at, good, bad, first_good, last_good, passed_at, until, trunk_of(packed))


def trunk_of(packed: bytes) -> str:
    """Return the trunk of a packed standing."""
    return packed[_TRUNK:].decode("utf-8", _ANY_TEXT)


def numbers_of(packed: bytes) -> bytes:
    """Return the numbers of a packed standing, as they are packed."""
    return packed[:_TRUNK]


def pack_note(note: CallNote) -> str:
    """Return a call's note as one text."""
    return f"{note.identity}{_APART}{note.trunk}{_APART}{note.crowd}"


def unpack_note(packed: str) -> CallNote:
    """Return the note that was packed."""
    return CallNote(*packed.split(_APART, 2))


NUMBERS = Packing(pack_numbers, unpack_numbers)
STANDINGS = Packing(pack_standing, unpack_standing)
NOTES = Packing(pack_note, unpack_note)
