"""Whether a call that just came fits a filter, decided in memory: for whoever follows the log.

Says what `storage.log_query` says of a recorded call. What became of a call is known later, so
a filter by outcome, and one that ends, fits no call that comes: `can_follow` tells.
"""

import re

from screener.storage.log_query import Filter, Found


def can_follow(wanted: Filter) -> bool:
    """Say whether calls that are yet to come can fit the filter."""
    return not wanted.outcome and wanted.until is None


class CallMatch:
    """One filter, compiled."""

    def __init__(self, wanted: Filter) -> None:
        self._exact = [
            (name, word)
            for name in ("verdict", "would", "did", "trunk", "edge")
            if (word := getattr(wanted, name))
        ]
        self._reason = wanted.reason
        self._since = wanted.since
        self._number = wanted.number
        self._caller = _mask(wanted.caller) if wanted.caller else None

    @property
    def by_number(self) -> bool:
        """Say whether the pseudonyms of callers are needed."""
        return self._number is not None

    def fits(self, call: Found, number: bytes | None) -> bool:
        """Say whether the call fits; `number` is its caller's pseudonym, None where unknown."""
        if any(call.get(name) != word for name, word in self._exact):
            return False
        reasons = call["reasons"] if self._reason else None
        if self._reason and not (isinstance(reasons, list) and self._reason in reasons):
            return False
        if self._since is not None and float(str(call["at"])) < self._since:
            return False
        if self._number is not None and number != self._number:
            return False
        return self._caller is None or bool(self._caller.fullmatch(str(call["caller"] or "")))


def _mask(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
