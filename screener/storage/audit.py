"""The audit: who looked, erased, exported or changed what; append-only, each entry chained.

An entry's digest is keyed and covers the one before it, so that no entry can be changed, put in
or taken out without `verify` seeing it; only the last ones can be cut off unseen, and for them
the log word AUDIT, in the system's journal, is the second witness.
"""

import hmac
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from screener.errors import ScreenerError
from screener.storage.keys import Keys

log = logging.getLogger("screener.audit")

_START = bytes(32)


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody is about to do: `what` is a word, `target` a call id or a pseudonym."""

    who: str
    what: str
    reason: str
    target: str


class Audit:
    """The audit of one log; raises sqlite3.Error where the log cannot be read or written."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys) -> None:
        self._connection = connection
        self._key = keys.pseudonym

    def write(self, deed: Deed, at: float) -> int:
        """Write a deed down before it is done; return its place, from 1. Raises as `written`."""
        with self.written(deed, at) as place:
            return place

    @contextmanager
    def written(self, deed: Deed, at: float) -> Iterator[int]:
        """Write a deed down in one transaction with what is done inside; yield its place, from 1.

        Raises ScreenerError where nobody, or no reason, is named; where anything is raised inside,
        neither the deed nor what was done stands.
        """
        if not deed.who.strip() or not deed.reason.strip():
            raise ScreenerError(f"{deed.what} needs a name and a reason, for the audit")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            place, digest = self.append(deed, at)
            yield place
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        log.info("AUDIT place=%d what=%s digest=%s", place, deed.what, digest.hex())

    def append(self, deed: Deed, at: float) -> tuple[int, bytes]:
        """Write a deed down inside the caller's transaction; return its place and its digest."""
        last = self._connection.execute(
            "SELECT place, digest FROM audit ORDER BY place DESC LIMIT 1"
        ).fetchone()
        before, digest_before = last or (0, _START)
        place = int(before) + 1
        values = (place, at, deed.who, deed.what, deed.reason, deed.target)
        digest = self._digest(digest_before, values)
        self._connection.execute(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, digest)
        )
        return place, digest

    def verify(self) -> int:
        """Return how many entries there are; raises ScreenerError at the first one not whole."""
        before, expected = _START, 0
        rows = self._connection.execute(
            "SELECT place, at, who, what, reason, target, digest FROM audit ORDER BY place"
        )
        for *values, digest in rows:
            expected += 1
            if values[0] != expected or digest != self._digest(before, values):
                raise ScreenerError(f"the audit was tampered with at entry {expected}")
            before = digest
        return expected

    def _digest(self, before: bytes, values: object) -> bytes:
        told = json.dumps(values, separators=(",", ":"), default=repr).encode()
        return hmac.digest(self._key, b"audit:" + bytes(before) + told, "sha256")
