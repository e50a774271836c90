"""What the store has not been told yet: deeds in their order, and counters spent without it.

Bounded, and nothing in it is worth much after a while: what is old is left out when it is taken.
When it is told is `sharing`'s to say.
"""

from collections import OrderedDict, deque
from typing import NamedTuple

from screener.core.shared import ChallengeEnded, Counter, Deed, Note, Refund, Spent

MOST_DEEDS = 20_000
"""The oldest go first; a deed takes 0.5 kB (reckoned)."""

MOST_SPENT = 100_000
"""Counters; those spent least lately go first."""

LONGEST_ENDED_S = 60.0
"""No challenge is open so long, so that it has ended is no news later."""


class Held(NamedTuple):
    """A deed, and when it was done."""

    at: float
    deed: Deed


class Outbox:
    """What is still to be told; moments are of this edge's clock."""

    def __init__(self) -> None:
        self._deeds: deque[Held] = deque()
        self._spent: OrderedDict[str, tuple[Counter, tuple[float, ...]]] = OrderedDict()
        self.dropped = 0
        """Deeds and counters for which there was no room."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._deeds) + len(self._spent)

    def add(self, deed: Deed, now: float) -> None:
        """Take a deed."""
        self._deeds.append(Held(now, deed))
        if len(self._deeds) > MOST_DEEDS:
            self._deeds.popleft()
            self.dropped += 1

    def spend(self, key: str, counter: Counter, tats: tuple[float, ...]) -> None:
        """Take what an entry of the table is at now, of which the store does not know."""
        self._spent[key] = counter, tats
        self._spent.move_to_end(key)
        if len(self._spent) > MOST_SPENT:
            self._spent.popitem(last=False)
            self.dropped += 1

    def holds(self, key: str) -> bool:
        """Say whether the store does not know all that was spent of a counter."""
        return key in self._spent

    def forget(self, keys: list[str]) -> None:
        """Drop what was spent of these counters."""
        for key in keys:
            self._spent.pop(key, None)

    def take(self, most: int, now: float, ahead_s: float) -> list[Held]:
        """Take out what is told next, counters first, by the store's clock; it may be empty."""
        taken: list[Held] = []
        while self._spent and len(taken) < most:
            _, (counter, tats) = self._spent.popitem(last=False)
            if max(tats) > now:
                moved = tuple(max(tat - ahead_s, 0.0) for tat in tats)
                taken.append(Held(now, Spent(counter, moved)))
        while self._deeds and len(taken) < most:
            held = self._deeds.popleft()
            deed = _still(held.deed, now - held.at)
            if deed is not None:
                taken.append(Held(now if isinstance(deed, Note) else held.at, deed))
        return taken

    def put_back(self, untold: list[Held]) -> None:
        """Take back what could not be told, but for what told twice would count twice."""
        kept = [held for held in untold if not isinstance(held.deed, Refund)]
        self._deeds.extendleft(reversed(kept))


def _still(deed: Deed, age_s: float) -> Deed | None:
    """Return what is left of a deed so long after it was done, None for nothing."""
    if isinstance(deed, Note):
        return deed._replace(ttl=deed.ttl - age_s) if deed.ttl - age_s >= 1.0 else None
    if isinstance(deed, ChallengeEnded) and age_s > LONGEST_ENDED_S:
        return None
    return deed
