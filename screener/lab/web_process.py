"""The web admin of a lab: `screener web` as a process of its own, as an admin would run it.

It shares the agent's configuration, and takes any free port. What it shows is for a browser.
"""

import re
import sys
import time
from pathlib import Path

from screener.errors import MissingPartError
from screener.lab.child import Child

START_LIMIT_S = 60.0

_ADDRESS = re.compile(r"the web admin is at (http\S+)")
_SECRET = re.compile(r"works once: (\S+)")


class WebProcess(Child):
    """A web admin; `address` is where it is, `secret` what makes its first admin, once started."""

    what = "the lab's web admin"
    stop_limit_s = 5.0

    def __init__(self, config: Path, log: Path) -> None:
        self.config = config
        self.log = log
        self.address = self.secret = ""
        self._begin = 0

    def start(self) -> None:
        """Start it and wait until it listens; raises MissingPartError with its last words."""
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, "-m", "screener", "web", "--config", str(self.config)]
        child = self._spawn(command, self.log)
        deadline = time.monotonic() + START_LIMIT_S
        while not self._has_said_where():
            if child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                told = " | ".join(self._said().splitlines()[-3:]) or "it said nothing"
                raise MissingPartError(f"the web admin did not start: {told}")
            time.sleep(0.05)

    def _has_said_where(self) -> bool:
        text = self._said()
        if "WEB-READY" not in text or (where := _ADDRESS.search(text)) is None:
            return False
        self.address = where.group(1)
        secret = _SECRET.search(text)
        self.secret = secret.group(1) if secret else ""
        return True

    def _said(self) -> str:
        """Return what it has said since this start."""
        said = self.log.read_bytes() if self.log.exists() else b""
        return said[self._begin :].decode(errors="replace").strip()
