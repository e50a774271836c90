"""Where the lab's programs stand, and the words that start them.

A fetched lab is one folder tree whose programs run through its own loader, so the machine's libc
does not matter; a system's own Asterisk and SIPp are run as they are. Filling the folder is left
to `fetch`.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from screener.errors import MissingPartError

OLDEST = (20, 6)
"""The first Asterisk with everything the dialplan uses (PJSIPHangup came with 20.6)."""

_VERSION = re.compile(r"(\d+)\.(\d+)")
_SYSTEM_MODULES = (
    "usr/lib/*/asterisk/modules",
    "usr/lib64/asterisk/modules",
    "usr/lib/asterisk/modules",
)
_PROGRAMS = {"asterisk": "usr/sbin/asterisk", "sipp": "usr/bin/sipp"}


@dataclass(frozen=True, slots=True)
class LabRoot:
    """A usable Asterisk and SIPp.

    `folder` is the fetched tree, or None where the system's own programs serve; `version` is
    Asterisk's, as it says it; `modules` and `data` are its module and data folders.
    """

    version: str
    modules: Path
    data: Path
    folder: Path | None = None

    def command(self, program: str) -> list[str]:
        """Return the first words of a command line that runs `asterisk` or `sipp`."""
        if self.folder is None:
            return [program]
        return _through_loader(self.folder, _PROGRAMS[program])


def fetched_root(folder: Path) -> LabRoot:
    """Look at a fetched tree and ask its Asterisk for the version.

    Raises MissingPartError where the tree is not whole or its Asterisk is too old.
    """
    modules = next(iter(sorted(folder.glob("usr/lib/*/asterisk/modules"))), None)
    if modules is None:
        raise MissingPartError(
            f"{folder} holds no Asterisk modules: remove the folder and try again"
        )
    version = _ask_version(_through_loader(folder, _PROGRAMS["asterisk"]))
    return LabRoot(version, modules, folder / "usr/share/asterisk", folder)


def system_root(top: Path = Path("/")) -> LabRoot | None:
    """Return the system's own Asterisk and SIPp, or None where it lacks one or is too old."""
    if not (shutil.which("asterisk") and shutil.which("sipp")):
        return None
    modules = next((found for glob in _SYSTEM_MODULES for found in sorted(top.glob(glob))), None)
    data = next(
        (
            folder
            for folder in (top / "usr/share/asterisk", top / "var/lib/asterisk")
            if (folder / "sounds").is_dir()
        ),
        None,
    )
    if modules is None or data is None:
        return None
    try:
        return LabRoot(_ask_version(["asterisk"]), modules, data)
    except MissingPartError:
        return None


def read_version(text: str) -> tuple[int, int]:
    """Read `Asterisk 22.10.1+dfsg` as (22, 10); (0, 0) where it names no version."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _ask_version(command: list[str]) -> str:
    try:
        said = subprocess.run(  # noqa: S603 - our own lab's program
            [*command, "-V"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingPartError(f"cannot run {command[0]}: {error}") from error
    version = said.stdout.strip().removeprefix("Asterisk ")
    if read_version(version) < OLDEST:
        found = version or said.stderr.strip().splitlines()[-1:] or "no answer"
        raise MissingPartError(
            f"Asterisk {OLDEST[0]}.{OLDEST[1]} or later is needed, found: {found}"
        )
    return version


def _through_loader(folder: Path, program: str) -> list[str]:
    loader = next(iter(sorted(folder.glob("usr/lib/*/ld-linux*.so.*"))), None)
    if loader is None:
        raise MissingPartError(f"{folder} holds no loader: remove the folder and try again")
    return [str(loader), "--library-path", str(loader.parent), str(folder / program)]
