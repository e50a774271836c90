"""Decodes the URI-encoded argument in which the dialplan sends what it knows of a call.

The dialplan encodes every value (`URIENCODE`), so a raw control or non-ASCII byte, an unknown or
repeated key or a bad escape never comes from it. All facts in its order are read along their keys,
anything else with care, pair by pair. What the values mean is left to `core.call`; an error names
the key and never holds the value.
"""

import re
from string import hexdigits
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

_IN_VALUES = bytes(c for c in range(ord(" "), ord("~") + 1) if c not in b"&=")
_MARKS = b"&".join([b"="] * len(KEYS_AS_SENT))
_FIRST_HEAD = f"{KEYS_AS_SENT[0]}=".encode()
_NEXT_HEADS = tuple(f"&{key}=" for key in KEYS_AS_SENT[1:])

_NO_DIGIT = 128
_HEX = bytes(int(chr(c), 16) if chr(c) in hexdigits else _NO_DIGIT for c in range(128))
_ASCII = tuple(map(chr, range(128)))
_ESCAPED = {high + low: chr(int(high + low, 16)) for high in hexdigits for low in hexdigits}


def read_facts(argument: bytes) -> list[str]:
    """Decode a call's facts, one for each of `KEYS_AS_SENT`, empty where it was not told.

    Raises:
        RemoteProtocolError: The argument is not as the dialplan writes one.
    """
    values = _read_as_sent(argument)
    if values is not None:
        return values
    told = _decode(argument, FACT_KEYS)
    return [told.get(key, "") for key in KEYS_AS_SENT]


def read_outcome(argument: bytes) -> dict[str, str]:
    """Decode an outcome's words, keyed as in `OUTCOME_KEYS`; raises RemoteProtocolError."""
    return _decode(argument, OUTCOME_KEYS)


def _read_as_sent(argument: bytes) -> list[str] | None:
    """Read what the sample dialplan sends; None leaves it to `_decode`."""
    # Nothing unprintable, and as many marks as keys: then each head that is found is the next one.
    if argument.translate(None, _IN_VALUES) != _MARKS or not argument.startswith(_FIRST_HEAD):
        return None
    text = argument.decode("ascii")
    values: list[str] = []
    start = len(_FIRST_HEAD)
    escape = text.find("%")
    for head in _NEXT_HEADS:
        end = text.find(head, start)
        if end < 0 or end - start > VALUE_LIMIT:
            return None
        if end == start:
            values.append("")
        elif escape < 0 or escape > end:
            values.append(text[start:end])
        else:
            value = _unescaped(text, start, escape, end)
            if value is None:
                return None
            values.append(value)
            escape = text.find("%", end)
        start = end + len(head)
    last: str | None = None
    if len(text) - start <= VALUE_LIMIT:
        last = text[start:] if escape < 0 else _unescaped(text, start, escape, len(text))
    if last is None:
        return None
    values.append(last)
    return values


def _unescaped(text: str, start: int, escape: int, end: int) -> str | None:
    """Decode the value from `start` to `end` with its first escape; None where one is none."""
    kept = ""
    at, until = start, escape
    while until >= 0:
        if until + 2 >= end:
            return None
        byte = _HEX[ord(text[until + 1])] * 16 + _HEX[ord(text[until + 2])]
        if byte >= len(_ASCII):
            return _unescaped_bytes(text[start:end])
        following = text.find("%", until + 3, end)
        # Up to the next one at once: one is all that most have.
        rest = text[until + 3 : end if following < 0 else following]
        kept = f"{kept}{text[at:until]}{_ASCII[byte]}{rest}"
        at = until = following
    return kept


def _unescaped_bytes(value: str) -> str | None:
    """Do as `unquote_to_bytes`, whose code is interpreted; None where an escape is none."""
    pieces = value.split("%")
    kept = pieces[0]
    for piece in pieces[1:]:
        byte = _ESCAPED.get(piece[:2])
        if byte is None:
            return None
        kept += byte + piece[2:]
    return kept.encode("latin-1").decode("utf-8", "replace")


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
