"""A program of the lab as a child process: a session of its own, ended by its process id.

What the agent, Asterisk and SIPp have in common; each starts its own program and knows when it
is up.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from screener.errors import MissingPartError


class Child:
    """One program, run between `start` and `stop`, or as a context manager."""

    what = "the program"
    """How errors name it."""

    stop_limit_s = 5.0
    """Seconds that it has to end by itself before it is killed."""

    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program; raises MissingPartError where it does not come up."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def running(self) -> bool:
        """Whether it is up."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        """Its process id; raises MissingPartError where it does not run."""
        if self._child is None or not self.running:
            raise MissingPartError(f"{self.what} is not running")
        return self._child.pid

    def stop(self) -> None:
        """End it, TERM and then KILL; safe to call twice."""
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(self.stop_limit_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(self.stop_limit_s)

    def _spawn(
        self,
        command: Sequence[str],
        output: Path,
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Run the command with all that it prints at the end of a file."""
        with output.open("ab") as file:
            self._child = subprocess.Popen(  # noqa: S603 - the lab's own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                cwd=folder,
                env=environment,
                start_new_session=True,  # a Ctrl-C is for whoever started us, who then calls stop()
            )
        return self._child
