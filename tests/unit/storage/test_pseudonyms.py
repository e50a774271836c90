import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.number import NumberPlan
from screener.storage.keys import Keys, Way
from screener.storage.pseudonyms import NOBODY, pseudonym, pseudonyms_of

KEYS = Keys("one", b"p" * 32, b"s" * 32)
OTHER = Keys("two", b"q" * 32, b"s" * 32)
NEW = replace(KEYS, way=Way.BLAKE2B)
PLAN = NumberPlan("US")

both_ways = pytest.mark.parametrize("way", list(Way))


@both_ways
def test_one_caller_has_one_pseudonym_in_every_writing(way: Way) -> None:
    keys = replace(KEYS, way=way)
    written = ("+16515550142", "6515550142", "1-651-555-0142", "tel:+1-651-555-0142")
    assert len({pseudonyms_of(PLAN.read(text), keys) for text in written}) == 1


@both_ways
def test_neighbours_share_a_prefix_and_no_number(way: Way) -> None:
    keys = replace(KEYS, way=way)
    one = pseudonyms_of(PLAN.read("+16515550142"), keys)
    other = pseudonyms_of(PLAN.read("+16515550143"), keys)
    assert one.prefix == other.prefix
    assert one.number != other.number


def test_another_key_or_way_gives_another_pseudonym() -> None:
    ways = [KEYS, OTHER, NEW, replace(OTHER, way=Way.BLAKE2B)]
    assert len({pseudonym("number", "+16515550142", keys) for keys in ways}) == len(ways)


@both_ways
def test_a_number_and_a_prefix_of_the_same_digits_are_told_apart(way: Way) -> None:
    keys = replace(KEYS, way=way)
    assert pseudonym("number", "+1651555", keys) != pseudonym("prefix", "+1651555", keys)


@given(st.binary(max_size=130), st.text())
def test_with_any_key_it_is_what_the_standard_library_says(key: bytes, text: str) -> None:
    told = hmac.digest(key, f"number:{text}".encode(), "sha256")[:16]
    assert pseudonym("number", text, Keys("any", key, b"s" * 32)) == told


@given(st.binary(min_size=1, max_size=64), st.text())
def test_in_the_new_way_it_is_what_the_standard_library_says(key: bytes, text: str) -> None:
    told = hashlib.blake2b(f"number:{text}".encode(), key=key, digest_size=16).digest()
    assert pseudonym("number", text, Keys("any", key, b"s" * 32, Way.BLAKE2B)) == told


def test_a_new_pseudonym_is_what_the_standard_says() -> None:
    # RFC 7693, worked out with another program (openssl mac BLAKE2BMAC).
    assert pseudonym("number", "+16515550142", NEW).hex() == "1a176aa074eb315adf2f887e3a1caeb0"


@both_ways
def test_a_pseudonym_is_as_long_in_either_way(way: Way) -> None:
    assert len(pseudonym("prefix", "", replace(KEYS, way=way))) == 16


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
