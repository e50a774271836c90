"""One message of the control channel: a JSON object on a line of its own, both ways.

Strict where JSON is lax: no key twice, no NaN or infinity, no other value than an object at the
top. What the messages ask is left to `adapters.control` and its handlers.
"""

import json
from collections.abc import Mapping

from screener.errors import LocalProtocolError, RemoteProtocolError

REQUEST_LIMIT = 65_536
"""Bytes of a request, line end included."""

REPLY_LIMIT = 4_194_304
"""Bytes of a reply, line end included."""


def encode(message: Mapping[str, object], limit: int = REPLY_LIMIT) -> bytes:
    """Return the message as one line of ASCII with its end.

    Raises:
        LocalProtocolError: JSON cannot hold it, or the line would be over `limit` bytes.
    """
    try:
        text = json.dumps(message, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise LocalProtocolError(f"a message cannot be written as JSON: {error}") from None
    line = text.encode("ascii") + b"\n"
    if len(line) > limit:
        raise LocalProtocolError(f"a message may hold at most {limit} bytes")
    return line


def decode(line: bytes, limit: int = REQUEST_LIMIT) -> dict[str, object]:
    """Return the message on a line.

    Raises:
        RemoteProtocolError: The line is over `limit` bytes or is not one strict JSON object.
    """
    if len(line) > limit:
        raise RemoteProtocolError(f"a message may hold at most {limit} bytes")
    try:
        message = json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except RecursionError:
        raise RemoteProtocolError("a message is nested too deep") from None
    except ValueError as error:
        raise RemoteProtocolError(f"a message is not JSON: {_reason(error)}") from None
    if not isinstance(message, dict):
        raise RemoteProtocolError("a message must be a JSON object")
    return message


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key comes twice")
    return fields


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return value


def _reason(error: ValueError) -> str:
    """Say what is wrong without quoting the message, which may hold personal data."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return str(error)
