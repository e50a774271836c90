"""Kamailio's JSON-RPC, sans-IO: one request and one reply a datagram, and its hash tables in them.

JSON-RPC 2.0 as Kamailio's modules `jsonrpcs` and `htable` speak it (5.6 to 6.1 were tried). What
is asked, when, and over which socket is left to `adapters.kamailio_link`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from screener.errors import LocalProtocolError, RemoteProtocolError

LARGEST = 65_456
"""Bytes of a datagram that Kamailio reads; a larger reply is never sent (`jsonrpcs_sock.c`)."""

ABSENT = frozenset({404, 500})
"""What Kamailio calls a key that is not there: 404 on a deletion, 500 on a look."""

Value = str | int


@dataclass(frozen=True, slots=True)
class Request:
    """A method and its parameters: text and whole numbers."""

    method: str
    params: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of the request `number`: a result, or an error with a code and a message."""

    number: int
    result: object = None
    code: int = 0
    message: str = ""


def put(table: str, key: str, value: Value, ttl_s: int) -> Request:
    """Return the request that sets a key, which ends by itself after `ttl_s` whole seconds."""
    method = "htable.setxi" if isinstance(value, int) else "htable.setxs"
    return Request(method, (table, key, value, ttl_s))


def renew(table: str, key: str, ttl_s: int) -> Request:
    """Return the request that lets a key live on for `ttl_s` seconds; it makes none."""
    return Request("htable.setex", (table, key, ttl_s))


def drop(table: str, key: str) -> Request:
    """Return the request that deletes a key; one that is not there is an error that means none."""
    return Request("htable.delete", (table, key))


def look(table: str, key: str) -> Request:
    """Return the request for one key; `item_of` reads the reply."""
    return Request("htable.get", (table, key))


def dump(table: str) -> Request:
    """Return the request for a whole table, which must be a small one (`LARGEST`)."""
    return Request("htable.dump", (table,))


def flush(table: str) -> Request:
    """Return the request that empties a table."""
    return Request("htable.flush", (table,))


def encode(request: Request, number: int) -> bytes:
    """Return the datagram; raises LocalProtocolError where Kamailio would not read it whole."""
    body = {"jsonrpc": "2.0", "method": request.method, "params": request.params, "id": number}
    data = json.dumps(body, separators=(",", ":")).encode()
    if len(data) >= LARGEST:
        raise LocalProtocolError(f"a request of {len(data)} bytes; allowed: {LARGEST - 1}")
    return data


def decode(data: bytes) -> Reply:
    """Read one datagram; raises RemoteProtocolError where it is no reply."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise RemoteProtocolError(f"a reply of {len(data)} bytes is no JSON") from None
    number = told.get("id") if isinstance(told, dict) else None
    if type(number) is not int:
        raise RemoteProtocolError("a reply has no number of a request")
    error = told.get("error")
    if error is None:
        return Reply(number, told.get("result"))
    if not isinstance(error, dict) or type(error.get("code")) is not int:
        raise RemoteProtocolError("an error of a reply has no code")
    message = str(error.get("message", ""))[:200]
    return Reply(number, None, error["code"], message)


def item_of(reply: Reply) -> Value | None:
    """Return the value that a `look` found, None for no such key; raises RemoteProtocolError."""
    if reply.code in ABSENT:
        return None
    item = _mapping(_mapping(reply.result).get("item"))
    return _value(item.get("value"))


def items_of(reply: Reply) -> dict[str, Value]:
    """Return all keys of a `dump`; raises RemoteProtocolError."""
    if reply.code:
        raise RemoteProtocolError(f"a table is refused with code {reply.code}")
    found: dict[str, Value] = {}
    for slot in _list(reply.result):
        for item in _list(_mapping(slot).get("slot")):
            told = _mapping(item)
            name = told.get("name")
            if not isinstance(name, str):
                raise RemoteProtocolError("a key of a table is no text")
            found[name] = _value(told.get("value"))
    return found


def _mapping(told: object) -> Mapping[str, object]:
    if not isinstance(told, dict):
        raise RemoteProtocolError("a part of a table is no object")
    return told


def _list(told: object) -> list[object]:
    if told is None:  # an empty table
        return []
    if not isinstance(told, list):
        raise RemoteProtocolError("a part of a table is no array")
    return told


def _value(told: object) -> Value:
    if isinstance(told, bool) or not isinstance(told, str | int):
        raise RemoteProtocolError("a value of a table is neither text nor whole number")
    return told
