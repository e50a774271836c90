"""Held equal to the library that the tables come from, over every country code that it knows."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

from screener.core.number_validity import is_possible, is_valid

CODES = sorted(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


def the_library_on(code: str, national: str) -> tuple[bool, bool]:
    zeros = min(len(national) - len(national.lstrip("0")), len(national) - 1)
    number = PhoneNumber(
        country_code=int(code),
        national_number=int(national),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros or None,
    )
    possible = phonenumbers.is_possible_number_with_reason(number)
    return phonenumbers.is_valid_number(number), possible == ValidationResult.IS_POSSIBLE


def examples(code: str) -> list[str]:
    found = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]:
        for kind in PhoneNumberType.values():
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                found.append(phonenumbers.national_significant_number(number))
    return found or ["80012345"]


@pytest.mark.parametrize("code", CODES)
def test_every_example_number_is_judged_as_the_library_judges_it(code: str) -> None:
    for national in examples(code):
        assert (is_valid(code, national), is_possible(code, national)) == the_library_on(
            code, national
        )


@settings(max_examples=600)
@given(st.sampled_from(CODES), st.text("0123456789", min_size=3, max_size=14))
def test_any_digits_are_judged_as_the_library_judges_them(code: str, national: str) -> None:
    assert (is_valid(code, national), is_possible(code, national)) == the_library_on(code, national)


@settings(max_examples=600)
@given(st.sampled_from(CODES), st.data())
def test_a_number_off_by_a_digit_is_judged_as_the_library_judges_it(
    code: str, data: st.DataObject
) -> None:
    digits = list(data.draw(st.sampled_from(examples(code))))
    place = data.draw(st.integers(0, len(digits) - 1))
    digits[place] = data.draw(st.sampled_from("0123456789"))
    national = "".join(digits)
    assert (is_valid(code, national), is_possible(code, national)) == the_library_on(code, national)


def test_a_country_code_that_no_one_has_makes_no_number() -> None:
    assert not is_valid("999", "5551234567")
    assert not is_possible("999", "5551234567")
