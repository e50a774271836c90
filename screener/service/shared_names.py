"""What stands for callers, lines and counters at the store: keyed digests, the same at all edges.

How a digest is made is handed in (`storage.pseudonyms`). Most keys of a call are those of the
trunk, the called number and the like, so digests once made are kept.
"""

from collections.abc import Callable
from functools import lru_cache

from screener.core.call import Call, Load
from screener.core.shared import Counter, Question
from screener.core.sharing import Consulted

KEPT = 16_384
"""Digests kept (6 MB, reckoned)."""

Pseudonym = Callable[[str, str], str]
"""Makes the digest of a text (the second) in the name space of its kind (the first)."""

Counted = list[tuple[str, tuple[tuple[int, float], ...]]]
"""A call's entries in the table of counters: key and windows, as `Engine.counters_of`."""


class SharedNames:
    """The names under which this edge's callers are known at the store."""

    def __init__(self, pseudonym: Pseudonym) -> None:
        self._name = lru_cache(KEPT)(pseudonym)

    def caller(self, identity: str) -> str:
        """Return the name of an identity, empty for nobody."""
        return self._name("shared-caller", identity) if identity else ""

    def line(self, counter_key: str) -> str:
        """Return the name under which a number's open challenges are counted, empty for none."""
        return self._name("shared-line", counter_key) if counter_key else ""

    def counter(self, key: str) -> str:
        """Return the name of an entry of the limits."""
        return self._name("shared-counter", key)

    def question(self, call: Call, load: Load, counted: Counted) -> Consulted:
        """Return what to ask of a call."""
        name = self._name
        counters = tuple(
            [Counter(name("shared-counter", key), windows) for key, windows in counted]
        )
        caller, line = self.caller(call.caller.identity), self.line(call.caller.counter_key)
        keys = tuple([key for key, _ in counted])
        return Consulted(call, load, keys, Question(call.call_id, caller, line, counters))
