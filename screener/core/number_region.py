"""Which number a region means by a string of digits, from the numbering plans of libphonenumber.

A number written with `+` is taken digit by digit, so that no two of them ever become one. Bare
digits are ambiguous, and one order of preference settles them for a region: a string that
someone can have is that someone's, home before abroad; failing that it is read by its length.
Whether someone can have a number is left to `number_validity`, the way of writing to
`number_text`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

from screener.core import number_validity
from screener.core.number_text import Writing
from screener.core.records import record

LONGEST = 15
"""Digits of the longest international number (ITU-T E.164)."""

SHORTEST = 7
"""Digits of the shortest full number with its country code (Niue, +683 4000)."""

ALWAYS_SHORT = 3
"""Up to so many bare digits are a short code anywhere: 112, 911, 999."""

_LONGEST_LOCAL = 7
_SHORTEST_BARE_INTERNATIONAL = 8
_LONGEST_COUNTRY_CODE = 3


@record
class Reading:
    """The digits of a number: international without `+`, or of a short code as it was written.

    `valid` says that someone can have it; None leaves that open, where the digits can mean no
    other number and nobody has asked yet (see `is_valid`).
    """

    digits: str
    valid: bool | None = False
    short: bool = False


class Region:
    """One region's way of writing numbers; raises ValueError for a region that has no plan."""

    def __init__(self, region: str) -> None:
        metadata = None
        if region in phonenumbers.SUPPORTED_REGIONS:
            metadata = PhoneMetadata.metadata_for_region(region, None)
        if metadata is None:
            raise ValueError(f"unknown region {region!r}; allowed is an ISO 3166-1 code such as US")
        self.name = region
        self.code = str(metadata.country_code)
        national_prefix = metadata.national_prefix or ""
        # In North America the prefix is the country code: a number with it is international.
        self.trunk = "" if national_prefix == self.code else national_prefix
        self._international = re.compile(metadata.international_prefix or "(?!)", re.ASCII)
        self._rewrites = metadata.national_prefix_transform_rule is not None
        lengths = _ordinary_lengths(region)
        self._longest = max(lengths)
        self._short = max(ALWAYS_SHORT, min(_LONGEST_LOCAL, min(lengths) - 1))
        self._home = min(_SHORTEST_BARE_INTERNATIONAL, len(self.code) + min(lengths))

    def resolve(self, writing: Writing) -> Reading | None:
        """Return the number that is meant; None where the digits can be no number at all."""
        if writing.plus:
            return self._global(writing.digits)
        if writing.context:
            return self._local(writing.digits, writing.context)
        return self._bare(writing.digits)

    def _global(self, digits: str) -> Reading | None:
        if digits.startswith("0") or len(digits) > LONGEST:
            return None
        if len(digits) < SHORTEST:
            return Reading("+" + digits, short=True)
        return Reading(digits, valid=None)

    def _local(self, digits: str, context: str) -> Reading | None:
        """Read digits that are local to an international prefix (RFC 3966 section 5.1.4)."""
        home = context == self.code
        candidates = [context + digits]
        dialled = self.trunk or self.code
        if home and digits.startswith(dialled):
            candidates.append(context + digits[len(dialled) :])
        full = [number for number in candidates if _is_shaped(number)]
        if len(digits) > ALWAYS_SHORT and (found := next(filter(is_valid, full), None)):
            return Reading(found, valid=True)
        if len(digits) <= (self._short if home else ALWAYS_SHORT):
            return Reading(digits if home else f"{digits}@+{context}", short=True)
        likely = [number for number in full if _is_possible(number)] or full
        return Reading(likely[0]) if likely else None

    def _bare(self, digits: str) -> Reading | None:
        if len(digits) <= ALWAYS_SHORT:
            return Reading(digits, short=True)
        candidates = [number for number in self._candidates(digits) if _is_possible(number)]
        if len(set(candidates)) == 1 and len(digits) > self._short:
            return Reading(candidates[0], valid=None)
        if found := next(filter(is_valid, candidates), None):
            return Reading(found, valid=True)
        if len(digits) <= (self._short if candidates else self._longest):
            return Reading(digits, short=True)
        if candidates:
            return Reading(candidates[0])
        shaped = filter(_is_shaped, (digits, self._dialled_abroad(digits)))
        return next((Reading(number) for number in shaped), None)

    def _candidates(self, digits: str) -> Iterator[str]:
        """Yield the international numbers that bare digits can be, the likeliest first."""
        at_home = digits.startswith(self.code)
        # Beyond the ordinary length, digits that begin like the country code begin with it.
        longest = self._longest if at_home else LONGEST
        national = self.code + digits if self._short < len(digits) <= longest else ""
        least = self._home if at_home else _SHORTEST_BARE_INTERNATIONAL
        bare = digits if len(digits) >= least else ""
        if self.trunk:
            # Here a national number is written with its prefix, so that one without it which
            # begins like the country code has more likely come as a bare international one.
            if digits.startswith(self.trunk):
                yield self.code + digits[len(self.trunk) :]
            if at_home:
                yield bare
            yield from (national, self._rewritten(digits), self._dialled_abroad(digits), bare)
        elif len(digits) > self._longest:
            yield from (bare, self._dialled_abroad(digits), national)
        else:
            yield from (national, self._rewritten(digits), self._dialled_abroad(digits))
            if at_home or not _is_possible(national):
                yield bare

    def _dialled_abroad(self, digits: str) -> str:
        prefix = self._international.match(digits)
        return digits[prefix.end() :] if prefix else ""

    def _rewritten(self, digits: str) -> str:
        """Return what a plan with rules of its own makes of a dialled number (AR 15, BR carriers).

        Only where the national prefix shows that it was dialled, and never what no one can have.
        """
        if not self._rewrites or not digits.startswith(self.trunk):
            return ""
        try:
            number = phonenumbers.parse(digits, self.name)
        except phonenumbers.NumberParseException:
            return ""
        if not phonenumbers.is_valid_number(number) or str(number.country_code) != self.code:
            return ""
        return self.code + phonenumbers.national_significant_number(number)


