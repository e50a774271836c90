"""Who may sign in to the web admin: names, roles, hashes of passwords, codes to choose one.

No password and no code stands here in the clear; hashing passwords is `web.passwords`'s. Who
disables a user, or gives a new password, ends that user's sessions in the same transaction.
"""

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from screener.errors import ScreenerError
from screener.storage.transaction import transaction
from screener.storage.web_file import told

_NAME = re.compile(r"[a-z][a-z0-9._@-]{0,62}[a-z0-9]")
NAMES = "2 to 64 of a-z, 0-9 and . _ @ -, from a letter on"
MOST_USERS = 1_000
MOST_PROVEN = 16
"""Addresses of one user that are remembered as used before."""

_ROW = "name, role, password, created, disabled, code_until, failed, signed_in"
_LAST_ADMIN = "{} is the last admin who can sign in: make another one first"


@dataclass(frozen=True, slots=True)
class Person:
    """A user as kept; moments are seconds since 1970, None where it never was.

    `password` is the hash, None until one was chosen; `code_until` says how long the link to choose
    one holds; `failed` counts tries since `signed_in`.
    """

    name: str
    role: str
    password: str | None
    created: float
    disabled: float | None
    code_until: float | None
    failed: int
    signed_in: float | None


def user_name(text: str) -> str:
    """Return the name of a user as it is kept: small letters; raises ScreenerError."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise ScreenerError(f"a user's name is of {NAMES}")
    return name


class Users:
    """The users of one site; raises ScreenerError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @told
    def any(self) -> bool:
        """Say whether there is any user at all."""
        return self._connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None

    @told
    def all(self) -> list[Person]:
        """Return every user, by name."""
        rows = self._connection.execute(f"SELECT {_ROW} FROM users ORDER BY name")  # noqa: S608 - our own words
        return [Person(*row) for row in rows]

    @told
    def find(self, name: str) -> Person | None:
        """Return one user; None where there is none of that name."""
        query = f"SELECT {_ROW} FROM users WHERE name = ?"  # noqa: S608 - our own words
        row = self._connection.execute(query, (name,)).fetchone()
        return Person(*row) if row else None

    @told
    def add_first(self, name: str, password: str, at: float) -> None:
        """Keep the first user, an admin; raises ScreenerError where there is one already."""
        with transaction(self._connection):
            if self.any():
                raise ScreenerError("there is a user already: setup is over")
            self._insert(user_name(name), "admin", at, password)

    @told
    def add(self, name: str, role: str, at: float, password: str | None = None) -> None:
        """Keep a new user, without a password until one is chosen."""
        with transaction(self._connection):
            if self._connection.execute("SELECT count(*) FROM users").fetchone()[0] >= MOST_USERS:
                raise ScreenerError(f"there are {MOST_USERS} users, which is the most")
            if self.find(name) is not None:
                raise ScreenerError(f"there is a user {name} already")
            self._insert(user_name(name), role, at, password)

    @told
    def set_role(self, name: str, role: str) -> None:
        """Give another role; refused to the last admin who can sign in."""
        with transaction(self._connection):
            self._known(name)
            if role != "admin":
                self._refuse_last_admin(name)
            self._connection.execute("UPDATE users SET role = ? WHERE name = ?", (role, name))

    @told
    def disable(self, name: str, at: float) -> None:
        """Keep a user from signing in, and end what is signed in; refused to the last admin."""
        with transaction(self._connection):
            self._known(name)
            self._refuse_last_admin(name)
            self._connection.execute(
                "UPDATE users SET disabled = ?, code = NULL, code_until = NULL WHERE name = ?",
                (at, name),
            )
            self._end_sessions(name)

    @told
    def enable(self, name: str) -> None:
        """Let a user sign in again."""
        with transaction(self._connection):
            self._known(name)
            self._connection.execute("UPDATE users SET disabled = NULL WHERE name = ?", (name,))

    @told
    def give_code(self, name: str, code: bytes, until: float) -> None:
        """Keep the hash of a code to choose a password with; the old password counts no more."""
        with transaction(self._connection):
            self._known(name)
            self._refuse_last_admin(name)
            self._connection.execute(
                "UPDATE users SET password = NULL, code = ?, code_until = ? WHERE name = ?",
                (code, until, name),
            )
            self._end_sessions(name)

    @told
    def of_code(self, code: bytes, now: float) -> Person | None:
        """Return whose code it is, as long as it holds and the user is not disabled."""
        query = f"SELECT {_ROW} FROM users WHERE code = ? AND code_until > ? AND disabled IS NULL"  # noqa: S608 - our own words
        row = self._connection.execute(query, (code, now)).fetchone()
        return Person(*row) if row else None

    @told
    def spend_code(self, code: bytes, password: str, now: float) -> str:
        """Set the password that was chosen with a code, which is worth nothing then; whose it is.

        Raises ScreenerError where the code does not hold.
        """
        with transaction(self._connection):
            person = self.of_code(code, now)
            if person is None:
                raise ScreenerError("this link was used, or its time is over: ask for a new one")
            self._set_password(person.name, password)
            return person.name

    @told
    def set_password(self, name: str, password: str) -> None:
        """Keep the hash of a new password, and end what is signed in with the old one."""
        with transaction(self._connection):
            self._known(name)
            self._set_password(name, password)

    @told
    def rehash(self, name: str, old: str, new: str) -> None:
        """Keep another hash of the same password; nothing where it was changed meanwhile."""
        self._connection.execute(
            "UPDATE users SET password = ? WHERE name = ? AND password = ?", (new, name, old)
        )

    @told
    def is_proven(self, name: str, address: str) -> bool:
        """Say whether somebody signed in as this user from that address before."""
        query = "SELECT 1 FROM proven WHERE name = ? AND address = ?"
        return self._connection.execute(query, (name, address)).fetchone() is not None

    @told
    def failed(self, name: str) -> None:
        """Count a try that failed, where there is such a user."""
        self._connection.execute("UPDATE users SET failed = failed + 1 WHERE name = ?", (name,))

    @told
    def signed_in(self, name: str, address: str, at: float) -> None:
        """Remember the sign-in and its address; forget the oldest address beyond the most."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE users SET failed = 0, signed_in = ? WHERE name = ?", (at, name)
            )
            self._connection.execute(
                "INSERT INTO proven VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
                (name, address, at),
            )
            self._connection.execute(
                "DELETE FROM proven WHERE name = ? AND address NOT IN "
                "(SELECT address FROM proven WHERE name = ? ORDER BY at DESC LIMIT ?)",
                (name, name, MOST_PROVEN),
            )

    def _insert(self, name: str, role: str, at: float, password: str | None) -> None:
        self._connection.execute(
            "INSERT INTO users (name, role, password, created) VALUES (?, ?, ?, ?)",
            (name, role, password, at),
        )

    def _set_password(self, name: str, password: str) -> None:
        self._connection.execute(
            "UPDATE users SET password = ?, code = NULL, code_until = NULL, failed = 0 "
            "WHERE name = ?",
            (password, name),
        )
        self._end_sessions(name)

    def _end_sessions(self, name: str) -> None:
        self._connection.execute("DELETE FROM sessions WHERE name = ?", (name,))

    def _known(self, name: str) -> None:
        if self.find(name) is None:
            raise ScreenerError("there is no such user")

    def _refuse_last_admin(self, name: str) -> None:
        able = "role = 'admin' AND disabled IS NULL AND password IS NOT NULL"
        names = self._connection.execute(
            f"SELECT name FROM users WHERE {able} LIMIT 2"  # noqa: S608 - our own words
        ).fetchall()
        if names == [(name,)]:
            raise ScreenerError(_LAST_ADMIN.format(name))
