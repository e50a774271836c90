"""Numbers as pseudonyms: the same caller always the same 16 bytes, worth nothing without the key.

Keyed, because telephone numbers are few: a plain digest of all of them is made in minutes. How
a pseudonym is searched for is left to `log_query`.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from screener.core.number import CallerId
from screener.storage.keys import Keys

PSEUDONYM_BYTES = 16
_BLOCK_BYTES = 64
_INNER, _OUTER = 0x36, 0x5C


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """What stands for a caller in the log; None where the call identifies nobody."""

    number: bytes | None
    prefix: bytes | None


NOBODY = Pseudonyms(None, None)


def pseudonyms_of(caller: CallerId, keys: Keys) -> Pseudonyms:
    """Return a caller's pseudonyms (HMAC-SHA-256, cut); a withheld number has none."""
    if not caller.identity:
        return NOBODY
    return Pseudonyms(
        number=pseudonym("number", caller.identity, keys),
        prefix=pseudonym("prefix", caller.prefix, keys) if caller.prefix else None,
    )


def pseudonym(kind: str, text: str, keys: Keys) -> bytes:
    """Return the pseudonym of an identity (`number`) or of a number's first digits (`prefix`)."""
    begun, ending = _hmac_of(keys.pseudonym)
    inner, outer = begun.copy(), ending.copy()
    inner.update(f"{kind}:{text}".encode())
    outer.update(inner.digest())
    return outer.digest()[:PSEUDONYM_BYTES]


@lru_cache(maxsize=8)
def _hmac_of(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Return HMAC-SHA-256 (RFC 2104) with the key taken in: the inner and the outer digest.

    Every call has a pseudonym or two; `hmac.digest` takes the key in anew each time, and looks
    up the digest by name: three times as long (measured).
    """
    block = key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()
    block = block.ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ _INNER for byte in block))
    return inner, hashlib.sha256(bytes(byte ^ _OUTER for byte in block))
