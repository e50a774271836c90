"""A language's folder `screener` of prompts: writes what we made, keeps what people recorded.

A file is ours where its digest stands in the folder's list of what was made; any other one is
somebody's recording. Each file comes into its place whole or not at all, and the list is written
before it, so that an interrupted run leaves no file of ours that looks like a person's. What the
sounds are is left to `stock_sounds` and `espeak`.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from screener.adapters.stock_sounds import files_of

FOLDER = "screener"
"""The folder inside a language's; Playback(screener/press) finds it by the channel's language."""

LIST = "made-by-screener.json"
"""The digests (SHA-256) of all files made here."""

_FILE_MODE, _FOLDER_MODE = 0o644, 0o755  # Asterisk runs as a user of its own


class PromptSet:
    """The prompts of one language; `folder` is where they are."""

    def __init__(self, language: Path) -> None:
        self.folder = language / FOLDER
        self._made = _read_list(self.folder / LIST)

    def recorded(self, word: str) -> list[Path]:
        """Return a word's files that were not made here."""
        return [path for path in self._files(word) if not self._is_ours(path)]

    def put(self, word: str, sounds: Mapping[str, bytes], *, force: bool) -> bool:
        """Put a word's sounds (by format) into place, instead of those made before.

        Returns False where somebody recorded the word and it is not to be replaced by `force`;
        what was made of it before goes, so that the recording is heard. Raises OSError where the
        folder cannot be written.
        """
        old = self._files(word)
        if self.recorded(word) and not force:
            for path in filter(self._is_ours, old):
                path.unlink()
            return False
        self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        gone = {_digest(path.read_bytes()) for path in old if self._is_ours(path)}
        new = {_digest(sound) for sound in sounds.values()}
        self._note(self._made | new)
        for ending, sound in sounds.items():
            _write(self.folder / f"{word}.{ending}", sound)
        for path in old:
            if path.suffix[1:] not in sounds:
                path.unlink()
        self._note(self._made - gone | new)
        return True

    def _files(self, word: str) -> list[Path]:
        return list(files_of(self.folder, word).values())

    def _is_ours(self, path: Path) -> bool:
        return _digest(path.read_bytes()) in self._made

    def _note(self, made: frozenset[str] | set[str]) -> None:
        if made != self._made:
            self._made = frozenset(made)
            _write(self.folder / LIST, json.dumps(sorted(made), indent=0).encode())


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _read_list(path: Path) -> frozenset[str]:
    """Read the digests; a list that is broken or gone makes every file a person's."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return frozenset()
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole; a link in its place is replaced, not followed."""
    handle, name = tempfile.mkstemp(prefix=".screener-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), _FILE_MODE)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
