"""Digits become the number that their region means, or a short code, or nothing."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core import number_validity
from screener.core.number_region import (
    LONGEST,
    SHORTEST,
    Reading,
    Region,
    _is_possible,
    country_code,
    is_valid,
)
from screener.core.number_text import Writing


def resolve(region: Region, writing: Writing) -> Reading | None:
    """Resolve the writing, and the question of validity where it was left open."""
    reading = region.resolve(writing)
    if reading is None or reading.valid is not None:
        return reading
    return Reading(reading.digits, valid=is_valid(reading.digits), short=reading.short)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_region_reads_its_own_ordinary_numbers_in_every_writing(region: str) -> None:
    reader = Region(region)
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        national = phonenumbers.national_significant_number(number)
        full = Reading(reader.code + national, valid=True)
        assert resolve(reader, Writing(plus=True, digits=full.digits)) == full
        written = Writing(plus=False, digits=national, context=reader.code)
        assert resolve(reader, written) == full
        assert resolve(reader, Writing(plus=False, digits=reader.trunk + national)) == full
        assert resolve(reader, Writing(plus=False, digits=full.digits)) == full


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_emergency_numbers_are_short_in_every_region(region: str) -> None:
    reader = Region(region)
    for digits in ("112", "911", "999", "000"):
        assert resolve(reader, Writing(plus=False, digits=digits)) == Reading(digits, short=True)


@pytest.mark.parametrize(
    ("region", "digits", "reading"),
    [
        ("GB", "01234567", Reading("441234567")),
        ("GB", "4721234567", Reading("4721234567", valid=True)),
        ("US", "4721234567", Reading("14721234567")),
        ("US", "999123456789", Reading("999123456789")),
        ("US", "01199912345678", Reading("99912345678")),
        ("US", "006515392200", None),
        ("US", "1234567890123456", None),
        ("US", "298201234", Reading("298201234", valid=True)),
        ("AG", "4601234", Reading("12684601234", valid=True)),
        ("AR", "0111523456789", Reading("5491123456789", valid=True)),
    ],
)
def test_bare_digits_are_read_in_one_order_of_preference(
    region: str, digits: str, reading: Reading | None
) -> None:
    assert resolve(Region(region), Writing(plus=False, digits=digits)) == reading


@pytest.mark.parametrize(
    ("digits", "code"),
    [
        ("16515392200", "1"),
        ("442071838750", "44"),
        ("9725", "972"),
        ("999123", ""),
        ("8830", "883"),
    ],
)
def test_a_country_code_is_found_or_none_is_in_use(digits: str, code: str) -> None:
    assert country_code(digits) == code


def test_a_region_without_a_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown region 'XX'"):
        Region("XX")


@given(st.text("0123456789", max_size=LONGEST + 2))
def test_a_length_is_possible_as_the_plan_of_the_country_says(digits: str) -> None:
    code = country_code(digits)
    shaped = bool(code) and SHORTEST <= len(digits) <= LONGEST
    its = shaped and number_validity.is_possible(code, digits[len(code) :])
    assert _is_possible(digits) == its
