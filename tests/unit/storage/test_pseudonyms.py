import hmac

from hypothesis import given
from hypothesis import strategies as st

from screener.core.number import NumberPlan
from screener.storage.keys import Keys
from screener.storage.pseudonyms import NOBODY, pseudonym, pseudonyms_of

KEYS = Keys("one", b"p" * 32, b"s" * 32)
OTHER = Keys("two", b"q" * 32, b"s" * 32)
PLAN = NumberPlan("US")


def test_one_caller_has_one_pseudonym_in_every_writing() -> None:
    written = ("+16515550142", "6515550142", "1-651-555-0142", "tel:+1-651-555-0142")
    assert len({pseudonyms_of(PLAN.read(text), KEYS) for text in written}) == 1


def test_neighbours_share_a_prefix_and_no_number() -> None:
    one = pseudonyms_of(PLAN.read("+16515550142"), KEYS)
    other = pseudonyms_of(PLAN.read("+16515550143"), KEYS)
    assert one.prefix == other.prefix
    assert one.number != other.number


def test_another_key_gives_another_pseudonym() -> None:
    assert pseudonym("number", "+16515550142", KEYS) != pseudonym("number", "+16515550142", OTHER)


def test_a_number_and_a_prefix_of_the_same_digits_are_told_apart() -> None:
    assert pseudonym("number", "+1651555", KEYS) != pseudonym("prefix", "+1651555", KEYS)


@given(st.binary(max_size=130), st.text())
def test_with_any_key_it_is_what_the_standard_library_says(key: bytes, text: str) -> None:
    told = hmac.digest(key, f"number:{text}".encode(), "sha256")[:16]
    assert pseudonym("number", text, Keys("any", key, b"s" * 32)) == told


def test_a_pseudonym_is_what_the_standard_says() -> None:
    # RFC 2104 over FIPS 180-4, worked out with another program (openssl dgst -sha256 -mac HMAC).
    assert pseudonym("number", "+16515550142", KEYS).hex() == "868cd3af5a66e12164adb07048999eb0"


def test_who_withholds_or_names_nobody_has_none() -> None:
    assert pseudonyms_of(PLAN.read("+16515550142", "prohib"), KEYS) == NOBODY
    for text in ("", "anonymous", "junk!", "0" * 400):
        assert pseudonyms_of(PLAN.read(text), KEYS) == NOBODY


def test_a_short_code_has_no_prefix() -> None:
    short = pseudonyms_of(PLAN.read("911"), KEYS)
    assert short.number is not None
    assert short.prefix is None
