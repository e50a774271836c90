"""A log of calls as people read it, whichever store keeps it: the contract, and an edge's own log.

The other store is `central.reading`. tests/contract/test_decision_logs.py holds both to it. What
the agent itself reads and writes is SQLite's alone, and no part of it.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from screener.storage.caller_calls import number_key_of, number_keys_at
from screener.storage.keys import Keys
from screener.storage.log_keys import closed_to, keys_of
from screener.storage.log_query import Filter, Found, Page, calls_at, find, page
from screener.storage.log_stats import By, Stats, stats
from screener.storage.subjects import caller_of


class CallLog(Protocol):
    """Calls to be found, shown and counted; what cannot be read raises an error of the store's."""

    def find(self, call_id: str) -> Found | None:
        """Return the call with its outcomes, or None; the newest of several."""

    def page(self, wanted: Filter, *, limit: int = 50, before: int | None = None) -> Page:
        """Return up to `limit` calls older than `before` (a `Page.before`), newest first."""

    def call_at(self, seq: int) -> Found | None:
        """Return the call at a place, or None."""

    def tip(self) -> int:
        """Return the place of what was written last, 0 without any: see `behind`."""

    def behind(self, wanted: Filter, seq: int, limit: int) -> list[Found]:
        """Return what fits and was written behind a place: the newest `limit`, newest first."""

    def number_key(self, call_id: str) -> bytes | None:
        """Return the pseudonym of a call's caller, None where it names none."""

    def number_keys(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """Return the pseudonyms of the calls at these places that have one."""

    def stats(
        self, since: float | None = None, until: float | None = None, by: By | None = None
    ) -> Stats:
        """Count what came from `since` up to and without `until` (seconds since 1970)."""

    def keys(self, path: Path) -> Keys:
        """Return the keys of the file; raises ScreenerError where they are not this log's."""

    def closed_to(self, keys: Keys) -> str:
        """Return a sentence on calls that these keys neither find nor open; empty without any."""

    def caller_of(self, call_id: str, keys: Keys) -> str:
        """Return a call's caller, to be shown to nobody; empty without one."""


class SubjectLog(CallLog, Protocol):
    """One that opens a number's calls itself; of an edge's own log that is `Subjects`'s."""

    def calls_of_number(self, identity: str, keys: Keys) -> Iterator[Found]:
        """Yield every call of a number, newest first, with its outcomes and its `number`."""


class NewCalls(Protocol):
    """Follows a log of calls; waiting between two looks is left to whoever asks.

    `newest` is the place behind which it goes on; `trouble` why the last look saw nothing, in a
    few words, and empty after a good one.
    """

    newest: int
    trouble: str

    def look(self) -> list[Found]:
        """Return the calls since the last look, each once, in the order of writing; never fails."""

    def number_keys(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """Return the pseudonyms of callers, as `CallLog`; without those that cannot be read now."""

    def close(self) -> None:
        """Close the log."""


class EdgeLog:
    """An edge's own log, over an open connection to its file; raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def find(self, call_id: str) -> Found | None:
        """Return the call with its outcomes, or None."""
        return find(self.connection, call_id)

    def page(self, wanted: Filter, *, limit: int = 50, before: int | None = None) -> Page:
        """Return up to `limit` calls written before `before`, newest first."""
        return page(self.connection, wanted, limit=limit, before=before)

    def call_at(self, seq: int) -> Found | None:
        """Return the call at a place, or None."""
        return next(calls_at(self.connection, [seq]), None)

    def tip(self) -> int:
        """Return the place of the newest call, 0 without any but imported ones."""
        newest = page(self.connection, Filter(), limit=1).calls
        return max(int(str(newest[0]["seq"])), 0) if newest else 0

    def behind(self, wanted: Filter, seq: int, limit: int) -> list[Found]:
        """Return what fits and was written behind a place, newest first."""
        found = page(self.connection, wanted, limit=limit).calls
        return [call for call in found if int(str(call["seq"])) > seq]

    def number_key(self, call_id: str) -> bytes | None:
        """Return the pseudonym of a call's caller."""
        return number_key_of(self.connection, call_id)

    def number_keys(self, seqs: Iterable[int]) -> dict[int, bytes]:
        """Return the pseudonyms of the calls at these places."""
        return number_keys_at(self.connection, seqs)

    def stats(
        self, since: float | None = None, until: float | None = None, by: By | None = None
    ) -> Stats:
        """Count what came in that span."""
        return stats(self.connection, since, until, by)

    def keys(self, path: Path) -> Keys:
        """Return the keys of the file; raises as `log_keys.keys_of`."""
        return keys_of(self.connection, path)

    def closed_to(self, keys: Keys) -> str:
        """Return a sentence on calls that these keys do not open."""
        return closed_to(self.connection, keys)

    def caller_of(self, call_id: str, keys: Keys) -> str:
        """Return a call's caller; raises as `Sealer.unseal`."""
        return caller_of(self.connection, call_id, keys)
