"""A real Chromium for the tests: the system's own, or one fetched beside the lab, without root.

The fetched one runs through its own tree's loader, so the machine's libc does not matter.
Downloading and unpacking are `screener.lab.fetch`'s part, driving it is `tab`'s.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.fetch import Fetched, Progress, fetch_tree, folder_trouble, lab_folder, locked

PACKAGES = ("chromium-headless-shell", "fontconfig-config", "fonts-dejavu-core")

OLDEST = 120
"""The first Chromium whose new headless mode draws as the one people use does."""

SYSTEM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",
)

ROOM = 1_000 * 1024 * 1024
"""Bytes that must be free: 180 MB of archives, 600 MB unpacked (340 MB stay), and some air."""

_VERSION = re.compile(r"\bChrom(?:e|ium)\b\D*(\d+)[\d.]*")
_NO_GPU = (
    "usr/lib/*/libLLVM*",
    "usr/lib/*/libgallium*",
    "usr/lib/*/libz3*",
    "usr/lib/*/dri",
    "usr/lib/chromium/libVkLayer*",
)
_NO_READER = ("usr/share/doc", "usr/share/locale", "usr/share/man")

# /proc/self/exe is the loader here. So it stands where Chromium looks for its data, and what
# Chromium starts of itself comes back to this script; the zygote knows no such way, and without
# one there is no sandbox. It is shown pages of the tests only.
_SCRIPT = """\
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
libraries=$here/{libraries}
export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/usr/lib/chromium/{loader}" --library-path "$libraries:$libraries/pulseaudio" \\
  "$here/usr/lib/chromium/chromium-headless-shell" \\
  --browser-subprocess-path="$here/chromium" --no-zygote --no-sandbox "$@"
"""

_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A usable Chromium: the program to start, and its version as it says it."""

    program: Path
    version: str


def ensure_browser(
    say: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Chromium:
    """Return a Chromium: the system's own, the one fetched before, or a new one.

    SCREENER_LAB_FETCH=always passes the system's own by. `say` gets a line for each step,
    `progress` the figures between. Raises MissingPartError with one line that says what is
    missing and what to do.
    """
    if os.environ.get("SCREENER_LAB_FETCH") != "always" and (system := system_browser()):
        return system
    folder = lab_folder() / "browser"
    program = folder / "root/chromium"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", say):
            if not program.is_file():
                _fetch(program.parent, say, progress)
    except OSError as error:
        raise MissingPartError(folder_trouble(folder, error)) from error
    version = _version(program)
    if version is None:
        raise MissingPartError(f"{program} does not run: remove {program.parent} and try again")
    return Chromium(program, version)


def system_browser() -> Chromium | None:
    """Return the first Chromium or Chrome on PATH that runs and is new enough, or None."""
    for name in SYSTEM_NAMES:
        found = shutil.which(name)
        version = found and _version(Path(found))
        if found and version and int(version.split(".")[0]) >= OLDEST:
            return Chromium(Path(found), version)
    return None


def _fetch(root: Path, say: Callable[[str], None], progress: Callable[[Progress], None]) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb") and shutil.which("dpkg")):
        raise MissingPartError(
            f"no apt-get or dpkg on this system, and no Chromium {OLDEST} or later on PATH: "
            "install chromium by this system's own means"
        )
    free = shutil.disk_usage(root.parent).free
    if free < ROOM:
        raise MissingPartError(
            f"{root.parent} has {free >> 20} MB free, a browser for the tests needs "
            f"{ROOM >> 20} MB: make room, or set SCREENER_LAB_DIR to another folder"
        )
    fetch_tree(root, Fetched("Chromium", "about 180 MB", PACKAGES, finish), say, progress)


def finish(tree: Path, archives: list[str]) -> None:
    """Leave out what a screen would need, and leave the script that runs it.

    The script is written last and so marks a whole tree.
    """
    del archives
    for pattern in _NO_GPU + _NO_READER:
        for path in tree.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    loader = next(iter(sorted(tree.glob("usr/lib/*/ld-linux*.so.*"))), None)
    if loader is None or not (tree / "usr/lib/chromium/chromium-headless-shell").is_file():
        raise MissingPartError("the mirror's packages hold no Chromium: install chromium yourself")
    shutil.copy2(loader, tree / "usr/lib/chromium")
    (tree / "fonts.conf").write_text(_FONTS)
    script = tree / "chromium"
    libraries = loader.parent.relative_to(tree)
    script.write_text(_SCRIPT.format(libraries=libraries, loader=loader.name))
    script.chmod(0o755)
    if _version(script) is None:
        raise MissingPartError("the mirror's Chromium does not run here: install chromium yourself")


def _version(program: Path) -> str | None:
    """Ask for the version; None where it does not run, as Ubuntu's note about a snap does not."""
    try:
        said = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(said.stdout)
    return found[0].rpartition(" ")[2] if found and not said.returncode else None


__all__ = ["OLDEST", "Chromium", "ensure_browser", "finish", "system_browser"]
