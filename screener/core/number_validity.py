"""Whether anyone can have a number, from libphonenumber's tables, compiled once a country code.

The library asks every kind of number of every region in turn, dozens of regular expressions for a
number that no one can have; here one expression for each country code says the same, and for the
country that most calls come from a table (`digit_table`). The patterns stay the library's, and
property tests hold all three equal. What a region makes of digits is left to `number_region`.
"""

import re
from contextlib import suppress
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

from screener.core.digit_table import DigitTable

_KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
"""The kinds that make a number valid (`phonenumberutil._number_type_helper`)."""

_NON_GEOGRAPHIC = "001"

_TABLES: dict[str, DigitTable] = {}


def is_valid(code: str, national: str) -> bool:
    """Say whether somebody can have the national number under the country code."""
    table = _TABLES.get(code)
    return _valid(code).fullmatch(national) is not None if table is None else table.allows(national)


def is_possible(code: str, national: str) -> bool:
    """Say whether a full number under the country code can be so long."""
    return len(national) in lengths(code)


def compile_all(home: str) -> None:
    """Compile the expressions of all countries (0.2 s), so that no call has to wait for its own.

    Of the country code `home` a table as well, 50 ms for North America: a call's check takes
    a third of the instructions. What it cannot be made of is left to the expression.
    """
    if home not in _TABLES:
        with suppress(ValueError):
            _TABLES[home] = table_of(home)
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        _valid(str(code))
        lengths(str(code))


def table_of(code: str) -> DigitTable:
    """Return the table of a country code; raises ValueError where a pattern says more than one."""
    return DigitTable(_pairs_of(code))


@lru_cache(maxsize=256)
def _valid(code: str) -> re.Pattern[str]:
    alternatives = [rf"(?=(?:{general})\Z)(?:{kinds})" for general, kinds in _pairs_of(code)]
    return re.compile("|".join(f"(?:{one})" for one in alternatives) or "(?!)", re.ASCII)


def _pairs_of(code: str) -> list[tuple[str, str]]:
    """Return the patterns of each plan under a country code, both of which a number matches.

    One is of all numbers, one of each kind of them.
    """
    found = []
    for metadata in _plans(code):
        general = metadata.general_desc.national_number_pattern if metadata.general_desc else None
        kinds = [
            desc.national_number_pattern
            for desc in (getattr(metadata, kind) for kind in _KINDS)
            if desc is not None and desc.national_number_pattern
        ]
        if general and kinds:
            found.append((general, "|".join(kinds)))
    return found


@lru_cache(maxsize=256)
def lengths(code: str) -> frozenset[int]:
    """Return how many digits a full number under the country code can have behind it."""
    main = next(iter(_plans(code)), None)
    if main is None or main.general_desc is None:
        return frozenset()
    return frozenset(main.general_desc.possible_length)


def _plans(code: str) -> list[PhoneMetadata]:
    """Return the plans under a country code, its main region's first."""
    found = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()):
        metadata = (
            PhoneMetadata.metadata_for_nongeo_region(int(code), None)
            if region == _NON_GEOGRAPHIC
            else PhoneMetadata.metadata_for_region(region, None)
        )
        if metadata is not None:
            found.append(metadata)
    return found
