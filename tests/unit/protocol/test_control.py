"""One message of the control channel."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError, RemoteProtocolError
from screener.protocol.control import decode, encode

LINE = b'{"op":"screen","facts":"num=1","n":[1,2.5,null,true]}\n'


def test_a_message_is_one_line_of_ascii() -> None:
    assert encode({"a": "x\ny\u202e", "b": 1}) == b'{"a":"x\\ny\\u202e","b":1}\n'


def test_a_message_comes_back_as_it_was() -> None:
    assert decode(LINE) == {"op": "screen", "facts": "num=1", "n": [1, 2.5, None, True]}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"", "Expecting value at character 1"),
        (b"[]", "must be a JSON object"),
        (b'"op"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"a":1,"a":1}', "a key comes twice"),
        (b'{"a":{"b":1,"b":2}}', "a key comes twice"),
        (b'{"a":NaN}', "NaN is no number"),
        (b'{"a":-Infinity}', "-Infinity is no number"),
        (b'{"a":1e999}', "a number is too large"),
        (b'{"a":-1e999}', "a number is too large"),
        (b'{"a":1}{"b":2}', "Extra data at character 8"),
        (b'{"a":"\xff"}', "it is not UTF-8"),
        (b'{"a":' + b"[" * 60_000, "nested too deep"),
        (b'{"a":"\x01"}', "Invalid control character"),
        (b" " * 65_536 + b"x", "at most 65536 bytes"),
    ],
)
def test_what_is_not_one_strict_object_is_refused(line: bytes, text: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(line)
    assert text in str(caught.value)


def test_a_number_of_any_length_is_refused_or_read() -> None:
    with pytest.raises(RemoteProtocolError):
        decode(b'{"a":' + b"9" * 5_000 + b"}")


def test_no_cut_of_a_message_is_a_message() -> None:
    for size in range(len(LINE) - 1):
        with pytest.raises(RemoteProtocolError):
            decode(LINE[:size])


def test_what_json_cannot_hold_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError):
        encode({"a": float("nan")})
    with pytest.raises(LocalProtocolError):
        encode({"a": object()})
    with pytest.raises(LocalProtocolError, match="at most 10 bytes"):
        encode({"a": "too long for that"}, 10)


@given(st.binary(max_size=100))
def test_any_bytes_give_a_message_or_our_error(line: bytes) -> None:
    try:
        message = decode(line)
    except RemoteProtocolError:
        return
    assert json.loads(line) == message


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_every_message_survives_the_wire(message: dict[str, object]) -> None:
    line = encode(message)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert decode(line) == message
