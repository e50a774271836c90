"""Numbers as pseudonyms: the same caller always the same 16 bytes, worth nothing without the key.

Keyed, because telephone numbers are few: a plain digest of all of them is made in minutes. In
which way is said by the key file (`keys`). How a pseudonym is searched for is left to `log_query`.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from screener.core.number import CallerId
from screener.storage.keys import Keys, Way

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
    """Return a caller's pseudonyms; a withheld number has none."""
    if not caller.identity:
        return NOBODY
    return Pseudonyms(
        number=pseudonym("number", caller.identity, keys),
        prefix=pseudonym("prefix", caller.prefix, keys) if caller.prefix else None,
    )


def pseudonym(kind: str, text: str, keys: Keys) -> bytes:
    """Return the pseudonym of an identity (`number`) or of a number's first digits (`prefix`)."""
    return _namer_of(keys).name(kind, text)


class Namer:
    """Makes pseudonyms with one key, in the way that its file says."""

    def __init__(self, keys: Keys) -> None:
        # With the key and the kind taken in already: every call has one or two pseudonyms.
        self._keyed, self._ending = _begun(keys)
        self._begun: dict[str, hashlib._Hash | hashlib.blake2b] = {}

    def name(self, kind: str, text: str) -> bytes:
        """Return the pseudonym of a text of this kind."""
        of_kind = self._begun.get(kind)
        if of_kind is None:
            of_kind = self._keyed.copy()
            of_kind.update(f"{kind}:".encode())
            self._begun[kind] = of_kind
        begun = of_kind.copy()
        begun.update(text.encode())
        if self._ending is None:
            return begun.digest()
        outer = self._ending.copy()
        outer.update(begun.digest())
        return outer.digest()[:PSEUDONYM_BYTES]


def _begun(keys: Keys) -> "tuple[hashlib._Hash | hashlib.blake2b, hashlib._Hash | None]":
    """Return the digest that takes in a text, and for HMAC (RFC 2104) the outer one.

    `hmac.digest` takes the key in anew each time, and looks up the digest by name: three times as
    long (measured).
    """
    if keys.way is Way.BLAKE2B:
        return hashlib.blake2b(key=keys.pseudonym, digest_size=PSEUDONYM_BYTES), None
    key = keys.pseudonym
    block = key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()
    block = block.ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ _INNER for byte in block))
    return inner, hashlib.sha256(bytes(byte ^ _OUTER for byte in block))


@lru_cache(maxsize=8)
def _namer_of(keys: Keys) -> Namer:
    return Namer(keys)
