"""A changed configuration, from its text to what it means in its place, and what speaks against it.

How the file and the agent are exchanged is `exchange`'s; whom it would have hurt `playing`'s.
Whether to do it all the same, the asker decides.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from screener.config.control_socket import AUTO
from screener.config.files import MAX_CONFIG_BYTES, read_text
from screener.config.history import History, Kept
from screener.config.load import Config, load_config, parse_config
from screener.config.storage_folders import storage_folder
from screener.config.yaml_tree import read_tree
from screener.core.settings import Mode
from screener.desk.exchange import Exchange, running
from screener.errors import ConfigError, Place, ScreenerError


@dataclass(frozen=True, slots=True)
class Text:
    """A file's bytes and what they mean at the place where the agent reads them."""

    content: bytes
    config: Config


@dataclass(frozen=True, slots=True)
class Back:
    """The way back from what stands at `path` now to the file that was put away last.

    `present` is what the file there means, None where it is refused.
    """

    path: Path
    content: bytes
    present: Config | None
    kept: Kept
    found: Text

    @property
    def reasons(self) -> list[str]:
        """Return what speaks against it, in words."""
        return [] if self.present is None else changed_by_hand(self.path, self.present)

    def exchange(self, who: str, at: float) -> Exchange:
        """Return what is to be done."""
        was = "" if self.present is None else self.present.settings.config_hash
        socket = (self.present or self.found.config).control.socket
        new = self.found
        return Exchange(
            self.path, self.content, new.content, new.config, socket, "rollback", was, who, at
        )


def in_place(path: Path) -> Text:
    """Read the file in force; raises ConfigError."""
    return Text(path.read_bytes() if path.is_file() else b"", load_config(path))


def read_candidate(candidate: Path, place: Path) -> Text:
    """Read a candidate as it will be read in its new place; refuse it where that differs."""
    text = read_text(candidate, MAX_CONFIG_BYTES)
    here = parse_config(text, str(candidate), candidate.parent)
    try:
        there = parse_config(text, str(candidate), place.parent)
    except ConfigError as error:
        raise ScreenerError(f"in the place of {place} it would be refused:\n{error}") from None
    if here.settings.config_hash != there.settings.config_hash:
        raise ScreenerError(
            f"{candidate} names list files that are looked up beside it: in {place.parent} they "
            "hold something else. Name them by their whole path, or put the candidate there"
        )
    content = candidate.read_bytes()
    if content.decode("utf-8-sig", "replace") != text:
        raise ScreenerError(f"{candidate} was changed while it was read: try again")
    return Text(content, there)


def parse_candidate(content: bytes, place: Path) -> Text:
    """Read the bytes of a candidate for its place; raises ConfigError naming that place."""
    return Text(content, _parsed(content, str(place), place.parent))


def forward(old: Text, new: Text, path: Path, who: str, at: float) -> Exchange:
    """Return what is to be done for the new text to take the old one's place."""
    was, socket = old.config.settings.config_hash, old.config.control.socket
    return Exchange(path, old.content, new.content, new.config, socket, "apply", was, who, at)


def way_back(path: Path, folder: Path | None = None) -> Back:
    """Return what the last exchange put away from `path`.

    `folder` is the storage folder, where a broken file no longer names it. Raises ScreenerError
    where nothing is kept.
    """
    content = path.read_bytes() if path.is_file() else b""
    present = _present(path)
    named = present.storage.folder if present is not None else _declared_folder(content, path)
    history = History(folder or Path(named))
    kept = history.latest(path)
    if kept is None:
        hint = "" if present is not None else "; say with --folder where the agent keeps its log"
        raise ScreenerError(f"no earlier file of {path} is kept in {history.folder}{hint}")
    old = history.read(kept)
    found = Text(old, _parsed(old, str(history.folder / kept.file), path.parent))
    return Back(path, content, present, kept, found)


def changed_by_hand(path: Path, config: Config) -> list[str]:
    """Return, in words, that the running agent has another configuration than the file's."""
    told = running(config.control.socket)
    if told is None or told.get("config") == config.settings.config_hash:
        return []
    hashes = f"it has {told.get('config')}, the file is {config.settings.config_hash}"
    return [f"{path} was changed since the agent read it: {hashes}"]


def mode_reason(current: Config, candidate: Config) -> list[str]:
    """Return, in words, that verdicts would begin to take effect."""
    modes = current.settings.mode, candidate.settings.mode
    begins = modes[0] is not Mode.ENFORCE and modes[1] is Mode.ENFORCE
    return ["the mode changes from observe to enforce: verdicts take effect"] if begins else []


def _parsed(content: bytes, name: str, folder: Path) -> Config:
    """Read what would be refused as a file, too: else it was put in force for the next start."""
    if len(content) > MAX_CONFIG_BYTES:
        told = f"has {len(content)} bytes; allowed: at most {MAX_CONFIG_BYTES}"
        raise ConfigError([(Place(name), told)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = "is not UTF-8 in this line; allowed: a text in UTF-8"
        raise ConfigError([(Place(name, line, 1), told)]) from None
    return parse_config(text, name, folder)


def _present(path: Path) -> Config | None:
    """Return the configuration in the file; None where it is refused, which can be taken back."""
    try:
        return load_config(path)
    except ConfigError:
        return None


def _declared_folder(content: bytes, path: Path) -> str:
    """Return the storage folder of a file that is refused, as far as it still tells."""
    try:
        tree = read_tree(content.decode("utf-8-sig", "replace"), str(path)).value
    except ConfigError:
        tree = None
    section = tree.get("storage") if isinstance(tree, dict) else None
    folder = section.get("folder") if isinstance(section, dict) else None
    return storage_folder(folder if isinstance(folder, str) else AUTO, os.environ)
