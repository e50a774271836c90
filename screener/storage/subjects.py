"""What a person may ask of the log: what it holds of a number, and to be forgotten; and `reveal`.

Each is written into the audit before it is done. Who may ask is left to the commands; a number
is known here by its identity (`core.number.CallerId.identity`).
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from screener.core.number import LONGEST_TAIL
from screener.errors import ScreenerError
from screener.storage.audit import Audit, Deed
from screener.storage.keys import Keys
from screener.storage.log_file import connect
from screener.storage.log_hints import NUMBER, PREFIX, calls_with, place_of
from screener.storage.log_query import Found, calls_at, find
from screener.storage.pseudonyms import pseudonym
from screener.storage.retention import delete_calls
from screener.storage.sealing import Sealer

WAIT_S = 5.0
_EMPTYING_TRIES = 20


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, why, and when (seconds since 1970): what the audit keeps."""

    who: str
    reason: str
    at: float


class Subjects:
    """Answers over one log; raises sqlite3.Error where it cannot be read or written."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self._keys = keys
        self._sealer = Sealer(keys)
        self._connection = connect(path, wait_s=WAIT_S)
        self._audit = Audit(self._connection, keys)

    def close(self) -> None:
        """Close the log."""
        self._connection.close()

    def reveal(self, call_id: str, asker: Asker) -> str:
        """Return the caller's identity; raises ScreenerError where there is none to open."""
        self._write("reveal", call_id, asker)
        row = self._connection.execute(
            "SELECT sealed, key_id FROM calls WHERE seq = ?",
            (place_of(self._connection, call_id),),
        ).fetchone()
        if row is None:
            raise ScreenerError(f"the log holds no call {call_id}")
        if row[0] is None:
            raise ScreenerError(f"no number was kept of call {call_id}")
        return self._sealer.unseal(row[0], call_id, row[1])

    def export(self, identity: str, asker: Asker) -> Iterator[Found]:
        """Return every call of the number, newest first, with its outcomes and its `number`.

        `number` is None for calls that withheld it. See `_calls_of` for which calls these are.
        """
        self._asked("export", identity, asker)
        return self._opened(self._calls_of(identity))

    def erase(self, identity: str, asker: Asker, forget: Callable[[], None] = lambda: None) -> int:
        """Delete every call of the number and leave no bytes of it; return how many.

        `forget` is called when the deed is written down and before anything is deleted: whoever
        could write the number again is told there. Raises ScreenerError where others read the
        log so long that its write-ahead part could not be emptied: the calls are deleted, their
        bytes not yet overwritten.
        """
        self._asked("erase", identity, asker)
        forget()
        gone = delete_calls(self._connection, Lock(), self._calls_of(identity))
        self._empty_wal()
        return gone

    def ask_elsewhere(self, what: str, call_id: str, asker: Asker) -> None:
        """Write down that somebody is about to ask another log for a whole number, and of whom."""
        self._write(what, call_id, asker)

    def export_elsewhere(self, identity: str, asker: Asker) -> None:
        """Write down that somebody is about to export another log's calls of a number."""
        self._asked("export", identity, asker)

    def find(self, call_id: str) -> Found | None:
        """Return the call, masked, with its outcomes; needs no audit."""
        return find(self._connection, call_id)

    def verify_audit(self) -> int:
        """Return how many entries the audit has; raises ScreenerError where one is not whole."""
        return self._audit.verify()

    def _asked(self, what: str, identity: str, asker: Asker) -> None:
        if not identity:
            raise ScreenerError(f"{what}: that is no number that identifies anybody")
        self._write(what, pseudonym("number", identity, self._keys).hex(), asker)

    def _calls_of(self, identity: str) -> list[int]:
        """Return the places of a number's calls, newest first.

        To a number without an extension belong those with one, and those that withheld it. The
        latter have no hints: the whole log is read.
        """
        number = pseudonym("number", identity, self._keys)
        found = set(calls_with(self._connection, NUMBER, number))
        if identity.startswith("+") and ";" not in identity:
            found |= self._with_extension(identity)
            withheld = pseudonym("counter", f"withheld:{identity}", self._keys)
            rows = self._connection.execute(
                "SELECT seq FROM calls WHERE counter_key = ?", (withheld,)
            )
            found |= {row[0] for row in rows}
        return sorted(found, reverse=True)

    def _with_extension(self, number: str) -> set[int]:
        """Return the calls of the number's extensions: whoever shares its prefix is opened."""
        # How long a prefix is may have been changed since a call came.
        prefixes = (number[:-tail] for tail in range(1, LONGEST_TAIL + 1))
        seqs = {
            seq
            for prefix in prefixes
            for seq in calls_with(self._connection, PREFIX, pseudonym("prefix", prefix, self._keys))
        }
        return {seq for seq in seqs if (self._number_at(seq) or "").partition(";")[0] == number}

    def _opened(self, seqs: list[int]) -> Iterator[Found]:
        for call in calls_at(self._connection, seqs):
            yield {**call, "number": self._number_at(int(str(call["seq"])))}

    def _number_at(self, seq: int) -> str | None:
        call_id, sealed, key_id = self._connection.execute(
            "SELECT id, sealed, key_id FROM calls WHERE seq = ?", (seq,)
        ).fetchone()
        try:
            return self._sealer.unseal(sealed, call_id, key_id) if sealed else None
        except (
            ScreenerError
        ):  # sealed with other keys, or damaged: not this number's, as far as known
            return None

    def _write(self, what: str, target: str, asker: Asker) -> None:
        self._audit.write(Deed(asker.who, what, asker.reason, target), asker.at)

    def _empty_wal(self) -> None:
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            for _ in range(_EMPTYING_TRIES):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                found = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if found[0] == 0:
                    return
                time.sleep(WAIT_S / _EMPTYING_TRIES)
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {int(WAIT_S * 1000)}")
        raise ScreenerError(
            "the calls are erased, but others read the log: run erase again to overwrite the rest"
        )


def caller_of(connection: sqlite3.Connection, call_id: str, keys: Keys) -> str:
    """Return a call's caller, to ask the agent about and to be shown to nobody; empty without one.

    Not written into the audit, as `Subjects.reveal` is. Raises ScreenerError as `Sealer.unseal`.
    """
    row = connection.execute(
        "SELECT sealed, key_id FROM calls WHERE seq = ? AND sealed IS NOT NULL",
        (place_of(connection, call_id),),
    ).fetchone()
    return Sealer(keys).unseal(row[0], call_id, row[1]) if row else ""
