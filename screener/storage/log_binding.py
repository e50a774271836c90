"""Which statement writes a row of the log, and what is bound to it.

A kind of rows (`log_kinds`) that comes often gets statements of its own, with what its rows share
as words; the others are bound value by value. Writing is `log_writer`'s.
"""

from typing import Final

from screener.storage.log_kinds import SHARED, Kind, Value, as_word
from screener.storage.log_rows import OWN, SELDOM, Row, insert

USES = 64
"""So many rows of a kind have come when it gets its own statement: making one takes what it spares
fifteen rows (counted), and where kinds push each other out nothing is spared."""
MOST_STATEMENTS = 64
"""Statements of kinds at once; the connection keeps twice as many ready."""

Bound = Value | bytearray
_NO_BYTES: Final = bytearray()
_ORIGID: Final = OWN.index("origid")
_OWN_TOLD: Final = (1 << len(OWN)) - 1
_BLOBS: Final = tuple(1 + OWN.index(name) for name in ("number_key", "prefix_key", "sealed"))
"""Where they stand among what is bound."""


class Statements:
    """The statements of one connection."""

    def __init__(self) -> None:
        self._of_kinds: dict[tuple[Kind, int], tuple[str, list[Value]]] = {}

    def __len__(self) -> int:
        """Return how many are of kinds."""
        return len(self._of_kinds)

    def bound(self, seq: int, row: Row) -> tuple[str, list[Bound]]:
        """Return the statement for a row that gets this place, and what is bound to it."""
        told, bound = _own_bound(seq, row)
        if not told:
            return _all_bound(seq, row)
        statement = self._of_kinds.get((row.kind, told)) or self._often(row.kind, told)
        if statement is None:
            return _all_bound(seq, row)
        words, others = statement
        if others:
            bound += others
        return words, bound

    def _often(self, kind: Kind, told: int) -> tuple[str, list[Value]] | None:
        """Return a statement for rows of this kind alone; None as long as few have come."""
        uses = kind.uses.get(told, 0) + 1
        if len(kind.uses) > MOST_STATEMENTS:
            kind.uses.clear()
        kind.uses[told] = uses
        if uses < USES:
            return None
        del kind.uses[told]
        while len(self._of_kinds) >= MOST_STATEMENTS:
            del self._of_kinds[next(iter(self._of_kinds))]
        statement = self._of_kinds[kind, told] = insert_of(kind, told)
        return statement


def insert_of(kind: Kind, told: int) -> tuple[str, list[Value]]:
    """Return the statement for rows of a kind, and what of the kind is bound behind their own.

    A row's seq is bound first, then those values of `OWN` and `SELDOM` whose bits are set. A row
    that does not tell its `origid` has an empty one; the rest stay NULL.
    """
    names = ["seq", *(name for place, name in enumerate((*OWN, *SELDOM)) if told >> place & 1)]
    words, bound = ["?"] * len(names), list[Value]()
    if not told >> _ORIGID & 1:
        names.append("origid")
        words.append("''")
    for name, value in zip(SHARED, kind.values, strict=True):
        if value is None:
            continue
        word = as_word(value)
        if word is None:
            bound.append(value)
            word = "?"
        names.append(name)
        words.append(word)
    # Our own names, and what `as_word` lets through.
    return f"INSERT INTO calls ({', '.join(names)}) VALUES ({', '.join(words)})", bound  # noqa: S608


def _own_bound(seq: int, row: Row) -> tuple[int, list[Bound]]:
    """Return which values of a row are told, as `insert_of` takes it, and its place and these.

    None are where that cannot say it. For each None and each `bytes` the database's module looks
    up how to adapt it, which takes as long as binding four texts (counted); a `bytearray` is
    bound as it is.
    """
    own, seldom = row.own, row.seldom
    origid, left_out = own[_ORIGID], 0
    if origid is None:
        return 0, []
    if origid == "":
        left_out = 1
    values = own[left_out:] if left_out else own
    bound: list[Bound] = [seq]
    for value in values:  # not by `in`, which compares each with it
        if value is None:
            break
    else:
        if not seldom:
            bound += values
            for place in _BLOBS:
                bound[place - left_out] = _bindable(bound[place - left_out])
            return _OWN_TOLD >> left_out << left_out, bound
    told, bit = 0, 1 << left_out
    for value in values + seldom if seldom else values:
        if value is not None:
            told += bit
            bound.append(_bindable(value))
        bit += bit
    return told, bound


def _all_bound(seq: int, row: Row) -> tuple[str, list[Bound]]:
    """Return the statement that binds all that a row tells, and what is bound."""
    told, bit = 0, 1
    bound: list[Bound] = [seq]
    for value in row.values:
        if value is not None:
            told += bit
            bound.append(_bindable(value))
        bit += bit
    return insert(told), bound


def _bindable(value: Bound) -> Bound:
    return _NO_BYTES + value if isinstance(value, bytes) else value
