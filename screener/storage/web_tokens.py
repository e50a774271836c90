"""Tokens by which programs use the web admin's interface: a role each, and an end.

Only a hash is kept. A token can do no more than the user who made it can now, and nothing once
that user is disabled.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from screener.errors import ScreenerError
from screener.storage.transaction import transaction
from screener.storage.web_file import told
from screener.storage.web_sessions import SEEN_EVERY_S, digest

MOST_TOKENS = 200
LONGEST_NAME = 64

_ROW = "number, tokens.name, tokens.role, owner, tokens.created, expires, used"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as kept; `used` is when it last was, None for never; `role` is what it was made with.

    `owner_role` is the owner's now: None where the owner is no user of ours but a proxy's.
    """

    number: int
    name: str
    role: str
    owner: str
    created: float
    expires: float
    used: float | None
    owner_role: str | None = None


class Tokens:
    """The tokens of one site; raises ScreenerError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @told
    def add(self, secret: str, token: Token) -> int:
        """Keep a token by its secret; return its number (the one of `token` is not looked at)."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM tokens WHERE expires <= ?", (token.created,))
            if self._connection.execute("SELECT count(*) FROM tokens").fetchone()[0] >= MOST_TOKENS:
                raise ScreenerError(f"there are {MOST_TOKENS} tokens, which is the most")
            made = self._connection.execute(
                "INSERT INTO tokens (secret, name, role, owner, created, expires) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    digest(secret),
                    token.name,
                    token.role,
                    token.owner,
                    token.created,
                    token.expires,
                ),
            )
        return int(made.lastrowid or 0)

    @told
    def find(self, secret: str, now: float) -> Token | None:
        """Return the token with this secret and note that it is used; None where it is over."""
        row = self._connection.execute(
            f"SELECT {_ROW}, users.role FROM tokens LEFT JOIN users ON users.name = owner "  # noqa: S608 - our own words
            "WHERE secret = ? AND expires > ? AND disabled IS NULL",
            (digest(secret), now),
        ).fetchone()
        if row is None:
            return None
        token = Token(*row)
        if token.used is None or now - token.used >= SEEN_EVERY_S:
            self._connection.execute(
                "UPDATE tokens SET used = ? WHERE number = ?", (now, token.number)
            )
        return token

    @told
    def all(self, now: float) -> list[Token]:
        """Return the tokens that hold, newest first."""
        rows = self._connection.execute(
            f"SELECT {_ROW} FROM tokens WHERE expires > ? ORDER BY number DESC",  # noqa: S608 - our own words
            (now,),
        )
        return [Token(*row) for row in rows]

    @told
    def revoke(self, number: int) -> Token:
        """Make a token worth nothing; return what it was. Raises ScreenerError where none is."""
        row = self._connection.execute(
            f"DELETE FROM tokens WHERE number = ? RETURNING {_ROW}".replace("tokens.", ""),  # noqa: S608 - our own words
            (number,),
        ).fetchone()
        if row is None:
            raise ScreenerError("there is no such token")
        return Token(*row)
