"""Bodies that edges exchange: compressed, and sealed with the keys that all edges have.

Sealed for one kind and one edge, so that the store, and whoever can write to it, can neither read
them nor pass off one for another. What stands in them is their writers' affair.
"""

import json
import os
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from screener.errors import ScreenerError
from screener.storage.keys import KEY_BYTES, Keys
from screener.storage.sealing import NONCE_BYTES

LARGEST_OPENED = 16 * 1024 * 1024
"""Bytes; what would become larger was not written here."""

_MAGIC = b"scr1"
_ID_BYTES = 8


class BodySealer:
    """Seals and opens the bodies of one site."""

    def __init__(self, keys: Keys) -> None:
        # A key of its own: nothing sealed elsewhere can be passed off as a body.
        key = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"screener-sharing").derive(keys.seal)
        self._cipher = AESGCM(key)
        self._head = _MAGIC + keys.key_id.encode()[:_ID_BYTES].ljust(_ID_BYTES)

    def seal(self, kind: str, edge: str, told: object) -> bytes:
        """Return what is told (of JSON's types) as that edge's body of that kind."""
        text = json.dumps(told, separators=(",", ":")).encode()
        nonce = os.urandom(NONCE_BYTES)
        bound = f"{kind}\x1f{edge}".encode()
        return self._head + nonce + self._cipher.encrypt(nonce, zlib.compress(text), bound)

    def open(self, kind: str, edge: str, body: bytes) -> object:
        """Return what was told; raises ScreenerError where it is not a whole body of these keys."""
        head, rest = body[: len(self._head)], body[len(self._head) :]
        if head[: len(_MAGIC)] != _MAGIC:
            raise ScreenerError("it is no body of an edge")
        if head != self._head:
            raise ScreenerError("it is sealed with other keys: all edges need the same key file")
        bound = f"{kind}\x1f{edge}".encode()
        try:
            packed = self._cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound)
            unpacked = zlib.decompressobj()
            text = unpacked.decompress(packed, LARGEST_OPENED)
            if not unpacked.eof:
                raise ScreenerError("it is too large, or cut")
            told: object = json.loads(text)
        except (InvalidTag, ValueError, RecursionError, zlib.error):
            raise ScreenerError(
                "its bytes were changed, or it is of another edge or kind"
            ) from None
        return told
