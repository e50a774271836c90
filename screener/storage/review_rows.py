"""An entry of a review at rest: a keyed pseudonym to find it by, the text sealed, a form to show.

No number leaves this module in the clear but through `EntrySealer.open`. Where rows are put is
left to `review_store`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from screener.core.lists import Entry, Exact, Pattern, Prefix, Range, Trunk
from screener.core.number import CallerClass, CallerId, NumberPlan
from screener.core.number_region import country_code
from screener.core.review import read_entry, write_entry
from screener.errors import ScreenerError
from screener.storage.keys import Keys
from screener.storage.pseudonyms import pseudonym
from screener.storage.sealing import Sealer

FEW = 100
"""An entry that holds fewer numbers than this is masked as if it were one."""

_BULLET = "\u2022"
_TAIL_SHOWN = 2
_SHORT_SHOWN_WHOLE = 3
_LONGEST_SHOWN = 9
_NUMBER = re.compile(r"\+?[0-9]+")
_BETWEEN = "\x1f"
_SHORT = "short:"


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """What is kept of an entry."""

    exact: bool
    key: bytes
    key_id: str
    sealed: bytes
    shown: str


@dataclass(frozen=True, slots=True)
class Remarked:
    """An entry and what was written beside it where it came from, empty for nothing."""

    entry: Entry
    remark: str = ""


Opener = Callable[[bytes, bytes, str], Remarked | None]
"""Opens a key, a sealed entry and its key id, to None where it cannot."""


class EntrySealer:
    """Seals and opens entries under one pair of keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._sealer = Sealer(keys)

    def seal(self, told: Remarked, key: bytes = b"") -> SealedEntry:
        """Return what is kept of the entry; its remark is sealed with it.

        `key` is the entry's pseudonym where that is known already.
        """
        key = key or self.key(told.entry)
        text = write_entry(told.entry) + (_BETWEEN + told.remark if told.remark else "")
        sealed = self._sealer.seal(text, key.hex())
        exact = isinstance(told.entry, Exact)
        return SealedEntry(exact, key, self._sealer.key_id, sealed, shown(told.entry))

    def key(self, entry: Entry) -> bytes:
        """Return the entry's pseudonym; that of a number is the one which the decision log has."""
        if isinstance(entry, Exact):
            return self.key_of_number(entry.identity)
        return pseudonym("entry", write_entry(entry), self._keys)

    def key_of_number(self, identity: str) -> bytes:
        """Return the pseudonym of a number."""
        return pseudonym("number", identity, self._keys)

    def opener(self, plan: NumberPlan) -> Opener:
        """Return what opens entries that were sealed with these keys."""

        def opened(key: bytes, sealed: bytes, key_id: str) -> Remarked | None:
            try:
                text, _, remark = self._sealer.unseal(sealed, key.hex(), key_id).partition(_BETWEEN)
                return Remarked(read_entry(text, plan), remark)
            except (ScreenerError, ValueError):
                return None

        return opened


def writing_of(entry: Entry) -> str:
    """Return the entry as a person writes it, numbers in the clear; a list can be read from it."""
    if not isinstance(entry, Exact):
        return entry.text
    number, between, extension = entry.identity.removeprefix(_SHORT).partition(";")
    digits, context, code = number.partition("@")
    return digits + (f";phone-context={code}" if context else "") + between + extension


def caller_of(identity: str) -> CallerId:
    """Return a caller as lists look at it, by its identity alone.

    The class is not asked for: the first question of a process for that takes half a second.
    """
    e164 = identity.partition(";")[0] if identity.startswith("+") else ""
    return CallerId(CallerClass.VALID, identity, identity, "", masked(identity), e164)


def singled(entry: Entry, plan: NumberPlan) -> Entry:
    """Return the entry, or the number where a range or a pattern holds only that one."""
    number = ""
    if isinstance(entry, Range) and entry.low == entry.high:
        number = entry.low
    elif isinstance(entry, Pattern) and entry.regex.isdecimal():
        number = entry.regex
    identity = plan.identify("+" + number) if number else ""
    return Exact("=" + identity, identity) if identity else entry


def shown(entry: Entry) -> str:
    """Return the entry as any output may show it: numbers masked, wide entries as written."""
    match entry:
        case Exact(_, identity):
            return masked(identity)
        case Prefix(text, digits):
            return text if len(digits) <= _LONGEST_SHOWN else masked("+" + digits) + "*"
        case Range(text, low, high):
            if int(high) - int(low) >= FEW:
                return text
            return f"{masked('+' + low)}-{masked('+' + high)}"
        case Pattern(text, regex):
            few = len(re.findall(r"(?<!\[)[0-9](?![^\[]*\])", regex)) > _LONGEST_SHOWN
            return _NUMBER.sub(lambda found: _BULLET * len(found[0]), text) if few else text
        case Trunk(_, name):
            return f"trunk {name}"


def masked(identity: str) -> str:
    """Return an identity as `core.number` masks it, without asking which class it has."""
    number, _, extension = identity.partition(";")
    tail = ";" + _BULLET if extension else ""
    if number.startswith("+"):
        digits = number[1:]
        code = country_code(digits)
        return f"+{code}{_mask(digits[len(code) :])}{tail}"
    digits, _, _ = number.removeprefix(_SHORT).removeprefix("+").partition("@")
    return (digits if len(digits) <= _SHORT_SHOWN_WHOLE else _mask(digits)) + tail


def _mask(digits: str) -> str:
    return _BULLET * (len(digits) - _TAIL_SHOWN) + digits[-_TAIL_SHOWN:]
