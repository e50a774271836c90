"""Erasures that the central log is still to do, kept in the storage folder until it has.

Written before anything is tried, so that neither a kill nor a server that is down forgets one. A
number stands there sealed alone. Doing them is `erased`'s, asking for them the command's.
"""

import base64
import binascii
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from screener.errors import ScreenerError
from screener.storage.keys import Keys
from screener.storage.sealing import Sealer

_NAME = "central-erase-"
_SUFFIX = ".sealed"


@dataclass(frozen=True, slots=True)
class PendingErasure:
    """One number to erase that was asked for at `at`, seconds since 1970."""

    path: Path
    identity: str
    at: float

    def done(self) -> None:
        """Forget it: the central log has done it."""
        self.path.unlink(missing_ok=True)


def note(folder: Path, keys: Keys, identity: str, at: float) -> PendingErasure:
    """Keep an erasure durably; raises OSError where it cannot be."""
    name = f"{_NAME}{secrets.token_hex(8)}"
    sealed = Sealer(keys).seal(identity, name)
    content = json.dumps(
        {"key_id": keys.key_id, "sealed": base64.b64encode(sealed).decode(), "at": at}
    )
    path, draft = folder / f"{name}{_SUFFIX}", folder / f"{name}.draft"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync(folder)
    return PendingErasure(path, identity, at)


def pending(folder: Path, keys: Keys) -> tuple[list[PendingErasure], list[str]]:
    """Return what is to be erased, oldest first, and the names of files that cannot be read."""
    found: list[PendingErasure] = []
    unread: list[str] = []
    for path in folder.glob(f"{_NAME}*{_SUFFIX}"):
        try:
            found.append(_read(path, keys))
        except FileNotFoundError:  # done by another process just now
            continue
        except (OSError, ValueError, KeyError, TypeError, binascii.Error, ScreenerError):
            unread.append(path.name)
    return sorted(found, key=lambda one: one.at), sorted(unread)


def _read(path: Path, keys: Keys) -> PendingErasure:
    told = json.loads(path.read_text("utf-8"))
    sealed = base64.b64decode(told["sealed"], validate=True)
    identity = Sealer(keys).unseal(sealed, path.name.removesuffix(_SUFFIX), str(told["key_id"]))
    return PendingErasure(path, identity, float(told["at"]))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
