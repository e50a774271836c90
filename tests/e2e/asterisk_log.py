"""Wait for what Asterisk writes into its log."""

import re
import time

from screener.lab.asterisk import Asterisk


def logged(asterisk: Asterisk, pattern: str, limit_s: float = 60.0) -> re.Match[str]:
    """Wait for a line in Asterisk's log."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if found := re.search(pattern, asterisk.log.read_text(errors="replace")):
            return found
        time.sleep(0.05)
    raise AssertionError(f"never logged: {pattern}")
