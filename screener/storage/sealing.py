"""Numbers sealed for one call: AES-256-GCM with a fresh nonce, bound to the call's id.

A sealed number moved to another call, changed, or opened with other keys is refused. Who may
ask to open one, and that it is written down first, is left to `subjects` and `audit`.
"""

from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from screener.errors import ScreenerError
from screener.storage.keys import Keys

NONCE_BYTES = 12
"""96 bits, as NIST SP 800-38D advises; random ones may repeat after 2^32 numbers of one key."""


class Sealer:
    """Seals and opens under one pair of keys."""

    def __init__(self, keys: Keys) -> None:
        self.key_id = keys.key_id
        self._cipher = AESGCM(keys.seal)

    def seal(self, number: str, call_id: str) -> bytes:
        """Return the nonce, the encrypted number and its tag."""
        # From the kernel each time: a clone of a running machine would use what was drawn ahead,
        # too, and two numbers under one nonce open each other.
        nonce = urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, number.encode(), call_id.encode())

    def unseal(self, sealed: bytes, call_id: str, key_id: str) -> str:
        """Return the number; raises ScreenerError where keys, call or bytes are not the ones."""
        if key_id != self.key_id:
            raise ScreenerError(
                f"the number of call {call_id} is sealed with the keys {key_id}, and these are "
                f"the keys {self.key_id}: restore that key file to read it"
            )
        try:
            opened = self._cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], call_id.encode()
            )
        except (InvalidTag, ValueError):
            raise ScreenerError(
                f"the number of call {call_id} cannot be opened: its bytes were changed, or the "
                "key file was"
            ) from None
        return opened.decode()
