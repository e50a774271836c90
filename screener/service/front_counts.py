"""What a proxy in front has refused: exact by kind, and by key in rows that a flood cannot drown.

The proxy counts upwards and forgets nothing that we have not taken; what was taken is written back
to it, so that a restart of ours neither loses nor doubles a count. It numbers its refusals and
notes the last `NOTED` of them, each with its key, so that each is told of once: what came in larger
numbers between two looks is told of as a sum. Where rows go is `front`'s affair.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from screener.service.front_blocks import KINDS

SHED = "shed"
ALL = "all"
"""The proxy's count of all that its tables refused: the number of the last refusal."""

SEVERAL = ""
"""Stands in a row for keys that were too many to be told one by one."""

RINGS, RING = 8, 256
"""Tables of notes, and notes in each: a table is told in one datagram, however long its keys."""

NOTED = RINGS * RING
_DIGITS = 19
_WHOLE, _HALF = (1 << 32) - 1, 1 << 31
"""The proxy tells its counts in 32 bits, from 2^31 on as negative ones: reckoned around."""

MOST_DUE = 20_000
"""Keys that wait for a row of their own (2 MB); the oldest beyond are told of as one sum."""

ROW_EVERY_S = 60.0
"""A row of the same key again, seconds."""


class FrontCounts:
    """Counts of one proxy; `rows_per_minute` bounds the rows, not the counts."""

    def __init__(self, rows_per_minute: int) -> None:
        self.refused: Counter[str] = Counter()
        """By kind of block, and `SHED`, since the agent's start."""
        self._taken: dict[str, int] = {}
        self._last = 0
        self.noting = False
        """Whether the proxy has noted any refusal."""
        self._read = 0
        """The last refusal whose note was looked for."""
        self._late: set[int] = set()
        """Refusals before it whose note was not there yet."""
        self._due: dict[str, int] = {}
        self._sum = 0
        self._told_at: dict[str, float] = {}
        self._budget = float(rows_per_minute)
        self._rate = rows_per_minute / 60.0
        self._most = float(rows_per_minute)
        self._budget_at = 0.0

    def begin(self, taken: str) -> None:
        """Begin with a proxy, which kept what was taken before; empty for one that is new."""
        self._give_up_late()
        self._taken = {}
        for part in taken.split(","):
            name, _, count = part.partition("=")
            if name and count.isdecimal():
                self._taken[name] = int(count) & _WHOLE
        self._last = self._read = self._taken.pop(ALL, 0)

    def forget(self, key: str) -> None:
        """Forget an erased caller; its calls stay in the counts by kind."""
        for told in (self._due, self._told_at):
            told.pop(key, None)

    @property
    def taken(self) -> str:
        """What was taken, for the proxy to keep."""
        counts = self._taken | ({ALL: self._read} if self._read else {})
        return ",".join(f"{name}={count}" for name, count in sorted(counts.items()))

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
            more = _since(self._read if name == ALL else self._taken.get(name, 0), count)
            if name == ALL:
                self._last, self.noting = count & _WHOLE, True
                self._read = self._last if more < 0 else self._read
                continue
            if more > 0:
                kind = KINDS.get(int(name) % 100, name) if name.isdecimal() else name
                new[kind] += more
            if more:
                self._taken[name] = count & _WHOLE
        self.refused += new
        return new

    def rings(self) -> list[int]:
        """Return the tables of notes that hold refusals which are not known by key yet."""
        gone = max(_since(self._read, self._last) - NOTED, 0)
        self._sum += gone  # written over since
        self._read = (self._read + gone) & _WHOLE
        return sorted({number // RING % RINGS for number in self._unread()})

    def attribute(self, notes: Iterable[object], erased: Collection[str] = ()) -> None:
        """Take the notes of these tables: the number of a refusal, a space, and its key.

        A note that is not there yet (it is written after the count) is looked for once more. A
        key that is being erased is told as a part of the sum.
        """
        unread = self._unread()
        for note in notes:
            number, _, key = str(note).partition(" ")
            if not (key and number.isdecimal() and len(number) <= _DIGITS):
                continue
            if (place := int(number) & _WHOLE) in unread:
                unread.remove(place)
                if key in erased:
                    self._sum += 1
                else:
                    self.hit(key)
        self._sum += len(unread & self._late)
        self._late = unread - self._late
        self._read = self._last

    def _unread(self) -> set[int]:
        many = max(_since(self._read, self._last), 0)
        return self._late | {(self._read + one) & _WHOLE for one in range(1, many + 1)}

    def hit(self, key: str, times: int = 1) -> None:
        """Take that calls were refused under a key."""
        self._due[key] = self._due.get(key, 0) + times
        if len(self._due) > MOST_DUE:
            oldest = next(iter(self._due))
            self._sum += self._due.pop(oldest)

    def rows(self, now: float) -> list[tuple[str, int]]:
        """Return the keys to tell of now, with how often each was refused since it was told."""
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
        self._give_up_late()
        left = [*self._due.items(), *([(SEVERAL, self._sum)] if self._sum else [])]
        self._due, self._sum = {}, 0
        return left

    def _give_up_late(self) -> None:
        self._sum += len(self._late)
        self._late = set()

    def _may_tell(self, key: str, now: float) -> bool:
        """Say whether a key's row is due, and take it as told."""
        if now - self._told_at.get(key, float("-inf")) < ROW_EVERY_S:
            return False
        self._budget -= 1.0
        self._told_at[key] = now
        return True


def _since(before: int, count: int) -> int:
    """Return by how much a count went on, or -1 where it was taken back."""
    more = (count - before) & _WHOLE
    return more if more < _HALF else -1
