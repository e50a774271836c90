"""Fetch a real Asterisk and SIPp into a folder of the user's, without root, once.

The tree is built beside its place and renamed at the end, so an interrupted fetch leaves nothing
half; a lock keeps a second process waiting until the first has it. A system's own Asterisk and
SIPp are used instead where they are there. Downloading is `apt`'s part, running `root`'s.
"""

import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.apt import AptWorld, unpack
from screener.lab.root import LabRoot, fetched_root, system_root

PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm", "sip-tester")
"""What is fetched; apt adds all that they need."""

ROOM = 700 * 1024 * 1024
"""Bytes that must be free: 90 MB of archives and lists, 300 MB unpacked, and some air."""

_MARKER = "screener-lab.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step of a fetch is: `done` of `total`, both in `unit` (bytes or packages)."""

    step: str
    done: int
    total: int
    unit: str


def lab_folder() -> Path:
    """Return where the lab is kept: SCREENER_LAB_DIR, or screener/lab in the cache folder."""
    chosen = os.environ.get("SCREENER_LAB_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "screener/lab"


def ensure_lab(
    say: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> LabRoot:
    """Return a usable Asterisk and SIPp: the system's own, the one fetched before, or a new one.

    SCREENER_LAB_FETCH=always passes the system's own by. `say` gets a line for each step,
    `progress` the figures between. Raises MissingPartError with one line that says what is
    missing and what to do.
    """
    if os.environ.get("SCREENER_LAB_FETCH") != "always" and (system := system_root()):
        return system
    folder = lab_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", say):
            if not _is_whole(folder / "root"):
                what = Fetched("Asterisk and SIPp", "about 100 MB", PACKAGES, _finish)
                fetch_tree(folder / "root", what, say, progress)
        return fetched_root(folder / "root")
    except OSError as error:
        raise MissingPartError(folder_trouble(folder, error)) from error


@dataclass(frozen=True, slots=True)
class Fetched:
    """A tree of packages: what it is and how large, in words; what to take; how to finish it.

    `finish` is given the tree and the archives' names, before the tree comes into its place.
    """

    name: str
    size: str
    packages: tuple[str, ...]
    finish: Callable[[Path, list[str]], None]


def fetch_tree(
    root: Path,
    what: Fetched,
    say: Callable[[str], None],
    progress: Callable[[Progress], None],
) -> None:
    """Fetch packages and all they need into `root`, whole or not at all; the lock is held.

    Raises MissingPartError with one line that says what is missing, OSError for the disk's.
    """
    folder = root.parent
    for left in folder.glob("building-*"):
        shutil.rmtree(left, ignore_errors=True)
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise MissingPartError(
            f"{folder} has {free >> 20} MB free, the lab needs {ROOM >> 20} MB: "
            "make room, or set SCREENER_LAB_DIR to another folder"
        )
    with tempfile.TemporaryDirectory(prefix="building-", dir=folder) as building:
        place = Path(building)
        world = AptWorld(place / "apt")
        say(f"Fetching {what.name} into {folder} ({what.size}, once)")
        archive = world.lay_out()
        say(f"Reading the package lists of {archive.site} ({archive.suite})")
        world.update()
        archives = world.download(
            what.packages, lambda done, total: progress(Progress("download", done, total, "bytes"))
        )
        tree = place / "root"
        tree.mkdir()
        say(f"Unpacking {len(archives)} packages")
        for done, package in enumerate(archives, 1):
            unpack(package, tree)
            progress(Progress("unpack", done, len(archives), "packages"))
        what.finish(tree, [package.name for package in archives])
        shutil.rmtree(root, ignore_errors=True)
        tree.rename(root)
    say(f"{what.name}: ready")


def _finish(root: Path, archives: list[str]) -> None:
    """Do what the packages' own install scripts would have done, and leave the marker."""
    sounds = root / "usr/share/asterisk/sounds"
    if not (sounds / "en").exists():
        spoken = next(iter(sorted(sounds.glob("en_*"))), None)
        if spoken is None:
            raise MissingPartError("the mirror's sound package holds no English prompts")
        (sounds / "en").symlink_to(spoken.name)
    (root / "usr/share/asterisk/moh").mkdir(exist_ok=True)
    version = fetched_root(root).version
    marker = {"format": _FORMAT, "asterisk": version, "archives": archives}
    (root / _MARKER).write_text(json.dumps(marker, indent=1))


def _is_whole(root: Path) -> bool:
    try:
        marker = json.loads((root / _MARKER).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and marker.get("format") == _FORMAT


@contextmanager
def locked(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lab's lock file; the kernel lets it go when the process ends, however it ends."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another process that fetches the lab")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def folder_trouble(folder: Path, error: OSError) -> str:
    """Say what a folder of the lab's lacks, and what to do."""
    if error.errno == errno.ENOSPC:
        return f"{folder}: the disk is full: make room, or set SCREENER_LAB_DIR to another folder"
    return f"cannot write {folder} ({error.strerror}): set SCREENER_LAB_DIR to a folder of your own"


__all__ = [
    "PACKAGES",
    "ROOM",
    "Fetched",
    "Progress",
    "ensure_lab",
    "fetch_tree",
    "folder_trouble",
    "lab_folder",
    "locked",
]
