"""Decodes the URI-encoded argument in which the dialplan sends what it knows of a call.

The dialplan encodes every value (`URIENCODE`), so a raw control or non-ASCII byte, an unknown or
repeated key or a bad escape never comes from it. All facts in its order are read at once, anything
else with care, pair by pair. What the values mean is left to `core.call`; an error names the key
and never holds the value.
"""

import re
from urllib.parse import unquote_to_bytes

from screener.errors import RemoteProtocolError

VALUE_LIMIT = 256
"""Characters of one decoded value."""

KEYS_AS_SENT = (
    *("num", "name", "pres", "did", "trunk", "src", "att", "ver", "orig", "uid"),
    *("linked", "sip", "chan", "qw", "ql", "qr", "ch"),
)
"""Keys of a call's facts, all of which the sample dialplan sends in this order."""

FACT_KEYS = frozenset(KEYS_AS_SENT)
"""The same to look a key up; none is required."""

OUTCOME_KEYS = frozenset(("id", "event", "talk", "wait"))
"""Keys of an outcome; none is required here."""

_PRINTABLE = re.compile(rb"[ -~]*\Z")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_AS_SENT = re.compile("&".join(f"{key}=([ -%'-<>-~]{{0,{VALUE_LIMIT}}})" for key in KEYS_AS_SENT))
"""Each value printable and, still encoded, within the limit; its escapes are not looked at."""

_ESCAPED = {
    high + low: chr(int(high + low, 16))
    for high in "0123456789ABCDEFabcdef"
    for low in "0123456789ABCDEFabcdef"
}


def read_facts(argument: bytes) -> dict[str, str]:
    """Decode a call's facts, keyed as in `FACT_KEYS`; raises RemoteProtocolError."""
    return _read_as_sent(argument) or _decode(argument, FACT_KEYS)


def read_outcome(argument: bytes) -> dict[str, str]:
    """Decode an outcome's words, keyed as in `OUTCOME_KEYS`; raises RemoteProtocolError."""
    return _decode(argument, OUTCOME_KEYS)


def _read_as_sent(argument: bytes) -> dict[str, str] | None:
    """Read what the sample dialplan sends, a third of the cost; None leaves it to `_decode`."""
    match = _AS_SENT.fullmatch(argument.decode("latin-1"))
    if match is None:
        return None
    values = dict(zip(KEYS_AS_SENT, match.groups(), strict=True))
    if b"%" in argument:
        for key, value in values.items():
            if "%" in value:
                decoded = _unescaped(value)
                if decoded is None:
                    return None
                values[key] = decoded
    return values


def _unescaped(value: str) -> str | None:
    """Do as `unquote_to_bytes`, whose code is interpreted; None where an escape is none."""
    pieces = value.split("%")
    kept = pieces[0]
    for piece in pieces[1:]:
        byte = _ESCAPED.get(piece[:2])
        if byte is None:
            return None
        kept += byte + piece[2:]
    return kept if kept.isascii() else kept.encode("latin-1").decode("utf-8", "replace")


def _decode(argument: bytes, known: frozenset[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    if not argument:
        return values
    sound = _PRINTABLE.match(argument) is not None and _BAD_ESCAPE.search(argument) is None
    for position, pair in enumerate(argument.decode("latin-1").split("&"), 1):
        key, equals, value = pair.partition("=")
        if key not in known:
            raise RemoteProtocolError(f"fact {position} has an unknown key")
        if not equals:
            raise RemoteProtocolError(f"fact {key} has no value")
        if key in values:
            raise RemoteProtocolError(f"fact {key} comes twice")
        if not sound:
            _check(key, value)
        if "=" in value:
            raise RemoteProtocolError(f"fact {key} holds an equals sign that is not encoded")
        if "%" in value:
            value = unquote_to_bytes(value).decode("utf-8", "replace")
        if len(value) > VALUE_LIMIT:
            raise RemoteProtocolError(f"fact {key} is longer than {VALUE_LIMIT} characters")
        values[key] = value
    return values


def _check(key: str, value: str) -> None:
    """Find out whether this is the value that makes the argument unsound."""
    raw = value.encode("latin-1")
    if not _PRINTABLE.match(raw):
        raise RemoteProtocolError(f"fact {key} holds a byte that is not printable ASCII")
    if _BAD_ESCAPE.search(raw):
        raise RemoteProtocolError(f"fact {key} has a bad percent escape")
