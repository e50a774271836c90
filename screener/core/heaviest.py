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


class Heaviest:
    """Counts weights of keys; a key of more than 1/`places` of all weight is among them."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._held: dict[str, float] = {}
        self._taken_over: dict[str, float] = {}

    def add(self, key: str, weight: float) -> None:
        """Count some weight of a key."""
        held = self._held
        if key in held:
            held[key] += weight
        elif len(held) < self._places:
            held[key] = weight
        else:
            lightest, over = "", inf
            for name, one in held.items():  # half of what `min` with a key takes
                if one < over:
                    lightest, over = name, one
            del held[lightest]
            self._taken_over.pop(lightest, None)
            held[key] = over + weight
            self._taken_over[key] = over

    def top(self, least: float) -> list[Weighed]:
        """Return the keys that certainly weigh at least so much, heaviest first."""
        sure = (
            Weighed(key, weight - self._taken_over.get(key, 0.0))
            for key, weight in self._held.items()
        )
        return sorted((one for one in sure if one.weight >= least), key=lambda one: -one.weight)
