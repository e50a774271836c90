"""A private apt world: download a program's whole closure without root and touch nothing else.

An empty status file makes apt count every package as missing, libc included. The mirror and the
keyring are the machine's own, signatures are checked. Unpacking and the place are left to `fetch`.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from screener.errors import MissingPartError

_RELEASE_URI = re.compile(r"'([^' ]+)/dists/([^/' ]+)/[^']*'")
_PACKAGE_URI = re.compile(r"^'[^' ]+' \S+ (\d+) ", re.MULTILINE)
_DOWNLOADED = re.compile(r"^dlstatus:\d+:([0-9.]+):")
_KEYRINGS = Path("/usr/share/keyrings")
_UPDATE_TIMEOUT_S = 300

_CONFIG = """\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "{world}/state";
Dir::State::lists "{world}/state/lists";
Dir::State::status "{world}/state/status";
Dir::State::extended_states "{world}/state/extended";
Dir::Cache "{world}/cache";
Dir::Cache::archives "{world}/cache/archives";
Dir::Log "{world}/log";
Dir::Etc::SourceList "{world}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Keep-Downloaded-Packages "true";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Debug::NoLocking "1";
"""
# A mirror that stands still has a Release file past its date; its signature still holds.

_REASONS = (
    ("No space left", "the disk is full"),
    ("enough free space", "the disk is full"),
    ("NO_PUBKEY", "this machine's archive keyring does not know the mirror's key: update it"),
    ("EXPKEYSIG", "this machine's archive keyring has expired: update it"),
    ("is not signed", "the mirror's lists are not signed by a key of this machine's keyring"),
    ("Unable to locate package", "the mirror has no such package"),
    ("does not have a Release file", "the mirror does not carry the suite needed"),
    ("404", "the mirror's files have moved since it was read: try again"),
    ("resolve", "the mirror's name is not known: is there a network?"),
    ("connect", "the mirror cannot be reached: is there a network?"),
    ("timed out", "the mirror does not answer: is there a network?"),
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A package mirror and what to take from it."""

    site: str
    suite: str
    components: str
    keyring: str

    def line(self, architecture: str) -> str:
        """Return the line for a sources.list; without a known keyring apt's trusted keys serve."""
        signed = next(
            (
                f" signed-by={path}"
                for suffix in (".gpg", ".pgp")
                if (path := _KEYRINGS / (self.keyring + suffix)).is_file()
            ),
            "",
        )
        return f"deb [arch={architecture}{signed}] {self.site} {self.suite} {self.components}\n"


def find_archive(uris: str) -> Archive | None:
    """Choose a mirror from what `apt-get --print-uris update` says, which needs no lists.

    The site with the most suites wins (a distribution has an updates suite beside), one named
    debian or ubuntu before any other. A Debian mirror serves its unstable suite (no stable one has
    Asterisk), an Ubuntu mirror the machine's own.
    """
    named = _RELEASE_URI.findall(uris)
    places = [(site, suite) for site, suite in named if "-" not in suite]
    if not places:
        return None
    suites = Counter(site for site, _ in set(named))
    site = max((site for site, _ in places), key=lambda one: (_family(one) != "", suites[one]))
    if _family(site) == "ubuntu":
        suite = next(suite for where, suite in places if where == site)
        return Archive(site, suite, "main universe", "ubuntu-archive-keyring")
    return Archive(site, "sid", "main", "debian-archive-keyring")


def why_failed(output: str) -> str:
    """Say in a few words why apt or dpkg failed; where unknown, its own last error line."""
    for mark, reason in _REASONS:
        if mark in output:
            return reason
    lines = [line for line in output.splitlines() if line.startswith(("E:", "W:", "dpkg"))]
    return lines[-1] if lines else "it gave no reason"


class AptWorld:
    """One private apt world in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.archives = folder / "cache/archives"

    def lay_out(self) -> Archive:
        """Make the folders, and read the mirror from the machine.

        Raises MissingPartError where the system has no apt or names no mirror.
        """
        missing = [name for name in ("apt-get", "dpkg-deb", "dpkg") if not shutil.which(name)]
        if missing:
            raise MissingPartError(
                f"no {' and no '.join(missing)} on this system, and no Asterisk and SIPp on PATH: "
                "install asterisk (20.6 or later) and sipp by this system's own means"
            )
        for part in ("state/lists/partial", "cache/archives/partial", "log"):
            (self._folder / part).mkdir(parents=True)
        (self._folder / "state/status").touch()
        archive = find_archive(_run(["apt-get", "--print-uris", "update"], "read apt's sources"))
        if archive is None:
            raise MissingPartError("apt's sources on this machine name no package mirror")
        architecture = _run(["dpkg", "--print-architecture"], "ask for the architecture").strip()
        (self._folder / "sources.list").write_text(archive.line(architecture))
        (self._folder / "apt.conf").write_text(_CONFIG.format(world=self._folder))
        return archive

    def update(self) -> None:
        """Fetch the mirror's lists; raises MissingPartError with apt's reason."""
        _run([*self._apt(), "update"], "read the package mirror")

    def download(self, packages: Iterable[str], progress: Callable[[int, int], None]) -> list[Path]:
        """Download the packages and all they need; return the archives.

        `progress` is told bytes done and bytes in all. Raises MissingPartError with apt's reason.
        """
        command = [*self._apt(), "install", "--download-only", "-y", *packages]
        total = sum(map(int, _PACKAGE_URI.findall(_run([*command, "--print-uris"], "plan"))))
        status, write = os.pipe()
        with (self._folder / "log/download").open("w+") as log:
            child = subprocess.Popen(  # noqa: S603 - apt-get with words of ours
                [*command, "-o", f"APT::Status-Fd={write}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(write,),
                env=_environment(),
            )
            os.close(write)
            with child, os.fdopen(status) as lines:
                for line in lines:
                    if found := _DOWNLOADED.match(line):
                        progress(int(total * float(found[1]) / 100), total)
            if child.returncode:
                log.seek(0)
                raise MissingPartError(f"cannot download the packages: {why_failed(log.read())}")
        return sorted(self.archives.glob("*.deb"))

    def _apt(self) -> list[str]:
        return ["apt-get", "-c", str(self._folder / "apt.conf"), "-q"]


def unpack(archive: Path, root: Path) -> None:
    """Unpack one archive into the root; raises MissingPartError with dpkg's reason."""
    _run(["dpkg-deb", "-x", str(archive), str(root)], f"unpack {archive.name}")


def _family(site: str) -> str:
    last = site.rstrip("/").rpartition("/")[2]
    return next((name for name in ("debian", "ubuntu") if last.startswith(name)), "")


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _run(command: list[str], what: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - apt and dpkg with words of ours
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_UPDATE_TIMEOUT_S,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MissingPartError(f"cannot {what}: no end after {_UPDATE_TIMEOUT_S} s") from error
    if done.returncode:
        raise MissingPartError(f"cannot {what}: {why_failed(done.stderr + done.stdout)}")
    return done.stdout


__all__ = ["AptWorld", "Archive", "find_archive", "unpack", "why_failed"]
