"""What a proxy in front has refused: exact by kind, and by key in rows that a flood cannot drown.

The proxy counts upwards and forgets nothing that we have not taken; what was taken is written back
to it, so that a restart of ours neither loses nor doubles a count. By key it is asked for those
that it refused last: at up to 256 refusals a second that is every one, above it a key's count is
told once it is asked for, whole. Where rows go is `front`'s affair.
"""

from collections import Counter
from collections.abc import Mapping

from screener.service.front_blocks import KINDS

SHED = "shed"
SEVERAL = ""
"""Stands in a row for keys that were too many to be told one by one."""

MOST_DUE = 20_000
"""Keys that wait for a row of their own (2 MB); the oldest beyond are told of as one sum."""

ROW_EVERY_S = 60.0
"""A row of the same key again, seconds."""

HITS_S = 3_900.0
"""For so long a key's count is remembered at least: the proxy drops one an hour after its last."""


class FrontCounts:
    """Counts of one proxy; `rows_per_minute` bounds the rows, not the counts."""

    def __init__(self, rows_per_minute: int) -> None:
        self.refused: Counter[str] = Counter()
        """By kind of block, and `SHED`, since the agent's start."""
        self._taken: dict[str, int] = {}
        self._hits: dict[str, int] = {}
        self._older_hits: dict[str, int] = {}
        self._hits_since = 0.0
        self._due: dict[str, int] = {}
        self._sum = 0
        self._told_at: dict[str, float] = {}
        self._budget = float(rows_per_minute)
        self._rate = rows_per_minute / 60.0
        self._most = float(rows_per_minute)
        self._budget_at = 0.0

    def begin(self, taken: str) -> None:
        """Begin with a proxy, which kept what was taken before; empty for one that is new."""
        self._taken = {}
        for part in taken.split(","):
            name, _, count = part.partition("=")
            if name and count.isdecimal():
                self._taken[name] = int(count)

    def forget_hits(self) -> None:
        """Take that the proxy counts anew by key."""
        self._hits.clear()
        self._older_hits.clear()

    def forget(self, key: str) -> None:
        """Forget an erased caller; its calls stay in the counts by kind."""
        for told in (self._hits, self._older_hits, self._due, self._told_at):
            told.pop(key, None)

    @property
    def taken(self) -> str:
        """What was taken, for the proxy to keep."""
        return ",".join(f"{name}={count}" for name, count in sorted(self._taken.items()))

    @property
    def pending(self) -> int:
        """How many calls, whose key is known, no row has told of yet."""
        return sum(self._due.values()) + self._sum

    def take(self, counts: Mapping[str, object]) -> Counter[str]:
        """Take the proxy's counts as they are now; return what is new, by kind."""
        new: Counter[str] = Counter()
        for name, count in counts.items():
            if not isinstance(count, int):
                continue
            more = count - self._taken.get(name, 0)
            if more > 0:
                kind = KINDS.get(int(name), name) if name.isdecimal() else name
                new[kind] += more
                self._taken[name] = count
        self.refused += new
        return new

    def hit(self, key: str, count: int) -> int:
        """Take how often a key was refused in all; return how many of that are new."""
        known = self._hits.get(key) or self._older_hits.get(key, 0)
        more = count - known if count >= known else count  # fewer: it counts that key anew
        if more > 0:
            self._hits[key] = count
            self._due[key] = self._due.get(key, 0) + more
            if len(self._due) > MOST_DUE:
                oldest = next(iter(self._due))
                self._sum += self._due.pop(oldest)
        return more

    def rows(self, now: float) -> list[tuple[str, int]]:
        """Return the keys to tell of now, with how often each was refused since it was told."""
        if not 0.0 <= now - self._hits_since < HITS_S:
            self._older_hits, self._hits, self._hits_since = self._hits, {}, now
        age = max(now - self._budget_at, 0.0) if self._budget_at else 0.0
        self._budget = min(self._budget + age * self._rate, self._most)
        self._budget_at = now
        told: list[tuple[str, int]] = []
        if self._sum and self._budget >= 1.0 and self._may_tell(SEVERAL, now):
            told.append((SEVERAL, self._sum))
            self._sum = 0
        for key in list(self._due):
            if self._budget < 1.0:
                break
            if self._may_tell(key, now):
                told.append((key, self._due.pop(key)))
        if len(self._told_at) > len(self._due) + 2 * self._most:
            old = now - ROW_EVERY_S
            self._told_at = {key: at for key, at in self._told_at.items() if at > old}
        return told

    def leftovers(self) -> list[tuple[str, int]]:
        """Return all that was not told yet: for the end."""
        left = [*self._due.items(), *([(SEVERAL, self._sum)] if self._sum else [])]
        self._due, self._sum = {}, 0
        return left

    def _may_tell(self, key: str, now: float) -> bool:
        """Say whether a key's row is due, and take it as told."""
        if now - self._told_at.get(key, float("-inf")) < ROW_EVERY_S:
            return False
        self._budget -= 1.0
        self._told_at[key] = now
        return True
