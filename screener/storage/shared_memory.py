"""What several edges share, in the memory of one process: for tests and the lab.

Bounded: where it is full, what was put first goes first. The rules are `shared_rules`'.
"""

from collections.abc import Mapping, Sequence

from screener.core.shared import Deed, Note, Posted, Question, SharedStanding, StandingChange, Told
from screener.errors import SharedStoreError
from screener.ports import Clock
from screener.storage.shared_rules import SharedRules

MOST_CELLS = 100_000
"""What is kept at most, in entries."""


class SharedMemory:
    """A `SharedStore` for edges of one process; one object is one store."""

    def __init__(self, clock: Clock, most: int = MOST_CELLS) -> None:
        self._clock = clock
        self._cells = _Dictionary(most)
        self._rules = SharedRules(self._cells)
        self.answers = True
        """Whether it can be had; tests take it away."""

    def __len__(self) -> int:
        """Return how many entries are held, ended ones among them."""
        return len(self._cells.held)

    def end(self) -> float:
        """Return the moment from which on nothing is left."""
        return max((ends for _, ends in self._cells.held.values()), default=0.0)

    async def consult(self, question: Question) -> Told:
        """See `SharedStore`."""
        return self._rules.consult(question, self._now())

    async def tell(self, deeds: Sequence[Deed]) -> None:
        """See `SharedStore`."""
        self._rules.tell(deeds, self._now())

    async def change(self, change: StandingChange) -> SharedStanding | None:
        """See `SharedStore`."""
        return self._rules.change(change, self._now())

    async def standing(self, caller: str) -> SharedStanding | None:
        """See `SharedStore`."""
        return self._rules.standing(caller, self._now())

    async def claim(self, call_id: str) -> Note | None:
        """See `SharedStore`."""
        return self._rules.claim(call_id, self._now())

    async def forget(self, caller: str, line: str, counters: Sequence[str]) -> None:
        """See `SharedStore`."""
        self._rules.forget(caller, line, counters, self._now())

    async def post(self, edge: str, kind: str, body: bytes, *, ttl: float) -> str:
        """See `SharedStore`."""
        return self._rules.post(edge, kind, body, ttl, self._now())

    async def since(self, kind: str, at: str, limit: int = 1000) -> Sequence[Posted]:
        """See `SharedStore`."""
        return self._rules.since(kind, at, limit, self._now())

    async def keep(self, key: str, body: bytes, *, ttl: float) -> None:
        """See `SharedStore`."""
        self._rules.keep(key, body, ttl, self._now())

    async def kept(self, prefix: str) -> Mapping[str, bytes]:
        """See `SharedStore`."""
        return self._rules.kept(prefix, self._now())

    async def ping(self) -> None:
        """See `SharedStore`."""
        self._now()

    async def close(self) -> None:
        """See `SharedStore`."""
        self.answers = False

    def _now(self) -> float:
        if not self.answers:
            raise SharedStoreError("the store in memory is closed")
        return self._clock()


class _Dictionary:
    """Cells in a dictionary."""

    def __init__(self, most: int) -> None:
        self.held: dict[str, tuple[bytes, float]] = {}
        self._most = most

    def get(self, key: str, now: float) -> bytes | None:
        found = self.held.get(key)
        return found[0] if found is not None and found[1] > now else None

    def put(self, key: str, value: bytes, ends: float) -> None:
        self.held.pop(key, None)
        self.held[key] = (value, ends)
        while len(self.held) > self._most:
            del self.held[next(iter(self.held))]

    def drop(self, key: str) -> None:
        self.held.pop(key, None)

    def between(
        self, first: str, last: str, now: float, limit: int
    ) -> Sequence[tuple[str, bytes, float]]:
        keys = sorted(
            key for key, (_, ends) in self.held.items() if first < key < last and ends > now
        )
        return [(key, *self.held[key]) for key in keys[:limit]]

    def ended(self, key: str) -> float:
        return self.held[key][1] if key in self.held else 0.0
