"""Hashes of passwords (Argon2id, RFC 9106), made and verified away from the pages.

A hash takes 64 MiB for a quarter of a second. So only a few are made at once, in threads of
their own, and only so many wait; more would be a way to fill the memory.
"""

import asyncio
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from screener.errors import ScreenerError
from screener.web.password_rules import MOST, same_text

AT_ONCE = 2
MOST_WAITING = 32


class TooManyHashesError(ScreenerError):
    """More passwords wait to be looked at than this machine should take."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password is right; `rehashed` is its hash of today where the kept one is older."""

    right: bool
    rehashed: str | None = None


def hash_now(password: str, hasher: PasswordHasher | None = None) -> str:
    """Return the hash, in this very thread: for a command, which has nothing else to do."""
    return (hasher or PasswordHasher()).hash(same_text(password))


class Passwords:
    """Hashes and verifies passwords, a few at once."""

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = AT_ONCE) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._waiting = 0
        # Looked at where there is no such user, so that the answer takes as long.
        self._nobody: Future[str] = self._pool.submit(self._hasher.hash, secrets.token_hex())

    async def hash(self, password: str) -> str:
        """Return the hash; raises TooManyHashesError."""
        with _Place(self):
            return await asyncio.wrap_future(self._pool.submit(hash_now, password, self._hasher))

    async def verify(self, kept: str | None, password: str) -> Verified:
        """Hold a password against a hash; without one it is wrong, and that takes as long.

        Raises TooManyHashesError.
        """
        with _Place(self):
            return await asyncio.wrap_future(self._pool.submit(self._verify, kept, password))

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, kept: str | None, password: str) -> Verified:
        told = same_text(password[:MOST])
        try:
            self._hasher.verify(kept or self._nobody.result(), told)
        except (Argon2Error, InvalidHashError):
            return Verified(right=False)
        if kept is None or len(password) > MOST:
            return Verified(right=False)
        old = self._hasher.check_needs_rehash(kept)
        return Verified(right=True, rehashed=self._hasher.hash(told) if old else None)

    def _come(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise TooManyHashesError("too many people sign in at once: try again in a minute")
        self._waiting += 1

    def _go(self) -> None:
        self._waiting -= 1


class _Place:
    """One of the places for those who wait."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    def __enter__(self) -> None:
        self._passwords._come()  # noqa: SLF001 - the two are one

    def __exit__(self, *_: object) -> None:
        self._passwords._go()  # noqa: SLF001 - the two are one
