"""One table of a proxy in front, kept in line with what we would say: which keys to write next.

The table is a cache and we are the truth. A key that may have changed is `touched`; when its turn
comes it is judged anew, and written, renewed or dropped by what comes of that. Nothing is
remembered of what should stand there but what was written, so nothing can drift apart for longer
than a time to live. What a key is worth is `front_blocks`' affair, the wire the adapter's.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import NamedTuple

LEAST_TTL_S = 2
"""A shorter life is not worth writing, seconds."""

MOST_TOUCHED = 20_000
"""Keys that calls may have waiting; what is beyond comes with its next call."""


class Standing(NamedTuple):
    """What is to stand under a key, until a moment (seconds since 1970)."""

    value: int
    until: float


class Write(NamedTuple):
    """Put a value that ends after `ttl_s` seconds, or drop the key where the value is None."""

    key: str
    value: int | None
    ttl_s: int = 0


class Mirror:
    """What was written to a table of at most `most` keys, and what may have to be.

    `judge` says what is to stand under a key at a moment, None for nothing.
    """

    def __init__(self, judge: Callable[[str, float], Standing | None], most: int) -> None:
        self._judge = judge
        self._most = most
        self._urgent: dict[str, bool] = {}
        """Whether a place is to be found even where the table is full."""
        self._bulk: dict[str, None] = {}
        self._renewals: list[tuple[float, str]] = []
        self._written: dict[str, float] = {}
        self.left_out = 0
        """Keys that found the table full since it was last emptied."""

    def __len__(self) -> int:
        """Return how many keys stand there, as far as we know."""
        return len(self._written)

    def __contains__(self, key: str) -> bool:
        """Say whether a key stands there, as far as we know."""
        return key in self._written

    @property
    def waiting(self) -> int:
        """How many keys wait for their turn."""
        return len(self._urgent) + len(self._bulk)

    def keys(self) -> list[str]:
        """Return the keys that stand there."""
        return list(self._written)

    def touch(self, key: str) -> None:
        """Take that what a call did may change a key: it comes before all others."""
        if len(self._urgent) < MOST_TOUCHED:
            self._urgent.setdefault(key, False)

    def touch_surely(self, keys: Iterable[str]) -> None:
        """Take that what a person did may change these: they wait with the calls', however many.

        They are written where the table is full, too: people decide few.
        """
        self._urgent.update(dict.fromkeys(keys, True))

    def unsure(self, writes: Iterable[Write]) -> None:
        """Take that these may not have arrived: each is written again as it is to be then."""
        for write in writes:
            self._written.setdefault(write.key, 0.0)
            self._urgent.setdefault(write.key, False)

    def touch_all(self, keys: Iterable[str]) -> None:
        """Take that these may have to change, once the others had their turn."""
        self._bulk.update(dict.fromkeys(keys))

    def emptied(self, *, again: bool = True) -> None:
        """Take that nothing stands there any more; what stood is looked at `again`, or nothing."""
        if again:
            self.touch_all(self._written)
        else:
            self._urgent.clear()
            self._bulk.clear()
        self._written.clear()
        self._renewals.clear()
        self.left_out = 0

    def next_writes(self, now: float, most: int) -> list[Write]:
        """Return what to write now, after at most `most` looks; take it as written."""
        while self._renewals and self._renewals[0][0] <= now:
            self._bulk[heappop(self._renewals)[1]] = None
        writes: list[Write] = []
        for _ in range(most):
            queue = self._urgent or self._bulk
            if not queue:
                break
            key = next(iter(queue))
            surely = bool(queue.pop(key))
            if (write := self._look(key, now, surely=surely)) is not None:
                writes.append(write)
        return writes

    def _look(self, key: str, now: float, *, surely: bool) -> Write | None:
        standing = self._judge(key, now)
        # The other side counts whole seconds of its own clock and keeps a key through the last.
        ttl = int(standing.until - now) - 1 if standing is not None else 0
        if standing is None or ttl < LEAST_TTL_S:
            return Write(key, None) if self._written.pop(key, None) is not None else None
        if key not in self._written and len(self._written) >= self._most and not surely:
            self.left_out += 1
            return None
        self._written[key] = now + ttl
        heappush(self._renewals, (now + ttl / 2.0, key))
        return Write(key, standing.value, ttl)
