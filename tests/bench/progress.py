"""A word on standard error while a benchmark runs: how long it has, and about how long it takes.

On a terminal one line is written over and over; elsewhere a line every half minute.
"""

import sys
import threading
import time
from types import TracebackType
from typing import Self

TERMINAL_EVERY_S = 1.0
ELSEWHERE_EVERY_S = 30.0
_CLEAR = "\r\x1b[K"


class Progress:
    """Tells of one benchmark while the context is open; `step` says what it is at."""

    _now: "Progress | None" = None

    def __init__(self, name: str, expected_s: float) -> None:
        self._name = name
        self._expected_s = expected_s
        self._at = ""
        self._over = threading.Event()
        self._terminal = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._tell, name="bench-progress", daemon=True)

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        Progress._now = self
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        Progress._now = None
        self._over.set()
        self._thread.join()
        if self._terminal:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def line(self) -> str:
        """Return the line as it is now."""
        text = f"  {self._name}: {time.monotonic() - self._began:.0f} s"
        if self._expected_s:
            text += f" of about {self._expected_s:.0f}"
        return f"{text}, {self._at}" if self._at else text

    def _tell(self) -> None:
        every = TERMINAL_EVERY_S if self._terminal else ELSEWHERE_EVERY_S
        while not self._over.wait(every):
            line = self.line()
            sys.stderr.write(f"{_CLEAR}{line[:100]}" if self._terminal else f"{line}\n")
            sys.stderr.flush()


def step(text: str) -> None:
    """Say what the benchmark that runs now is at, where one tells of itself."""
    if Progress._now is not None:
        Progress._now._at = text
