"""What a table keeps of a value: bytes or text in the place of the objects that the rules read.

Python's collector of cyclic garbage goes through every tuple and object that it knows, and a
million of them take it a third of a second in which no call is decided. It does not look at bytes
and texts, nor at a dictionary that holds nothing else. They are smaller too: a counter of three
windows takes 57 bytes as against 136, a caller's standing 96 as against 250. Numbers come back to
the last bit. Which table keeps what is left to `new_memory`.
"""

from collections.abc import Callable
from struct import Struct
from typing import Generic, TypeVar

from screener.core.limits import Tats
from screener.core.memory import CallNote
from screener.core.reputation import Standing

V = TypeVar("V")
P = TypeVar("P", bytes, str)

NUMBER_BYTES = 8
STANDING_NUMBERS = ("at", "good", "bad", "first_good", "last_good", "passed_at", "blocked_until")
"""The numbers of a packed standing, in their order; its trunk follows as UTF-8."""

_STANDING = Struct(f"<{len(STANDING_NUMBERS)}d")
_TRUNK = _STANDING.size
_unpack_standing = _STANDING.unpack_from
_ANY_TEXT = "surrogatepass"
_MOST_TRUNKS = 1_000
_trunks: dict[bytes, str] = {}
"""Read already; a site has a few."""
_APART = "\0"
"""Stands in no text of a call (`call.inert`)."""


class Packing(Generic[V, P]):
    """How a value is kept, and how it comes back."""

    def __init__(self, pack: Callable[[V], P], unpack: Callable[[P], V]) -> None:
        self.pack: Callable[[V], P] = pack
        self.unpack: Callable[[P], V] = unpack


class _Packers(dict[int, Callable[..., bytes]]):
    """What packs so many numbers, made when first asked for."""

    def __missing__(self, width: int) -> Callable[..., bytes]:
        found = self[width] = Struct(f"<{width}d").pack
        return found


class _Unpackers(dict[int, Callable[[bytes], Tats]]):
    """What unpacks the numbers of so many bytes, made when first asked for."""

    def __missing__(self, size: int) -> Callable[[bytes], Tats]:
        found = self[size] = Struct(f"<{size // NUMBER_BYTES}d").unpack
        return found


_packers = _Packers()
_pack_one = Struct("<d").pack
_unpackers = _Unpackers()


def pack_numbers(numbers: Tats) -> bytes:
    """Return the numbers as little-endian doubles."""
    if len(numbers) == 1:
        return _pack_one(numbers[0])
    return _packers[len(numbers)](*numbers)


def unpack_numbers(packed: bytes) -> Tats:
    """Return the numbers that were packed."""
    return _unpackers[len(packed)](packed)


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
    ) + trunk_bytes(one.trunk)


def unpack_standing(packed: bytes) -> Standing:
    """Return the standing that was packed."""
    at, good, bad, first_good, last_good, passed_at, until = _unpack_standing(packed)
    trunk = _trunks.get(packed[_TRUNK:])
    if trunk is None:
        trunk = trunk_of(packed)
    return Standing(at, good, bad, first_good, last_good, passed_at, until, trunk)


def trunk_of(packed: bytes) -> str:
    """Return the trunk of a packed standing."""
    kept = packed[_TRUNK:]
    trunk = kept.decode("utf-8", _ANY_TEXT)
    if len(_trunks) < _MOST_TRUNKS:
        _trunks[kept] = trunk
    return trunk


def trunk_bytes(trunk: str) -> bytes:
    """Return a trunk as it stands behind the numbers of a packed standing."""
    return trunk.encode("utf-8", _ANY_TEXT)


def numbers_in(packed: bytes) -> bytes:
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
