"""Drafts of the configuration that people edit in the browser, so that nothing typed is lost.

One for each person, in a folder that its owner alone may read: list entries are callers' numbers.
What a draft becomes is `desk.drafts`'s; files that were in force are `config.history`'s.
"""

import base64
import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from screener.config.history import write_whole

FOLDER = "web-drafts"
KEPT_S = 30 * 86_400.0
"""A draft that was not touched for so long is dropped: it may hold numbers erased elsewhere."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person made of a file: `content` of what was `base`, `at` seconds since 1970.

    `aside` is what this person had made before starting again from another base; empty for none.
    """

    content: bytes
    base: bytes
    at: float
    aside: bytes = b""


class WebDrafts:
    """The drafts of one site; raises OSError as the file system does."""

    def __init__(self, storage_folder: Path) -> None:
        self.folder = storage_folder / FOLDER

    def keep(self, who: str, draft: Draft) -> None:
        """Keep the draft of a person, in the place of an earlier one."""
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._drop_old(draft.at)
        told = {
            name: base64.b64encode(getattr(draft, name)).decode()
            for name in ("content", "base", "aside")
        }
        text = json.dumps({"at": draft.at, **told}).encode()
        write_whole(self._path(who), text, mode=0o600)
        os.utime(self._path(who), (draft.at, draft.at))

    def of(self, who: str) -> Draft | None:
        """Return the draft of a person, None where there is none that can be read."""
        try:
            told = json.loads(self._path(who).read_bytes())
            parts = {name: base64.b64decode(told[name]) for name in ("content", "base", "aside")}
            return Draft(at=float(told["at"]), **parts)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def drop(self, who: str) -> None:
        """Forget the draft of a person."""
        with suppress(FileNotFoundError):
            self._path(who).unlink()

    def _path(self, who: str) -> Path:
        # A person's name is no name of a file.
        return self.folder / f"{hashlib.sha256(who.encode()).hexdigest()[:32]}.json"

    def _drop_old(self, now: float) -> None:
        for path in self.folder.glob("*.json"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now - KEPT_S:
                    path.unlink()
