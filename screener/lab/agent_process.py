"""The agent of a lab: `screener serve` as a process of its own, as an admin would run it.

Everything but its mode and where it listens is the embedded default. What calls it is left to
`stage`; what it says is read over its control socket.
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from screener.adapters.control_client import ask, follow
from screener.errors import MissingPartError, ScreenerError
from screener.lab.asterisk import Asterisk
from screener.lab.child import Child

START_LIMIT_S = 60.0
"""The agent is up in under a second; a loaded machine is given its time."""

_LEARN_AT_ONCE = 200

_CONFIG = """\
# What the lab changes; all else is the embedded default (`screener check-config --effective`).
version: 1
mode: {mode}
listen:
  port: {port}
{listen}control:
  socket: {socket}
storage:
  folder: {folder}
  keys: {folder}/keys.json
web:
  port: 0
"""


_ARI = """\
ari:
  url: {url}
  secret_file: {secret_file}
"""


def over_ari(asterisk: Asterisk) -> str:
    """Return the section that has an agent ask captchas over this Asterisk's REST interface."""
    return _ARI.format(url=asterisk.ari_url, secret_file=asterisk.ari_secret_file)


class AgentProcess(Child):
    """An agent that listens on a port of loopback, with its files in a folder.

    `extra` is YAML text of whole sections put before the lab's own, `listen` indented lines put
    into its section `listen`.
    """

    what = "the lab's agent"
    stop_limit_s = 10.0  # it drains first

    def __init__(
        self, folder: Path, port: int, *, enforce: bool, extra: str = "", listen: str = ""
    ) -> None:
        self.config = folder / "screener.yaml"
        self.log = folder / "agent.log"
        self.control = folder / "control.sock"
        self._text = extra + _CONFIG.format(
            mode="enforce" if enforce else "observe",
            port=port,
            listen=listen,
            socket=self.control,
            folder=folder / "state",
        )
        self._events: deque[dict[str, object]] = deque()

    def start(self) -> None:
        """Start it and wait until it answers; raises MissingPartError with its last words."""
        self.config.write_text(self._text, encoding="utf-8")
        # -P: the package that is installed or on PYTHONPATH, and not what lies in this folder.
        command = [sys.executable, "-P", "-m", "screener", "serve", "--config", str(self.config)]
        child = self._spawn(command, self.log)
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise MissingPartError(f"the agent did not start: {self._words()}")
            time.sleep(0.05)

    def ask(self, request: dict[str, object]) -> dict[str, object]:
        """Ask it over the control socket."""
        return ask(self.control, request)

    def teach(self, history: Sequence[dict[str, object]]) -> None:
        """Tell it of calls of earlier days."""
        for start in range(0, len(history), _LEARN_AT_ONCE):
            self.ask({"op": "learn", "records": list(history[start : start + _LEARN_AT_ONCE])})
        self.ask({"op": "save"})

    def listen_in(self) -> None:
        """Follow what it says from now on, in a thread; `events` hands it over."""
        feed = follow(self.control)  # here, so that no call after this line is missed
        threading.Thread(target=self._collect, args=(feed,), name="lab-feed", daemon=True).start()

    def events(self) -> list[dict[str, object]]:
        """Return the events since the last time."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def _is_ready(self) -> bool:
        try:
            return self.ask({"op": "status"})["ready"] is True
        except MissingPartError:
            return False

    def _collect(self, feed: Iterator[dict[str, object]]) -> None:
        try:
            self._events.extend(feed)
        except ScreenerError:
            return  # the agent has ended; whoever watches sees that by its process

    def _words(self) -> str:
        text = self.log.read_text(errors="replace").strip() if self.log.exists() else ""
        return " | ".join(text.splitlines()[-3:]) or "it said nothing"
