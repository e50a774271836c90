"""The settings of a database as it is opened, however many open it at once."""

import sqlite3
import time
from collections.abc import Sequence

_TRY_AGAIN_S = 0.01


def set_pragmas(
    connection: sqlite3.Connection, pragmas: Sequence[str], *, wait_s: float = 0.0
) -> None:
    """Set each; locks of others are waited for `wait_s` seconds. Raises sqlite3.Error.

    To change the journal's mode SQLite does not wait as long as it was told: of two that do it to
    a new file the second may be refused at once.
    """
    until = time.monotonic() + wait_s
    for pragma in pragmas:
        while True:
            try:
                connection.execute(f"PRAGMA {pragma}")
                break
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() >= until:
                    raise
            time.sleep(_TRY_AGAIN_S)
