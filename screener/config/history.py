"""Old configuration files, kept so that a change can be taken back: `apply` puts, `rollback` takes.

A folder of files named by their moment, readable by their owner alone (list entries are callers'
numbers), and an index of who put which away when. Every file is there before the index names it.
Reading a configuration is left to `load`.
"""

import hashlib
import json
import os
import secrets
import stat
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from screener.errors import ScreenerError

FOLDER = "config-history"
INDEX = "index.json"
MOST_KEPT = 200
"""Files kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file put away: when (seconds since 1970), by whom, its SHA-256, and where it stood."""

    file: str
    at: float
    who: str
    sha256: str
    source: str


class History:
    """The old files of one configuration folder; raises OSError as the file system does."""

    def __init__(self, storage_folder: Path) -> None:
        self.folder = storage_folder / FOLDER

    def keep(self, content: bytes, *, who: str, at: float, source: Path) -> Kept:
        """Put a file's bytes away and return how they are found again."""
        # One by one: `parents` alone would leave the storage folder open to everybody.
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        held = self.kept()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        name = f"{stamp}-{secrets.token_hex(4)}.yaml"
        digest = hashlib.sha256(content).hexdigest()
        kept = Kept(name, at, who, digest, str(source.resolve()))
        write_whole(self.folder / name, content, mode=0o600)
        held.append(kept)
        self._write(held[-MOST_KEPT:])
        for old in held[:-MOST_KEPT]:
            with suppress(FileNotFoundError):
                (self.folder / old.file).unlink()
        return kept

    def kept(self) -> list[Kept]:
        """Return what is kept, oldest first; raises ScreenerError where the index is none."""
        path = self.folder / INDEX
        try:
            return [Kept(**one) for one in json.loads(path.read_bytes())]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError):
            raise ScreenerError(f"{path} is no index of kept files: move it aside") from None

    def latest(self, source: Path) -> Kept | None:
        """Return the file that was put away last from this place, or None."""
        place = str(source.resolve())
        return next((one for one in reversed(self.kept()) if one.source == place), None)

    def read(self, kept: Kept) -> bytes:
        """Return a kept file's bytes; raises ScreenerError where they are not the ones put away."""
        path = self.folder / Path(kept.file).name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise ScreenerError(f"the kept file {path} is gone") from None
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise ScreenerError(f"the kept file {path} was changed since it was put away")
        return content

    def forget(self, kept: Kept) -> None:
        """Drop a kept file, as one that was put away for a change that did not happen."""
        self._write([one for one in self.kept() if one != kept])
        with suppress(FileNotFoundError):
            (self.folder / Path(kept.file).name).unlink()

    def _write(self, held: list[Kept]) -> None:
        text = json.dumps([asdict(one) for one in held], indent=1).encode() + b"\n"
        write_whole(self.folder / INDEX, text, mode=0o600)


def write_whole(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put a file in the place of another at once, on the disk before it takes the name.

    Mode and owner stay those of the file that stands there, where `mode` does not say otherwise.
    Raises OSError, and then nothing is changed.
    """
    path = path.resolve()
    before = path.stat() if mode is None else None
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if before is not None and (before.st_uid, before.st_gid) != _owner(descriptor):
                os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode) if before else mode or 0o600)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise
    _sync_folder(path.parent)


def _owner(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_uid, status.st_gid


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
