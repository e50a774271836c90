"""Sentences for the next page that a person sees: in memory, of few people, few each.

Not in the file of sessions: they can tell of callers, and a restart may lose them.
"""

from collections import OrderedDict

MOST_PEOPLE = 1_000
MOST_TEXTS = 5


class Flashes:
    """Keeps sentences until they are told once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[str]] = OrderedDict()

    def keep(self, key: str, texts: list[str]) -> None:
        """Keep sentences for a session or a person of a proxy; the last ones, if many."""
        if not key or not texts:
            return
        self._kept[key] = [*self._kept.pop(key, []), *texts][-MOST_TEXTS:]
        if len(self._kept) > MOST_PEOPLE:
            self._kept.popitem(last=False)

    def tell(self, key: str) -> tuple[str, ...]:
        """Return what was kept, and forget it."""
        return tuple(self._kept.pop(key, ()))
