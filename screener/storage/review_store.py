"""What people decided of callers, kept: allows and denies, pauses, imported lists, and undoing.

Each action is on the disk, with its deed in the audit, before its method returns, or not at all.
Reading them, for the agent and for people, is left to `review_reading`; what an entry looks like
at rest to `review_rows`. A `ScreenerError` says what was refused or why nothing could be done.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from screener.core.lists import Entry, ListAction
from screener.core.review import REVIEWED
from screener.errors import ScreenerError
from screener.service.reviewing import PAUSE
from screener.storage.audit import Audit, Deed
from screener.storage.keys import Keys
from screener.storage.review_file import open_reviews, trouble
from screener.storage.review_merge import UID_BYTES, next_stamp, settle
from screener.storage.review_rows import EntrySealer, Remarked, SealedEntry
from screener.storage.transaction import transaction

WAIT_S = 5.0
NO_REASON = "none given"

_INSERT = (
    "INSERT INTO reviews (action, speaks, exact, entry_key, key_id, sealed, shown, change) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_UNDO_ROWS = "UPDATE reviews SET undone_at = ?, undone_by = ?, change = ? WHERE undone_at IS NULL "
_OF_ENTRY = "substr(entry_key, 1, 4) = ? AND entry_key = ?"


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what, why and when; what is decided stands until `until`, None for ever.

    Moments are seconds since 1970. `what` is a word of `service.reviewing`; `call_id` names the
    recorded call that it is about, where it is about one.
    """

    who: str
    what: str
    at: float
    until: float | None = None
    reason: str = NO_REASON
    list_name: str = REVIEWED
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the entries of an import: put on the list, on it already, there twice.

    `number` is the action's, 0 where nothing was to be done; `replaced` counts what stood on the
    list before and was taken back.
    """

    number: int
    added: int
    already: int = 0
    twice: int = 0
    replaced: int = 0


class ReviewStore:
    """The reviews of one site, open for writing; raises ScreenerError."""

    def __init__(self, path: Path, keys: Keys, *, wait_s: float = WAIT_S) -> None:
        self.connection = open_reviews(path, wait_s=wait_s)
        self._path = path
        self._audit = Audit(self.connection, keys)
        self._sealer = EntrySealer(keys)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def add(self, act: Act, action: ListAction, entry: Entry) -> int:
        """Keep a review of one entry; return the action's number."""
        sealed = self._sealer.seal(Remarked(entry))
        with self._done(act, act.call_id or sealed.key.hex()) as change:
            number = self._act(act)
            self._insert(number, action, [sealed], change)
        return number

    def add_list(
        self, act: Act, action: ListAction, entries: Iterable[Remarked], *, replace: bool = False
    ) -> Imported:
        """Put entries on the list of `act`, all at once.

        What is on it in force already stays as it is, unless `replace` takes the whole list back
        first. Nothing is kept where `entries` raises.
        """
        seen: set[bytes] = set()
        already = twice = replaced = 0
        with self._done(act, act.list_name) as change:
            number = self._act(act, replaces=replace)
            if replace:
                replaced = self._replace(act, number, change)
            held = self._on_list(act, action)

            def new() -> Iterator[SealedEntry]:
                nonlocal already, twice
                for told in entries:
                    key = self._sealer.key(told.entry)
                    if key in seen:
                        twice += 1
                    elif key in held:
                        already += 1
                    else:
                        yield self._sealer.seal(told, key)
                    seen.add(key)

            added = self._insert(number, action, new(), change)
            if not added and not replaced:
                self.connection.execute("DELETE FROM actions WHERE number = ?", (number,))
        return Imported(number if added or replaced else 0, added, already, twice, replaced)

    def pause(self, act: Act) -> int:
        """Have every call let in until `act.until`; return the action's number."""
        with self._done(act, ""):
            return self._act(act)

    def resume(self, act: Act) -> int:
        """End all pauses; return how many there were in force."""
        with self._done(act, ""):
            ended = self.connection.execute(
                "UPDATE actions SET undone_at = ?, undone_by = ?, told = 0 "
                "WHERE what = ? AND undone_at IS NULL AND until > ?",
                (act.at, act.who, PAUSE, act.at),
            )
        return ended.rowcount

    def undo(self, act: Act, number: int) -> int:
        """Take back what the action did, and bring back what it replaced.

        Return how many entries it still had. Raises ScreenerError where there is no such action
        or it is undone already.
        """
        with self._done(act, str(number)) as change:
            found = self.connection.execute(
                "SELECT undone_at, list_name FROM actions WHERE number = ?", (number,)
            ).fetchone()
            if found is None:
                raise ScreenerError(f"there is no review {number}; `screener lists show` has them")
            if found[0] is not None:
                raise ScreenerError(f"review {number} is undone already")
            self._mark_undone(act, number)
            gone = self.connection.execute(
                _UNDO_ROWS + "AND action = ?", (act.at, act.who, change, number)
            )
            self.connection.execute(
                "UPDATE reviews SET undone_in = NULL WHERE action = ?", (number,)
            )
            settle(self.connection, found[1], change)
        return gone.rowcount

    def undo_entry(self, act: Act, place: int) -> None:
        """Take back one review, whatever else its action did; raises ScreenerError as `undo`."""
        with self._done(act, str(place)) as change:
            gone = self.connection.execute(
                _UNDO_ROWS + "AND place = ? RETURNING action", (act.at, act.who, change, place)
            ).fetchall()
            if not gone:
                raise ScreenerError("that review is undone already")
            left = self.connection.execute(
                "SELECT 1 FROM reviews WHERE action = ? AND undone_at IS NULL LIMIT 1", gone[0]
            ).fetchone()
            if left is None:
                self._mark_undone(act, gone[0][0])
            self.connection.execute("UPDATE actions SET told = 0 WHERE number = ?", gone[0])

    def note(self, act: Act, target: str) -> None:
        """Write into the audit what changes nothing here, before it is done: an export."""
        with self._guarded():
            self._audit.write(Deed(act.who, act.what, act.reason, target), act.at)

    def forget(self, identity: str, mark: bytes = b"", at: float = 0.0) -> int:
        """Erase every review of one number, undone ones too, and leave no bytes of it.

        Where edges share, `mark` (`BodySealer.mark`) has them erase theirs of before `at`, too.

        Return how many. The audit keeps its pseudonym; lists, prefixes and ranges that hold it
        stay. Raises ScreenerError where others read so long that bytes may be left.
        """
        key = self._sealer.key_of_number(identity)
        with self._guarded():
            with transaction(self.connection):
                change = self._next_change()
                gone = self.connection.execute(
                    f"DELETE FROM reviews WHERE exact = 1 AND {_OF_ENTRY} RETURNING place",  # noqa: S608 - our own words
                    (key[:4], key),
                ).fetchall()
                self.connection.executemany(
                    "INSERT INTO forgotten VALUES (?, ?)", [(row[0], change) for row in gone]
                )
                if mark:
                    self.connection.execute(
                        "INSERT OR REPLACE INTO erased VALUES (?, ?, 0)",
                        (mark, next_stamp(self.connection, at)),
                    )
            if self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise ScreenerError(
                    "the reviews are erased, but others read them: run it again to overwrite the "
                    "rest"
                )
        return len(gone)

    def verify_audit(self) -> int:
        """Return how many deeds the audit has; raises ScreenerError where one is not whole."""
        with self._guarded():
            return self._audit.verify()

    def _act(self, act: Act, *, replaces: bool = False) -> int:
        uid, stamp = token_hex(UID_BYTES), next_stamp(self.connection, act.at)
        told = (act.at, act.who, act.what, act.list_name, act.until, act.reason, act.call_id)
        done = self.connection.execute(
            "INSERT INTO actions "
            "(at, who, what, list_name, until, reason, call_id, uid, stamp, replaces) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*told, uid, stamp, replaces),
        )
        return int(done.lastrowid or 0)

    def _insert(
        self, number: int, action: ListAction, entries: Iterable[SealedEntry], change: int
    ) -> int:
        speaks = action.value
        rows = (
            (number, speaks, one.exact, one.key, one.key_id, one.sealed, one.shown, change)
            for one in entries
        )
        return max(self.connection.executemany(_INSERT, rows).rowcount, 0)

    def _replace(self, act: Act, number: int, change: int) -> int:
        return self.connection.execute(
            "UPDATE reviews SET undone_at = ?, undone_by = ?, change = ?, undone_in = ? "
            "WHERE undone_at IS NULL AND action IN "
            "(SELECT number FROM actions WHERE list_name = ? AND number <> ?)",
            (act.at, act.who, change, number, act.list_name, number),
        ).rowcount

    def _on_list(self, act: Act, action: ListAction) -> set[bytes]:
        return {
            row[0]
            for row in self.connection.execute(
                "SELECT entry_key FROM reviews JOIN actions ON action = number "
                "WHERE list_name = ? AND speaks = ? AND reviews.undone_at IS NULL "
                "AND (until IS NULL OR until > ?)",
                (act.list_name, action.value, act.at),
            )
        }

    def _mark_undone(self, act: Act, number: int) -> None:
        self.connection.execute(
            "UPDATE actions SET undone_at = ?, undone_by = ?, told = 0 WHERE number = ?",
            (act.at, act.who, number),
        )

    def _next_change(self) -> int:
        row = self.connection.execute("UPDATE state SET change = change + 1 RETURNING change")
        return int(row.fetchone()[0])

    @contextmanager
    def _done(self, act: Act, target: str) -> Iterator[int]:
        """One transaction: the deed in the audit, a new change, and what is done inside."""
        deed = Deed(act.who, act.what, act.reason, target)
        with self._guarded(), self._audit.written(deed, act.at):
            yield self._next_change()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise trouble(self._path, error) from error
