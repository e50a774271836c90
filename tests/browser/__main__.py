"""`python -m tests.browser`: find or fetch the tests' Chromium, with progress told.

Where there is none to be had, one line says why; that fails only with SCREENER_REQUIRE_LAB=1,
since without it the tests that need a browser are skipped.
"""

import os
import sys

from screener.errors import MissingPartError
from screener.lab.fetch import Progress
from tests.browser.fetched import ensure_browser


class Told:
    """Progress as plain lines, one for each quarter of a step."""

    def __init__(self) -> None:
        self._last = ("", 0)

    def __call__(self, progress: Progress) -> None:
        """Print the step's quarter when it is a new one."""
        quarter = 4 * progress.done // max(progress.total, 1)
        if quarter and (progress.step, quarter) != self._last:
            self._last = (progress.step, quarter)
            tell(f"{progress.step}: {25 * quarter} %")


def tell(line: str) -> None:
    """Print a line at once."""
    print(f"browser: {line}", flush=True)  # noqa: T201 - a command's own output


def main() -> int:
    """Return the exit status: 0, or 4 where a browser is required and missing."""
    try:
        browser = ensure_browser(tell, Told())
    except MissingPartError as error:
        tell(str(error))
        required = os.environ.get("SCREENER_REQUIRE_LAB") == "1"
        tell("tests of the web admin need it" if required else "the tests that need it are skipped")
        return 4 if required else 0
    tell(f"Chromium {browser.version}, {browser.program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
