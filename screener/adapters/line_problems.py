"""What is wrong with the lines of a log: the first few are told by place, the rest counted.

Texts never quote a line: it holds what a caller sent.
"""

from pathlib import Path

from screener.errors import Place, ScreenerError

MOST_TOLD = 20
GIVE_UP = 1_000
"""After so many wrong lines the file is none of ours, and the rest is not read."""


class LineProblems:
    """Gathers the problems of one file; `skipping` leaves such lines out and goes on."""

    def __init__(self, path: Path, *, skipping: bool = False) -> None:
        self.count = 0
        self._path = path
        self._skipping = skipping
        self._told: list[str] = []

    def add(self, line: int, text: str) -> None:
        """Note one; raises ScreenerError where it is one too many."""
        self.count += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(f"{Place(str(self._path), line, 1)}: {text}")
        if self.count >= GIVE_UP and not self._skipping:
            raise self._error("the rest was not read")

    def check(self) -> None:
        """Raise ScreenerError if there were any and they are not to be left out."""
        if self.count and not self._skipping:
            raise self._error("--skip-broken brings in all other lines")

    def _error(self, advice: str) -> ScreenerError:
        more = self.count - len(self._told)
        lines = [*self._told, *([f"and {more} more"] if more else [])]
        return ScreenerError("\n".join([*lines, f"nothing was changed; {advice}"]))
