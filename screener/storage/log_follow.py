"""Following the log: each new call once, in the order of writing, whoever writes and purges it.

Asks the file again each time, so it goes on when the agent restarts, and when the file is set
aside and a new one begun. Waiting between two looks is left to the command.
"""

import sqlite3
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from screener.storage.caller_calls import number_keys_at
from screener.storage.log_file import identity_of, passes, words_for
from screener.storage.log_query import Filter, Found, after, open_to_read

OVERLAP = 1_024
"""Calls looked at once more each time: SQLite gives a deleted newest call's place out again."""

REMEMBERED = 8 * OVERLAP
AT_ONCE = 2_000
"""Calls taken up at one look; more wait for the next."""


class Follower:
    """The new calls of one log that a filter lets through, from when it is built.

    `newest` is the seq behind which it goes on; `trouble` why the last look saw nothing, in a
    word, and empty after a good one.
    """

    def __init__(self, path: Path, wanted: Filter) -> None:
        """Begin behind the calls that are there; raises sqlite3.Error where they cannot be read."""
        self.trouble = ""
        self._path = path
        self._wanted = wanted
        self._file = identity_of(path)
        self._connection: sqlite3.Connection | None = open_to_read(path)
        self.newest = _top(self._connection)
        known = _ids(self._connection, self.newest - OVERLAP + 1)
        self._seen = deque(known, maxlen=REMEMBERED)

    def close(self) -> None:
        """Close the log."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def look(self) -> list[Found]:
        """Return the calls since the last look, oldest first; does not raise sqlite3.Error."""
        try:
            found = self._new(self._current())
        except sqlite3.Error as error:
            self.trouble = words_for(error)
            if not passes(error):
                self.close()
            return []
        self.trouble = ""
        return found

    def number_keys(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """Return the pseudonyms of these calls' callers, none where they cannot be read now."""
        try:
            return number_keys_at(self._connection, seqs) if self._connection else {}
        except sqlite3.Error:
            return {}

    def _current(self) -> sqlite3.Connection:
        here = identity_of(self._path)
        if self._connection is not None and here == self._file:
            return self._connection
        self.close()
        self._connection = opened = open_to_read(self._path)
        if here != self._file:
            self._file, self.newest = here, 0
            self._seen.clear()
        return opened

    def _new(self, log: sqlite3.Connection) -> list[Found]:
        self._forget_deleted(_top(log))
        known_from = self._seen[0][0] if self._seen else self.newest + 1
        seen = {call_id for _, call_id in self._seen}
        low = max(self.newest - OVERLAP + 1, known_from)
        new = [one for one in _ids(log, low) if one[1] not in seen]
        if not new:
            return []
        fresh = {call_id for _, call_id in new}
        found = after(log, self._wanted, new[0][0], new[-1][0], limit=OVERLAP + AT_ONCE)
        self._seen.extend(new)
        self.newest = max(self.newest, new[-1][0])
        return [call for call in found if call["id"] in fresh]

    def _forget_deleted(self, top: int) -> None:
        """Step back to the newest call that is left: new ones will take the places behind it."""
        if top < self.newest:
            self.newest = top
            kept = [one for one in self._seen if one[0] <= top]
            self._seen = deque(kept, maxlen=REMEMBERED)


def _top(log: sqlite3.Connection) -> int:
    return max(log.execute("SELECT max(seq) FROM calls").fetchone()[0] or 0, 0)


def _ids(log: sqlite3.Connection, low: int) -> list[tuple[int, str]]:
    return log.execute(
        "SELECT seq, id FROM calls WHERE seq >= ? AND seq > 0 ORDER BY seq LIMIT ?",
        (low, OVERLAP + AT_ONCE),
    ).fetchall()
