"""What a person may ask of the log: what it holds of a number, and to be forgotten; and `reveal`.

Each is written into the audit before it is done. Who may ask is left to the commands; a number
is known here by its identity (`core.number.CallerId.identity`).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from screener.errors import ScreenerError
from screener.storage.audit import Audit, Deed
from screener.storage.keys import Keys
from screener.storage.log_file import connect
from screener.storage.log_query import Filter, Found, find, page
from screener.storage.pseudonyms import pseudonym
from screener.storage.retention import delete_calls
from screener.storage.sealing import Sealer

WAIT_S = 5.0
_EMPTYING_TRIES = 20
_PAGE = 500


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
        self._connection = connect(path, wait_s=WAIT_S)
        self._audit = Audit(self._connection, keys)

    def close(self) -> None:
        """Close the log."""
        self._connection.close()

    def reveal(self, call_id: str, asker: Asker) -> str:
        """Return the caller's identity; raises ScreenerError where there is none to open."""
        self._write("reveal", call_id, asker)
        row = self._connection.execute(
            "SELECT sealed, key_id FROM calls WHERE id = ?", (call_id,)
        ).fetchone()
        if row is None:
            raise ScreenerError(f"the log holds no call {call_id}")
        if row[0] is None:
            raise ScreenerError(f"no number was kept of call {call_id}")
        return Sealer(self._keys).unseal(row[0], call_id, row[1])

    def export(self, identity: str, asker: Asker) -> list[Found]:
        """Return every call of the number, newest first, with its outcomes."""
        number = self._asked("export", identity, asker)
        calls: list[Found] = []
        before: int | None = None
        while True:
            found = page(self._connection, Filter(number=number), limit=_PAGE, before=before)
            calls += found.calls
            before = found.before
            if before is None:
                return calls

    def erase(self, identity: str, asker: Asker) -> int:
        """Delete every call of the number and leave no bytes of it; return how many.

        Raises ScreenerError where others read the log so long that its write-ahead part could
        not be emptied: the calls are deleted, their bytes not yet overwritten.
        """
        number = self._asked("erase", identity, asker)
        rows = self._connection.execute(
            "SELECT seq FROM calls WHERE number_key IS NOT NULL "
            "AND substr(number_key, 1, 4) = ? AND number_key = ?",
            (number[:4], number),
        ).fetchall()
        gone = delete_calls(self._connection, Lock(), [row[0] for row in rows])
        self._empty_wal()
        return gone

    def find(self, call_id: str) -> Found | None:
        """Return the call, masked, with its outcomes; needs no audit."""
        return find(self._connection, call_id)

    def verify_audit(self) -> int:
        """Return how many entries the audit has; raises ScreenerError where one is not whole."""
        return self._audit.verify()

    def _asked(self, what: str, identity: str, asker: Asker) -> bytes:
        if not identity:
            raise ScreenerError(f"{what}: that is no number that identifies anybody")
        number = pseudonym("number", identity, self._keys)
        self._write(what, number.hex(), asker)
        return number

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
