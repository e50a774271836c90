"""Who is signed in to the web admin: one row a browser, found by the hash of its cookie.

A session ends by idling, by age, with its user's password or when the user is disabled; all of
that is asked at each look, never left to a purge. The cookie itself is `web.cookies`'s.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from screener.storage.transaction import transaction
from screener.storage.web_file import told

MOST_SESSIONS = 20
"""Of one user; signing in once more ends the oldest."""

SEEN_EVERY_S = 60.0
"""How exactly it is kept when a session was last used: a write for each request is too many."""


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser; `id` is the hash of its cookie, moments are seconds since 1970."""

    id: bytes
    name: str
    role: str
    created: float
    seen: float
    address: str


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a session holds, seconds: without any use, and in all."""

    idle: float
    whole: float


def digest(secret: str) -> bytes:
    """Return what is kept of a random secret; it is long enough to need no salt."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


class Sessions:
    """The sessions of one site; raises ScreenerError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @told
    def start(self, secret: str, name: str, address: str, at: float, lasting: Lasting) -> None:
        """Keep a new session, and drop those that are over."""
        with transaction(self._connection):
            self._connection.execute(
                "DELETE FROM sessions WHERE seen <= ? OR created <= ?",
                (at - lasting.idle - SEEN_EVERY_S, at - lasting.whole),
            )
            self._connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
                (digest(secret), name, at, at, address),
            )
            self._connection.execute(
                "DELETE FROM sessions WHERE name = ? AND id NOT IN "
                "(SELECT id FROM sessions WHERE name = ? ORDER BY id = ? DESC, created DESC "
                "LIMIT ?)",
                (name, name, digest(secret), MOST_SESSIONS),
            )

    @told
    def find(self, secret: str, now: float, lasting: Lasting) -> Session | None:
        """Return the session of a cookie and note that it is used; None where it is over."""
        row = self._connection.execute(
            "SELECT id, users.name, role, sessions.created, seen, address FROM sessions "
            "JOIN users ON users.name = sessions.name WHERE id = ? AND disabled IS NULL",
            (digest(secret),),
        ).fetchone()
        if row is None:
            return None
        session = Session(*row)
        if now - session.seen >= lasting.idle or now - session.created >= lasting.whole:
            self.end(session.id)
            return None
        if now - session.seen >= min(SEEN_EVERY_S, lasting.idle / 2):
            self._connection.execute("UPDATE sessions SET seen = ? WHERE id = ?", (now, session.id))
        return session

    @told
    def of(self, name: str, now: float, lasting: Lasting) -> list[Session]:
        """Return the sessions of a user that hold, newest first."""
        rows = self._connection.execute(
            "SELECT id, sessions.name, role, sessions.created, seen, address FROM sessions "
            "JOIN users ON users.name = sessions.name WHERE sessions.name = ? AND seen > ? "
            "AND sessions.created > ? ORDER BY sessions.created DESC",
            (name, now - lasting.idle, now - lasting.whole),
        )
        return [Session(*row) for row in rows]

    @told
    def end(self, session_id: bytes) -> None:
        """End one session."""
        self._connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))

    def end_secret(self, secret: str) -> None:
        """End the session of a cookie."""
        self.end(digest(secret))

    @told
    def end_all(self, name: str) -> int:
        """End all sessions of a user; return how many."""
        done = self._connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
        return done.rowcount
