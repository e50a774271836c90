"""Kamailio's JSON-RPC: what is asked, and answers whole, cut and broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError, RemoteProtocolError
from screener.protocol.kamailio_rpc import (
    LARGEST,
    Reply,
    Request,
    decode,
    drop,
    dump,
    encode,
    flush,
    item_of,
    items_of,
    look,
    put,
    renew,
)

DUMP = (
    b'{"jsonrpc":"2.0","result":[{"entry":4,"size":2,"slot":[{"name":"2","value":2,"type":"int"},'
    b'{"name":"shed","value":"x","type":"str"}]}],"id":11}'
)
ITEM = b'{"jsonrpc":"2.0","result":{"item":{"name":"g","value":"abc","flags":2}},"id":5}'
NO_KEY = b'{"jsonrpc":"2.0","error":{"code":500,"message":"Key name doesn\'t exist"},"id":2}'


def test_requests_are_what_kamailio_reads() -> None:
    asked = [
        put("t", "+1", 60301, 60),
        put("t", "g", "abc", 9),
        drop("t", "+1"),
        look("t", "g"),
        dump("t"),
        flush("t"),
        renew("t", "g", 9),
    ]
    told = [json.loads(encode(request, place)) for place, request in enumerate(asked)]
    assert [(one["method"], one["params"]) for one in told] == [
        ("htable.setxi", ["t", "+1", 60301, 60]),
        ("htable.setxs", ["t", "g", "abc", 9]),
        ("htable.delete", ["t", "+1"]),
        ("htable.get", ["t", "g"]),
        ("htable.dump", ["t"]),
        ("htable.flush", ["t"]),
        ("htable.setex", ["t", "g", 9]),
    ]
    assert [one["id"] for one in told] == list(range(7))


@given(st.text(max_size=50), st.integers(-(2**31), 2**31 - 1))
def test_a_key_of_any_text_stays_one_request(key: str, number: int) -> None:
    told = json.loads(encode(put("t", key, 1, 2), number))
    assert (told["params"][1], told["id"]) == (key, number)


def test_what_kamailio_would_cut_is_not_sent() -> None:
    with pytest.raises(LocalProtocolError, match="allowed"):
        encode(Request("x", ("a" * LARGEST,)), 1)


def test_a_table_and_an_item_are_read() -> None:
    assert items_of(decode(DUMP)) == {"2": 2, "shed": "x"}
    assert item_of(decode(ITEM)) == "abc"
    assert item_of(decode(NO_KEY)) is None
    assert items_of(Reply(1, [])) == items_of(Reply(1, None)) == {}


@pytest.mark.parametrize("data", [DUMP, ITEM, NO_KEY])
def test_a_datagram_cut_anywhere_or_with_more_behind_is_refused(data: bytes) -> None:
    for end in range(len(data)):
        with pytest.raises(RemoteProtocolError):
            decode(data[:end])
    with pytest.raises(RemoteProtocolError):
        decode(data + b"{}")


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        items_of(decode(data))
    except RemoteProtocolError:
        return


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["item", "slot", "name", "value", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_a_result_of_another_shape_is_refused_and_never_misread(result: object) -> None:
    for read in (items_of, item_of):
        try:
            found = read(Reply(1, result))
        except RemoteProtocolError:
            continue
        assert isinstance(found, dict | str | int)


@pytest.mark.parametrize(
    "text",
    ["[]", "1", '{"id":"1"}', '{"id":true}', '{"id":1,"error":5}', '{"id":1,"error":{"code":"x"}}'],
)
def test_what_is_no_reply_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        decode(text.encode())


def test_a_table_that_is_refused_is_none() -> None:
    with pytest.raises(RemoteProtocolError, match="500"):
        items_of(decode(NO_KEY))
