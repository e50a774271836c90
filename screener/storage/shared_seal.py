"""Bodies that edges exchange: compressed, and sealed with the secret that all edges have.

Sealed for one kind and one edge, so that the store, and whoever can write to it, can neither read
them nor pass off one for another. What stands in them is their writers' affair.
"""

import hmac
import json
import os
import stat
import zlib
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from screener.errors import MissingPartError, ScreenerError
from screener.storage.keys import KEY_BYTES
from screener.storage.sealing import NONCE_BYTES

LEAST_SECRET = 32
"""Bytes: whoever can guess the secret can read what edges tell one another."""
LARGEST_SECRET = 4_096
LARGEST_OPENED = 16 * 1024 * 1024
"""Bytes; what would become larger was not written here."""

_MAGIC = b"scr1"
_ID_BYTES = 4
_MARK_BYTES = 16


def load_secret(path: Path) -> bytes:
    """Return the secret that all edges have; white space around it does not count.

    Raises MissingPartError where it cannot be read, ScreenerError where others can read it, too,
    or where it is too short.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise MissingPartError(f"{path} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
            raise ScreenerError(f"{path}: others could read the secret; chmod 600 it")
        secret = file.read(LARGEST_SECRET).strip()
    if len(secret) < LEAST_SECRET:
        raise ScreenerError(
            f"{path} holds no secret of {LEAST_SECRET} bytes or more; "
            "`openssl rand -hex 32` makes one"
        )
    return secret


class BodySealer:
    """Seals and opens the bodies of one site's edges."""

    def __init__(self, secret: bytes) -> None:
        # Keys of their own: nothing sealed elsewhere can be passed off as a body.
        self._cipher = AESGCM(_derived(secret, "seal"))
        self._marks = _derived(secret, "erased")
        self._head = _MAGIC + _derived(secret, "name")[:_ID_BYTES]

    def mark(self, identity: str) -> bytes:
        """Return what stands for an erased number at all edges; no pseudonym is like it."""
        return hmac.digest(self._marks, identity.encode(), "sha256")[:_MARK_BYTES]

    def seal(self, kind: str, edge: str, told: object) -> bytes:
        """Return what is told (of JSON's types) as that edge's body of that kind."""
        text = json.dumps(told, separators=(",", ":")).encode()
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, zlib.compress(text, 1), _bound(kind, edge))
        return self._head + nonce + sealed

    def open(self, kind: str, edge: str, body: bytes) -> object:
        """Return what was told; raises ScreenerError where it is no whole body of this secret."""
        head, rest = body[: len(self._head)], body[len(self._head) :]
        if head[: len(_MAGIC)] != _MAGIC:
            raise ScreenerError("it is no body of an edge")
        if head != self._head:
            raise ScreenerError("it is sealed with another secret: all edges need the same one")
        try:
            packed = self._cipher.decrypt(
                rest[:NONCE_BYTES], rest[NONCE_BYTES:], _bound(kind, edge)
            )
            unpacked = zlib.decompressobj()
            text = unpacked.decompress(packed, LARGEST_OPENED)
            told: object = json.loads(text) if unpacked.eof else None
        except (InvalidTag, ValueError, RecursionError, zlib.error):
            raise ScreenerError("it was changed, or is of another edge or kind") from None
        if not unpacked.eof:
            raise ScreenerError("it is too large, or cut")
        return told


def _bound(kind: str, edge: str) -> bytes:
    return f"{kind}\x1f{edge}".encode()


def _derived(secret: bytes, use: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"screener-sharing-{use}".encode()).derive(
        secret
    )
