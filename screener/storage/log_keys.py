"""Which keys a log's numbers are sealed with, so that a lost or exchanged key file is noticed.

An agent whose key file is gone makes new keys and goes on: calls must be answered. What was
sealed before stays closed until the old file is back; here stands how to see that. The files
themselves are `keys`.
"""

import sqlite3
from pathlib import Path

from screener.errors import MissingPartError, ScreenerError
from screener.storage.keys import Keys, load_keys

LOOKED_AT = 1_000
"""Calls looked at from either end of the log: in a thousand, one with a number will be."""

_NEWEST = "SELECT seq, key_id FROM calls ORDER BY seq DESC LIMIT ?"
_OLDEST_OF_ITS_OWN = "SELECT seq, key_id FROM calls WHERE seq > 0 ORDER BY seq LIMIT ?"
_OLDEST = "SELECT seq, key_id FROM calls ORDER BY seq LIMIT ?"


def key_ids(connection: sqlite3.Connection) -> set[str]:
    """Return the ids of the keys of the newest and the oldest calls; reads a few thousand rows.

    Calls brought in from elsewhere count, their newest and oldest too. Raises sqlite3.Error.
    """
    ends = (_NEWEST, _OLDEST_OF_ITS_OWN, _OLDEST)
    looked = (row for sql in ends for row in connection.execute(sql, (LOOKED_AT,)))
    return {str(key_id) for _, key_id in looked if key_id}


def keys_of(connection: sqlite3.Connection, path: Path) -> Keys:
    """Return the keys of the file; they are the ones that seal the log's newest calls.

    Raises ScreenerError where they are not, naming both, and MissingPartError where there is no
    file; otherwise as `load_keys`.
    """
    looked = connection.execute(_NEWEST, (LOOKED_AT,))
    newest = next((str(key_id) for _, key_id in looked if key_id), "")
    try:
        keys = load_keys(path)
    except FileNotFoundError:
        sealed = f": the log's numbers are sealed with the keys {newest}" if newest else ""
        raise MissingPartError(f"there is no key file at {path}{sealed}: restore it") from None
    except OSError as error:
        raise ScreenerError(f"the key file {path} cannot be read: {error.strerror}") from None
    if newest and newest != keys.key_id:
        raise ScreenerError(
            f"the log's numbers are sealed with the keys {newest}, and {path} holds "
            f"{keys.key_id}: restore it"
        )
    return keys


def closed_to(connection: sqlite3.Connection, keys: Keys) -> str:
    """Return a sentence on calls that these keys neither find nor open; empty without any."""
    others = sorted(key_ids(connection) - {keys.key_id})
    if not others:
        return ""
    return (
        f"some calls of the log are sealed with the keys {', '.join(others)}: they are not found "
        f"by number with the keys {keys.key_id}"
    )
