"""One admin's draft beside the file in force: read, taken from a form, kept, and its beginning.

Blocking; pages call it through `Site.run`. What each page shows of it is the pages' business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

from screener.config.history import History
from screener.config.load import Config
from screener.config.yaml_tree import Problem
from screener.desk.cells import shown
from screener.desk.drafts import as_bytes, as_typed, fingerprint, read_draft
from screener.desk.replays import Replays
from screener.errors import MissingPartError, ScreenerError
from screener.storage.web_drafts import Draft, WebDrafts
from screener.web.site import Site
from screener.web.tune_knobs import moved_in

NO_FILE = (
    "this site runs with the embedded defaults: there is no configuration file that could be "
    "changed"
)
NO_TEXT = "the file in force is no text in UTF-8: correct it by hand, or go back by History"


@dataclass(frozen=True, slots=True)
class Tuning:
    """What the pages of one site share: its replays, and that one file is exchanged at a time."""

    replays: Replays = field(default_factory=Replays)
    exchanging: Lock = field(default_factory=Lock)


_TUNINGS: WeakKeyDictionary[Site, Tuning] = WeakKeyDictionary()


def tuning_of(site: Site) -> Tuning:
    """Return what the pages of this site share."""
    return _TUNINGS.setdefault(site, Tuning())


def file_of(site: Site) -> Path:
    """Return the configuration file; raises MissingPartError where there is none."""
    if site.path is None:
        raise MissingPartError(NO_FILE)
    return site.path


def read_file(path: Path) -> bytes:
    """Return the bytes in force; raises ScreenerError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScreenerError(f"{path} cannot be read: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class Standing:
    """The file as it stands on the disk, and this person's draft of it, if there is one.

    `why_not_kept` says what kept the draft from being written down; empty where it was.
    """

    path: Path
    disk: bytes
    draft: Draft | None = None
    moved: tuple[Problem, ...] = ()
    why_not_kept: str = ""

    @property
    def content(self) -> bytes:
        """Return what this person works on."""
        return self.disk if self.draft is None else self.draft.content

    @property
    def base(self) -> bytes:
        """Return what that began from."""
        return self.disk if self.draft is None else self.draft.base

    @property
    def text(self) -> str:
        """Return the content as an editor shows it; raises ScreenerError where it is no text."""
        text = as_typed(self.content)
        if text is None:
            raise ScreenerError(NO_TEXT)
        return text

    @property
    def conflict(self) -> bool:
        """Say whether the file was changed by somebody else since the draft began."""
        return self.base != self.disk

    def read(self) -> tuple[Config | None, list[Problem]]:
        """Return what it means as the configuration, or why it would be refused."""
        return read_draft(self.content, str(self.path), self.path.parent)

    def problems(self) -> list[Problem]:
        """Return why it would be refused as the configuration."""
        return self.read()[1]


def standing(site: Site, name: str) -> Standing:
    """Return where the person of this name stands; raises ScreenerError."""
    path = file_of(site)
    disk = read_file(path)
    draft = WebDrafts(site.folder).of(name)
    if draft is not None and draft.content == disk and not draft.aside:
        draft = None
    return Standing(path, disk, draft)


def take(site: Site, name: str, typed: str, base: str, moved: Mapping[str, str]) -> Standing:
    """Keep what a form sent as the person's draft: its text, in which sliders were moved.

    `base` is the fingerprint of the file that the draft began from. Nothing typed is lost: where it
    cannot be written down, it still stands in what is returned.
    """
    before = standing(site, name)
    began_from = _base(site, before, base)
    text, problems = moved_in(
        as_typed(typed.encode("utf-8", "replace")) or "", moved, str(before.path)
    )
    content = as_bytes(text, began_from)
    aside = before.draft.aside if before.draft else b""
    draft = Draft(content, began_from, site.wall(), aside)
    kept = ""
    try:
        keep(site, name, draft)
    except OSError as error:
        kept = f"the draft cannot be kept on the server: {error.strerror}; copy it elsewhere"
    return Standing(before.path, before.disk, draft, tuple(problems), kept)


def keep(site: Site, name: str, draft: Draft) -> None:
    """Keep a draft, none where it is what it began from; raises OSError."""
    drafts = WebDrafts(site.folder)
    if draft.content == draft.base and not draft.aside:
        drafts.drop(name)
    else:
        drafts.keep(name, draft)


def discard(site: Site, name: str) -> None:
    """Forget the person's draft; raises ScreenerError."""
    try:
        WebDrafts(site.folder).drop(name)
    except OSError as error:
        raise ScreenerError(f"the draft cannot be removed: {error.strerror}") from None


def said(value: object) -> str:
    """Return a value of the configuration as a page shows it."""
    if isinstance(value, list):
        return ", ".join(map(said, value)) or "none"
    return "none" if value is None or value == "" else shown(value)


def _base(site: Site, before: Standing, wanted: str) -> bytes:
    """Return the file of this fingerprint; an empty one, which conflicts, where nobody knows it."""
    for known in (before.base, before.disk):
        if fingerprint(known) == wanted:
            return known
    history = History(site.folder)
    try:
        for one in history.kept():
            if one.sha256 == wanted:
                return history.read(one)
    except (OSError, ScreenerError):
        pass
    return b""