def country_code(digits: str) -> str:
    """Return the country code that international digits begin with, empty for none in use."""
    return _CODES.get(digits[:_LONGEST_COUNTRY_CODE]) or ""


def is_valid(digits: str) -> bool:
    """Return whether someone can have the international number under its numbering plan."""
    code = country_code(digits) if _is_shaped(digits) else ""
    return bool(code) and number_validity.is_valid(code, digits[len(code) :])


def _codes() -> dict[str, str]:
    """Return the country code behind each beginning of three digits or fewer that has one."""
    found: dict[str, str] = {}
    for number in range(1, 10**_LONGEST_COUNTRY_CODE):
        digits = str(number)
        codes = (digits[:length] for length in range(1, len(digits) + 1))
        known = (code for code in codes if int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
        found[digits] = next(known, "")
    return found


_CODES = _codes()


def _ordinary_lengths(region: str) -> set[int]:
    """Return the lengths of the region's example numbers, fixed and mobile."""
    kinds = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    examples = (phonenumbers.example_number_for_type(region, kind) for kind in kinds)
    return {len(phonenumbers.national_significant_number(e)) for e in examples if e} or {10}


def _is_shaped(digits: str) -> bool:
    return SHORTEST <= len(digits) <= LONGEST and not digits.startswith("0")


def _is_possible(digits: str) -> bool:
    return len(digits) in _possible_lengths(digits[:_LONGEST_COUNTRY_CODE])


@lru_cache(maxsize=1_000)
def _possible_lengths(beginning: str) -> frozenset[int]:
    """Return how many digits full numbers that begin so can have, their country code included."""
    code = country_code(beginning)
    full = {len(code) + length for length in number_validity.lengths(code)} if code else set()
    return frozenset(full.intersection(range(SHORTEST, LONGEST + 1)))
