"""Calls of other logs on their way into ours: gathered, joined and sorted in a private database.

It lies in a temporary file without a name that ends with the program, so a log of any length is
read in bounded memory. Numbers are sealed in it with a key that only this process ever has.
Writing the calls is left to `call_import`.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from screener.core.number import CallerId
from screener.core.outcome import Event
from screener.core.past_call import PastCall, PastLeg, Waiting, WaitStep, settled
from screener.errors import ScreenerError

_TABLES = """
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE legs (
    key TEXT NOT NULL UNIQUE, at REAL, number BLOB, withheld INTEGER, did TEXT, trunk TEXT,
    uniqueid TEXT, linkedid TEXT, rank INTEGER, talk_s REAL, ended_at REAL
);
CREATE TABLE waits (
    key TEXT NOT NULL UNIQUE, at REAL, number BLOB, did TEXT, connected INTEGER, served INTEGER,
    gone INTEGER, talk_s REAL, ended_at REAL
);
CREATE TABLE own (key TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE fresh (key TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE callers (digest BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID;
"""
# The earliest leg says who called whom; what became of the call is the best that any leg knows.
_ADD_LEG = """
INSERT INTO legs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    at = min(at, excluded.at),
    number = iif(excluded.at < at, excluded.number, number),
    withheld = max(withheld, excluded.withheld),
    did = iif(did = '' OR (excluded.did <> '' AND excluded.at < at), excluded.did, did),
    trunk = iif(trunk = '' OR excluded.at < at, excluded.trunk, trunk),
    rank = max(rank, excluded.rank),
    talk_s = max(talk_s, excluded.talk_s),
    ended_at = max(ended_at, excluded.ended_at)
"""
_ADD_WAIT = """
INSERT INTO waits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    at = min(at, excluded.at),
    number = coalesce(number, excluded.number),
    did = iif(did = '', excluded.did, did),
    connected = max(connected, excluded.connected),
    served = max(served, excluded.served),
    gone = max(gone, excluded.gone),
    talk_s = max(talk_s, excluded.talk_s),
    ended_at = max(ended_at, excluded.ended_at)
"""
_OF_LEGS = """
SELECT legs.*, waits.connected, waits.served, waits.gone, waits.talk_s, waits.ended_at
FROM legs LEFT JOIN waits ON waits.key = legs.key
"""
_OF_WAITS = """
SELECT key, at, number, 0, did, '', key, '', 0, 0.0, ended_at,
    connected, served, gone, talk_s, ended_at
FROM waits AS legs WHERE number IS NOT NULL
"""
_RANKS = (None, Event.ABANDONED, Event.ANSWERED)
_BATCH = 2_000
_DIGEST_BYTES = 8
_COLUMNS_OF_LEG = 11


class Span(NamedTuple):
    """How many calls are staged, and when the first and the last of them came."""

    calls: int
    first: float
    last: float


class CallStaging:
    """Holds up to `most` calls; more are refused with a ScreenerError that says what to do."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._key = AESGCM.generate_key(256)
        self._cipher = AESGCM(self._key)
        self._sealed = 0
        self._legs: list[tuple[object, ...]] = []
        self._waits: list[tuple[object, ...]] = []
        self._fresh: list[tuple[str]] = []
        self._callers: set[tuple[bytes]] = set()
        self._has_legs = False
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()

    def add_leg(self, leg: PastLeg) -> None:
        """Add one leg of a call; `flush` when all are added."""
        self._has_legs = True
        rank = 0 if leg.event is None else _RANKS.index(leg.event)
        self._legs.append(
            (
                *(leg.key, leg.at, self._seal(leg.number), int(leg.withheld), leg.did, leg.trunk),
                *(leg.uniqueid, leg.linkedid, rank, leg.talk_s, leg.ended_at),
            )
        )
        if len(self._legs) >= _BATCH:
            self.flush()

    def add_wait(self, step: WaitStep) -> None:
        """Add one step of a waiting call; `flush` when all are added."""
        sealed = None if step.number is None else self._seal(step.number)
        self._waits.append((step.key, step.at, sealed, step.did, *step.waiting))
        if len(self._waits) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Gather what was added; raises ScreenerError where it is too much."""
        with _all_or_nothing(self._connection):
            self._connection.executemany(_ADD_LEG, self._legs)
            self._connection.executemany(_ADD_WAIT, self._waits)
        self._legs.clear()
        self._waits.clear()
        table = "legs" if self._has_legs else "waits"
        held = self._connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0]  # noqa: S608 - one of two words
        if (held or 0) > self._most:
            raise ScreenerError(
                f"these are more than {self._most} calls: bring in fewer with --since 30d or the "
                "like, or allow more with --most"
            )

    def leave_out(self, uniqueids: Iterable[str]) -> None:
        """Leave out calls with these unique ids: we recorded them ourselves."""
        with _all_or_nothing(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO own VALUES (?)", ((one,) for one in uniqueids)
            )

    def span(self) -> Span | None:
        """Return how many calls there are and when they came, or None where there is none."""
        calls, first, last = self._connection.execute(
            f"SELECT count(*), min(at), max(at) FROM ({self._source()})"  # noqa: S608 - our own words
        ).fetchone()
        return Span(calls, first, last) if calls else None

    def left_out(self) -> int:
        """Return how many calls are there that we recorded ourselves."""
        return int(
            self._connection.execute(
                f"SELECT count(*) FROM ({self._source()}) WHERE key IN own"  # noqa: S608 - our own words
            ).fetchone()[0]
        )

    def without_caller(self) -> int:
        """Return how many calls the queue's log tells of that nothing says who they were from."""
        if self._has_legs:
            sql = "SELECT count(*) FROM waits WHERE key NOT IN (SELECT key FROM legs)"
        else:
            sql = "SELECT count(*) FROM waits WHERE number IS NULL"
        return int(self._connection.execute(sql).fetchone()[0])

    def newest_first(self) -> Iterator[PastCall]:
        """Yield every call that is not left out."""
        return self._calls("key NOT IN own ORDER BY at DESC, key DESC")

    def fresh_oldest_first(self) -> Iterator[PastCall]:
        """Yield every call that `note_fresh` was told of."""
        self._flush_notes()
        return self._calls("key IN fresh ORDER BY at, key")

    def note_fresh(self, keys: Iterable[str]) -> None:
        """Note calls as new to the log."""
        self._fresh += [(key,) for key in keys]
        if len(self._fresh) >= _BATCH:
            self._flush_notes()

    def note_callers(self, callers: Iterable[CallerId]) -> None:
        """Note who called, to count them."""
        self._callers.update(
            (blake2b(one.identity.encode(), key=self._key, digest_size=_DIGEST_BYTES).digest(),)
            for one in callers
            if one.identity
        )
        if len(self._callers) >= _BATCH:
            self._flush_notes()

    def distinct_callers(self) -> int:
        """Return how many callers were noted."""
        self._flush_notes()
        return int(self._connection.execute("SELECT count(*) FROM callers").fetchone()[0])

    def _flush_notes(self) -> None:
        # Each transaction of its own costs more than a thousand notes (measured).
        with _all_or_nothing(self._connection):
            self._connection.executemany("INSERT OR IGNORE INTO fresh VALUES (?)", self._fresh)
            self._connection.executemany("INSERT OR IGNORE INTO callers VALUES (?)", self._callers)
        self._fresh.clear()
        self._callers.clear()

    def _source(self) -> str:
        return _OF_LEGS if self._has_legs else _OF_WAITS

    def _calls(self, condition: str) -> Iterator[PastCall]:
        sql = f"SELECT * FROM ({self._source()}) WHERE {condition}"  # noqa: S608 - our own words
        for row in self._connection.execute(sql):
            key, at, number, withheld, did, trunk, uniqueid, linkedid = row[:8]
            rank, talk_s, ended_at = row[8:_COLUMNS_OF_LEG]
            told = row[_COLUMNS_OF_LEG:]
            waiting = None if told[0] is None else Waiting(*map(bool, told[:3]), *told[3:])
            yield PastCall(
                *(key, at, self._unseal(number), bool(withheld), did, trunk, uniqueid, linkedid),
                settled(_RANKS[rank], talk_s, max(ended_at, at), waiting),
            )

    def _seal(self, number: str) -> bytes:
        # The key is this staging's alone, so a count never repeats under it.
        self._sealed += 1
        nonce = self._sealed.to_bytes(12, "big")
        return nonce + self._cipher.encrypt(nonce, number.encode("utf-8", "replace"), None)

    def _unseal(self, sealed: bytes) -> str:
        return self._cipher.decrypt(sealed[:12], sealed[12:], None).decode()


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
