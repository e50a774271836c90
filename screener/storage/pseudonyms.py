"""Numbers as pseudonyms: the same caller always the same 16 bytes, worth nothing without the key.

Keyed, because telephone numbers are few: a plain digest of all of them is made in minutes. How
a pseudonym is searched for is left to `log_query`.
"""

import hmac
from dataclasses import dataclass

from screener.core.number import CallerId
from screener.storage.keys import Keys

PSEUDONYM_BYTES = 16


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
    digest = hmac.digest(keys.pseudonym, f"{kind}:{text}".encode(), "sha256")
    return digest[:PSEUDONYM_BYTES]
