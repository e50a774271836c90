"""The heaviest keys of a stream in a few places, however many other keys it has.

Space-saving (Metwally, Agrawal and El Abbadi, 2005): a new key takes the place of the lightest
and its weight with it; what it took over is known, so what is told of a key is certain.
"""

from math import inf
from typing import NamedTuple


class Weighed(NamedTuple):
    """A key and what it weighs at least."""

    key: str
    weight: float


class _Place:
    """A key, what it weighs, and how much of that it took over with its place."""

    __slots__ = ("key", "over", "weight")

    def __init__(self, key: str, weight: float, over: float = 0.0) -> None:
        self.key = key
        self.weight = weight
        self.over = over


class Heaviest:
    """Counts weights of keys; a key of more than 1/`places` of all weight is among them."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._held: dict[str, _Place] = {}
        self._order: list[_Place] = []
        """In which they came: of equals the first one goes."""

    def add(self, key: str, weight: float) -> None:
        """Count some weight of a key."""
        place = self._held.get(key)
        if place is not None:
            place.weight += weight
            return
        if len(self._order) < self._places:
            place = _Place(key, weight)
        else:
            lightest, over = 0, inf
            for at, one in enumerate(self._order):  # half of what `min` with a key takes
                if one.weight < over:
                    lightest, over = at, one.weight
            del self._held[self._order.pop(lightest).key]
            place = _Place(key, over + weight, over)
        self._held[key] = place
        self._order.append(place)

    def top(self, least: float) -> list[Weighed]:
        """Return the keys that certainly weigh at least so much, heaviest first."""
        sure = [Weighed(one.key, one.weight - one.over) for one in self._order]
        return sorted([one for one in sure if one.weight >= least], key=lambda one: -one.weight)
