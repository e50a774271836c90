"""Reads a caller id: which number it is, which class it falls in, and what may be shown of it.

Three questions in three modules: `number_text` says how a number is written (and what is junk),
`number_region` which number a region means by those digits, and this one which caller that is.
What a class is worth to a verdict is left to `signals`.
"""

from enum import StrEnum
from hashlib import blake2b
from itertools import islice

from screener.core import number_validity
from screener.core.number_region import LONGEST, SHORTEST, Reading, Region, country_code, is_valid
from screener.core.number_text import TEXT_LIMIT, Writing, parse_writing
from screener.core.records import record

CACHE_SIZE = 8_192
"""Caller ids kept read: a redialling caller costs a look-up, a flood 4 MB (measured)."""

ANONYMOUS_WORDS = frozenset(
    {
        "anonymous",
        "asterisk",
        "blocked",
        "no caller id",
        "out of area",
        "private",
        "restricted",
        "unavailable",
        "unknown",
        "withheld",
    }
)
"""What trunks and telephones write in the place of a number they will not or cannot tell."""

WITHHELD_WORDS = frozenset(
    {
        "prohib",
        "prohib_not_screened",
        "prohib_passed_screen",
        "prohib_failed_screen",
        "restricted",
        "withheld",
    }
)
"""Presentations that say: this number is not to be shown (Asterisk's words, and the plain ones)."""

LONGEST_TAIL = 6
"""Digits that a prefix may leave out at most; the shortest full number still has one left."""

_PLAINLY_SHOWN = "allowed_not_screened"
_SHOWN = frozenset({"", "allowed", "allowed_not_screened", "allowed_passed_screen"})
"""What most trunks say of a number that may be shown; nothing else is read of it."""
_TOGETHER = 32
"""So many that were read first are forgotten at once: the first of a dictionary is slow to find."""
_LONGEST_PRESENTATION = 3
_PRESENTATION_BITS = 0x60
_RESTRICTED_BITS = 0x20
_UNAVAILABLE_BITS = 0x40
_TAIL_SHOWN = 2
_SHORT_SHOWN_WHOLE = 3
_BULLET = "\u2022"
_BULLETS = tuple([_BULLET * hidden for hidden in range(LONGEST)])


class CallerClass(StrEnum):
    """What kind of caller id a call carries."""

    VALID = "valid"
    """A number that someone in the home numbering plan can have."""
    FOREIGN = "foreign"
    """A number that someone elsewhere can have."""
    UNALLOCATED = "unallocated"
    """Shaped like an international number, but one that no one can have."""
    SHORT = "short"
    """Too few digits for a full number: short codes, extensions, local numbers."""
    WITHHELD = "withheld"
    """The caller asked not to be shown; the number may be there and only counts."""
    ANONYMOUS = "anonymous"
    """A word in the place of the number."""
    ABSENT = "absent"
    """No number at all."""
    JUNK = "junk"
    """Anything else, kept whole and never cleaned into somebody's number."""


@record
class CallerId:
    """A caller id read under a numbering plan.

    `identity` is the key for lists and reputation, empty where the call identifies nobody.
    `counter_key` is the key for limits by number: the identity, or for withheld and junk calls
    one of their own. `prefix` is the number without its last digits; a withheld call's stands
    in a name space of its own. `masked` is all that a log or a page may show. `e164` is the
    number with `+` and without extension; all three are empty where there is none.
    """

    kind: CallerClass
    identity: str
    counter_key: str
    prefix: str
    masked: str
    e164: str


_ABSENT = CallerId(CallerClass.ABSENT, "", "", "", "absent", "")
_ANONYMOUS = CallerId(CallerClass.ANONYMOUS, "", "", "", "anonymous", "")


