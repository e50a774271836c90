"""A real Kamailio for the tests: the system's own, or one fetched beside the lab, without root.

It runs the sample `asterisk/kamailio.cfg`, fitted to free ports of loopback and to a socket in
its own folder. What calls it, and what the agent tells it, is the tests' part.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from screener.errors import MissingPartError
from screener.lab.child import Child
from screener.lab.fetch import Fetched, fetch_tree, folder_trouble, lab_folder, locked
from screener.lab.ports import LOOPBACK, free_ports
from screener.lab.share import sample_folder

PACKAGES = ("kamailio",)
START_S = 60.0
_READY = "ready"


@cache
def kamailio_command() -> tuple[str, ...]:
    """Return the words that start a Kamailio; raises MissingPartError where none can be had."""
    system = shutil.which("kamailio")
    if system and os.environ.get("SCREENER_LAB_FETCH") != "always":
        return (system,)
    folder = lab_folder() / "kamailio"
    root = folder / "root"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", lambda _: None):
            if not (root / _READY).exists():
                what = Fetched("Kamailio", "about 40 MB", PACKAGES, _finish)
                fetch_tree(root, what, lambda _: None, lambda _: None)
    except OSError as error:
        raise MissingPartError(folder_trouble(folder, error)) from error
    loader = next(iter(sorted(root.glob("usr/lib/*/ld-linux*.so.*"))), None)
    if loader is None:
        raise MissingPartError(f"{root} holds no loader: remove the folder and try again")
    own = loader.parent / "kamailio"
    libraries = f"{loader.parent}:{own}"
    program = str(root / "usr/sbin/kamailio")
    return (str(loader), "--library-path", libraries, program, "-L", str(own / "modules"))


def kamailio_or_skip() -> None:
    """Skip the test where no Kamailio can be had; raises MissingPartError where one must be."""
    try:
        kamailio_command()
    except MissingPartError as error:
        if os.environ.get("SCREENER_REQUIRE_LAB") == "1":
            raise
        pytest.skip(f"no Kamailio: {error}")


def _finish(root: Path, _archives: list[str]) -> None:
    (root / _READY).touch()


def fitted(words: Mapping[str, str]) -> str:
    """Return the sample's text with other words; raises ValueError where one is not there."""
    text = (sample_folder() / "kamailio.cfg").read_text()
    for old, new in words.items():
        if old not in text:
            raise ValueError(f"kamailio.cfg no longer says {old!r}")
        text = text.replace(old, new)
    return text


class Kamailio(Child):
    """A running Kamailio that passes calls on to `target`, a SIP port of loopback.

    `text` is a whole configuration in place of the sample; `words` are swapped in the sample.
    """

    what = "Kamailio"
    stop_limit_s = 5.0

    def __init__(
        self,
        folder: Path,
        target: int,
        *,
        text: str = "",
        words: Mapping[str, str] | None = None,
        memory_mb: int = 64,
    ) -> None:
        self.port = free_ports(1)[0]
        self.socket = folder / "rpc.sock"
        self._folder = folder
        self._memory_mb = memory_mb
        self._log = folder / "kamailio.log"
        places = {
            "udp:127.0.0.1:5059": f"udp:{LOOPBACK}:{self.port}",
            "sip:127.0.0.1:5060": f"sip:{LOOPBACK}:{target}",
            "/run/kamailio/screener.sock": str(self.socket),
        }
        self._text = text or fitted({**places, **(words or {})})

    def start(self) -> None:
        """Start it and wait until it answers; raises MissingPartError with its last words."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "kamailio.cfg"
        config.write_text(self._text.replace("LISTEN_HERE", f"udp:{LOOPBACK}:{self.port}"))
        size = ("-m", str(self._memory_mb), "-M", "4")
        words = (
            *kamailio_command(),
            "-f",
            str(config),
            *size,
            "-DD",
            "-E",
            "-Y",
            str(self._folder),
        )
        child = self._spawn(words, self._log, folder=self._folder)
        deadline = time.monotonic() + START_S
        while not self._listens():
            if child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                last = self._log.read_text(errors="replace").splitlines()[-3:]
                raise MissingPartError(f"Kamailio did not start: {' | '.join(last)}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill it with all its processes, as a crash of the machine would."""
        os.killpg(self.pid, signal.SIGKILL)
        if self._child is not None:
            self._child.wait(self.stop_limit_s)

    def stop(self) -> None:
        """End it, and what is left of its processes."""
        group = self._child.pid if self._child is not None else 0
        super().stop()
        if group:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                return

    def pids(self) -> list[int]:
        """Return the ids of all its processes."""
        told = subprocess.run(
            ["ps", "-o", "pid=", "-g", str(self.pid)], capture_output=True, text=True, check=False
        )
        return [int(word) for word in told.stdout.split()]

    def _listens(self) -> bool:
        """Look whether its UDP port is bound (Linux): it answers no other question for sure."""
        bound = f"{int.from_bytes(bytes([127, 0, 0, 1]), 'little'):08X}:{self.port:04X}"
        return bound in Path("/proc/net/udp").read_text()
