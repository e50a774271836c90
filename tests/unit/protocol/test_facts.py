"""The argument in which the dialplan tells a call's facts."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.facts import (
    FACT_KEYS,
    KEYS_AS_SENT,
    VALUE_LIMIT,
    _decode,
    _read_as_sent,
    read_facts,
    read_outcome,
)
from tests.bench.environments import environment
from tests.unit.protocol.mutations import mutated


def told(argument: bytes) -> dict[str, str]:
    """Return the facts that are not empty, by their keys."""
    return {
        key: value for key, value in zip(KEYS_AS_SENT, read_facts(argument), strict=True) if value
    }


LINE = b"num=%2B15551230001&name=Ann%20Lee&pres=0&src=192.0.2.7:5060&qw=3"


def refusal(argument: bytes) -> str:
    with pytest.raises(RemoteProtocolError) as caught:
        read_facts(argument)
    return str(caught.value)


def test_values_are_decoded_and_keyed_as_on_the_wire() -> None:
    assert told(LINE) == {
        "num": "+15551230001",
        "name": "Ann Lee",
        "pres": "0",
        "src": "192.0.2.7:5060",
        "qw": "3",
    }


def test_an_empty_argument_has_no_facts_and_a_plus_is_a_plus() -> None:
    assert read_facts(b"") == [""] * len(KEYS_AS_SENT)
    assert told(b"num=+1&name=") == {"num": "+1"}


def test_hostile_bytes_arrive_as_text_where_they_were_encoded() -> None:
    assert told(b"name=a%0Ab%1b%FF%E2%80%AE%26") == {"name": "a\nb\x1b\ufffd\u202e&"}


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (b"num=1&vip=1", "fact 2 has an unknown key"),
        (b"num=1&", "fact 2 has an unknown key"),
        (b"num=1&\xff=2", "fact 2 has an unknown key"),
        (b"num", "fact num has no value"),
        (b"num=1&num=1", "fact num comes twice"),
        (b"num=1=2", "fact num holds an equals sign that is not encoded"),
        (b"name=100%", "fact name has a bad percent escape"),
        (b"name=%2", "fact name has a bad percent escape"),
        (b"name=%2g", "fact name has a bad percent escape"),
        (b"name=%%41", "fact name has a bad percent escape"),
        (b"name=a\tb", "fact name holds a byte that is not printable ASCII"),
        (b"name=\xc3\xa9", "fact name holds a byte that is not printable ASCII"),
        (b"name=a\n", "fact name holds a byte that is not printable ASCII"),
        (b"name=" + b"a" * 257, "fact name is longer than 256 characters"),
        (b"name=" + b"%41" * 257, "fact name is longer than 256 characters"),
    ],
)
def test_a_misshape_names_the_key_and_not_the_value(argument: bytes, text: str) -> None:
    assert refusal(argument) == text


def test_a_value_of_the_limit_passes() -> None:
    assert len(told(b"name=" + b"%41" * 256)["name"]) == 256


def test_an_outcome_has_keys_of_its_own() -> None:
    assert read_outcome(b"id=7&event=answered&talk=62") == {
        "id": "7",
        "event": "answered",
        "talk": "62",
    }
    with pytest.raises(RemoteProtocolError, match="fact 1 has an unknown key"):
        read_outcome(b"num=1")
    assert refusal(b"event=answered") == "fact 1 has an unknown key"


def test_a_cut_argument_gives_our_error_or_the_facts_before_the_cut() -> None:
    whole = told(LINE)
    for size in range(1, len(LINE)):
        try:
            facts = told(LINE[:size])
        except RemoteProtocolError:
            continue
        assert facts.keys() <= whole.keys()
        cut_off = [key for key, value in facts.items() if value != whole[key]]
        assert cut_off in ([], list(facts)[-1:])
        assert all(whole[key].startswith(facts[key]) for key in cut_off)


facts_as_sent = st.dictionaries(
    st.sampled_from(sorted(FACT_KEYS)), st.text(st.characters(codec="utf-8"), max_size=40)
)


@given(facts_as_sent)
def test_what_the_dialplan_encodes_comes_back_as_it_was(facts: dict[str, str]) -> None:
    argument = "&".join(f"{key}={quote(value, safe='')}" for key, value in facts.items())
    assert told(argument.encode()) == {key: value for key, value in facts.items() if value}


@given(st.binary(max_size=200))
def test_any_bytes_give_facts_or_our_error(argument: bytes) -> None:
    try:
        assert len(read_facts(argument)) == len(KEYS_AS_SENT)
    except RemoteProtocolError as error:
        assert str(error).startswith("fact ")  # noqa: PT017 - either is well


def carefully(argument: bytes) -> list[str] | str:
    try:
        careful = _decode(argument, FACT_KEYS)
    except RemoteProtocolError as error:
        return str(error)
    return [careful.get(key, "") for key in KEYS_AS_SENT]


def either(argument: bytes) -> list[str] | str:
    try:
        return read_facts(argument)
    except RemoteProtocolError as error:
        return str(error)


def as_sent(values: list[bytes]) -> bytes:
    pairs = zip(KEYS_AS_SENT, values, strict=True)
    return b"&".join(key.encode() + b"=" + value for key, value in pairs)


SENT = [environment(index).split(b"agi_arg_1: ")[1][:-2] for index in (1, 234_567)]

PIECES = st.sampled_from(
    [
        b"%41",
        b"%2b",
        b"%C3%a9",
        b"%ff",
        b"%0A",
        b"%00",
        b"%",
        b"%2",
        b"%zz",
        b"&",
        b"=",
        b"\n",
        b"+",
    ]
)
VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8).map(str.encode),
    st.text(max_size=8).map(lambda text: quote(text, safe="").encode()),
    st.lists(PIECES | st.binary(max_size=3), max_size=4).map(b"".join),
    st.integers(VALUE_LIMIT - 2, VALUE_LIMIT + 2).map(lambda size: b"x" * size),
)


@given(st.lists(VALUES, min_size=len(KEYS_AS_SENT), max_size=len(KEYS_AS_SENT)))
def test_the_quick_reading_and_the_careful_one_agree(values: list[bytes]) -> None:
    argument = as_sent(values)
    quick = _read_as_sent(argument)
    assert quick is None or quick == carefully(argument)


def test_what_the_sample_dialplan_sends_is_read_quickly() -> None:
    values = [f"{key}: Zo\u00eb & \u2603" for key in KEYS_AS_SENT]
    assert _read_as_sent(as_sent([quote(value, safe="").encode() for value in values])) == values
    assert _read_as_sent(as_sent([b""] * len(values))) == [""] * len(values)
    assert all(_read_as_sent(argument) is not None for argument in SENT)


@given(st.sampled_from(SENT).flatmap(mutated))
def test_what_is_changed_anywhere_is_read_as_with_care(argument: bytes) -> None:
    assert either(argument) == carefully(argument)


@given(
    st.lists(st.sampled_from(["num", "name", "&", "=", "&num=", "&name=", "%41", "x"]), max_size=90)
)
def test_keys_and_marks_in_any_order_are_read_as_with_care(pieces: list[str]) -> None:
    whole = as_sent([b""] * len(KEYS_AS_SENT))
    argument = "".join(pieces).encode()
    for one in (argument, whole + argument, argument + whole, whole[:9] + argument + whole[9:]):
        assert either(one) == carefully(one)


@given(st.lists(VALUES, min_size=1, max_size=3), st.integers(0, len(KEYS_AS_SENT)))
def test_one_odd_value_among_ordinary_ones_is_read_as_with_care(odd: list[bytes], at: int) -> None:
    values = ([b"%2B1"] * at + odd + [b"a"] * len(KEYS_AS_SENT))[: len(KEYS_AS_SENT)]
    quick = _read_as_sent(as_sent(values))
    assert quick is None or quick == carefully(as_sent(values))