class NumberPlan:
    """Reads caller ids as one region writes them.

    `region` is an ISO 3166-1 code (`US`), `prefix_tail` how many last digits a prefix leaves
    out, 1 to `LONGEST_TAIL`. Raises ValueError where either is none of these.
    """

    def __init__(self, region: str, *, prefix_tail: int = 4) -> None:
        if not 1 <= prefix_tail <= LONGEST_TAIL:
            raise ValueError(
                f"prefix tail of {prefix_tail} digits; allowed are 1 to {LONGEST_TAIL}"
            )
        self.region = region
        self.prefix_tail = prefix_tail
        self._region = Region(region)
        self.country_code = self._region.code
        self._cached: dict[str, CallerId] = {}

    def read(self, text: str, presentation: str = "") -> CallerId:
        """Read a caller id as it stands on the wire; never raises.

        `presentation` is Asterisk's `CALLERID(num-pres)` word or its number (Q.951: 32 to 35
        restricted, 67 unavailable); one that is neither hides nothing.
        """
        if presentation == _PLAINLY_SHOWN or presentation in _SHOWN:
            return self._cached.get(text) or self._read(text)
        shown = _presentation(presentation)
        if shown is CallerClass.ABSENT:
            return _ABSENT
        caller = self._cached.get(text) or self._read(text)
        return _withheld(caller) if shown is CallerClass.WITHHELD else caller

    def identify(self, text: str) -> str:
        """Return the `identity` that `read` gives, without asking which class it has.

        A list of 100,000 numbers is loaded so: the class takes most of the time of a reading.
        """
        found = self._resolve(text)
        return _identity(*found) if found else ""

    def _read(self, text: str) -> CallerId:
        if len(text) > TEXT_LIMIT:
            return _junk(text)
        digits = text[1:]
        plain = SHORTEST <= len(digits) <= LONGEST and digits.isascii() and digits.isdigit()
        plain = plain and text.startswith("+") and not digits.startswith("0")
        caller = self._plain(text, digits) if plain else self._read_any(text)
        cached = self._cached
        if len(cached) >= CACHE_SIZE:
            for first in list(islice(cached, _TOGETHER)):
                cached.pop(first, None)  # another thread may have been here
        cached[text] = caller
        return caller

    def _plain(self, e164: str, digits: str) -> CallerId:
        """Read what most trunks send, what `_read_any` says of it: + and digits, and no more."""
        code = country_code(digits)
        national = digits[len(code) :]
        if not code or not number_validity.is_valid(code, national):
            kind = CallerClass.UNALLOCATED
        else:
            kind = CallerClass.VALID if code == self.country_code else CallerClass.FOREIGN
        masked = f"+{code}{_BULLETS[len(national) - _TAIL_SHOWN]}{national[-_TAIL_SHOWN:]}"
        return CallerId(kind, e164, e164, e164[: -self.prefix_tail], masked, e164)

    def _read_any(self, text: str) -> CallerId:
        if not text:
            return _ABSENT
        if text.lower() in ANONYMOUS_WORDS:
            return _ANONYMOUS
        if (found := self._resolve(text)) is None:
            return _junk(text)
        writing, reading = found
        if reading.short:
            return _short(reading, writing)
        return self._full(reading, writing)

    def _resolve(self, text: str) -> tuple[Writing, Reading] | None:
        writing = parse_writing(text) if text.isascii() and len(text) <= TEXT_LIMIT else None
        reading = self._region.resolve(writing) if writing else None
        return (writing, reading) if writing and reading else None

    def _full(self, reading: Reading, writing: Writing) -> CallerId:
        code = country_code(reading.digits)
        valid = is_valid(reading.digits) if reading.valid is None else reading.valid
        if not valid:
            kind = CallerClass.UNALLOCATED
        elif code == self._region.code:
            kind = CallerClass.VALID
        else:
            kind = CallerClass.FOREIGN
        e164 = "+" + reading.digits
        identity = _identity(writing, reading)
        masked = f"+{code}{_mask(reading.digits[len(code) :])}{_mask_extension(writing)}"
        prefix = e164[: -self.prefix_tail]
        return CallerId(kind, identity, identity, prefix, masked, e164)


def _identity(writing: Writing, reading: Reading) -> str:
    return ("short:" if reading.short else "+") + reading.digits + writing.extension


def _short(reading: Reading, writing: Writing) -> CallerId:
    identity = _identity(writing, reading)
    whole = len(writing.digits) <= _SHORT_SHOWN_WHOLE
    masked = (writing.digits if whole else _mask(writing.digits)) + _mask_extension(writing)
    return CallerId(CallerClass.SHORT, identity, identity, "", masked, "")


def withheld_key(counter_key: str) -> str:
    """Return the counter key of the same caller when it withholds its number."""
    return f"withheld:{counter_key}"


def _withheld(caller: CallerId) -> CallerId:
    key = withheld_key(caller.counter_key) if caller.counter_key else ""
    prefix = withheld_key(caller.prefix) if caller.prefix else ""
    return CallerId(CallerClass.WITHHELD, "", key, prefix, "withheld", "")


def _junk(text: str) -> CallerId:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return CallerId(CallerClass.JUNK, "", f"junk:{digest}", "", f"junk(len={len(text)})", "")


def _mask(digits: str) -> str:
    return _BULLET * (len(digits) - _TAIL_SHOWN) + digits[-_TAIL_SHOWN:]


def _mask_extension(writing: Writing) -> str:
    return ";" + _BULLET if writing.extension else ""


def _presentation(text: str) -> CallerClass | None:
    word = text.lower() if text.isascii() else ""
    if word in WITHHELD_WORDS:
        return CallerClass.WITHHELD
    if word == "unavailable":
        return CallerClass.ABSENT
    if word.isdigit() and len(word) <= _LONGEST_PRESENTATION:
        bits = int(word) & _PRESENTATION_BITS
        if bits == _RESTRICTED_BITS:
            return CallerClass.WITHHELD
        if bits == _UNAVAILABLE_BITS:
            return CallerClass.ABSENT
    return None
