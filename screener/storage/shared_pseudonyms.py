"""Names for the store of several edges: the same at all, worth nothing without their secret.

The secret is the edges' (`sharing.key_file`), not a site's keys: each edge keeps a log and keys of
its own. Which texts are named is left to `service.shared_names`.
"""

import base64
import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NAME_BYTES = 16
"""Two of 10^12 names are the same with a chance of 10^-15."""

_KEY_BYTES = 32


def shared_pseudonym(secret: bytes) -> Callable[[str, str], str]:
    """Return what names a text (the second) of a kind (the first), as 22 ASCII characters."""
    # A key of its own: what edges seal with the same secret tells nothing of it.
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"screener-pseudonyms").derive(secret)

    def name(kind: str, text: str) -> str:
        told = f"{kind}:{text}".encode("utf-8", "surrogatepass")
        digest = hmac.digest(key, told, "sha256")[:NAME_BYTES]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    return name
