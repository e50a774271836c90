"""Why a process stood still: a stop with its clocks, and the cause that they name.

Three clocks tell most of it: the wall's, the thread's own CPU and the whole process's. What ran
no instruction of ours was kept from the processor by the machine; what another thread ran held
the interpreter. Measuring them is `long_pauses`'.
"""

import bisect
from dataclasses import dataclass
from enum import StrEnum

EDGES_MS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Where the histogram of stops is cut; the first is from where on a stop is looked at."""


class Cause(StrEnum):
    """What held a call up."""

    COLLECTION = "garbage collection"
    COPY = "copying for a snapshot"
    GROWTH = "a table grew"
    THREAD = "another thread (writing the snapshot)"
    WORK = "the call's own work"
    MACHINE = "the machine (not on a processor)"


WAITING = frozenset({Cause.THREAD, Cause.MACHINE})
"""In these our thread did not run."""

OURS = frozenset(Cause) - {Cause.MACHINE}
"""What an agent can do something about."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stretch between two looks at the clocks, in milliseconds.

    `own` is the CPU of the thread that decides calls, `others` that of all other threads,
    `collecting` the part of `own` in garbage collections; `grown` tells that a large container
    of a table was made anew in it, `copying` that it was the loop's turn and no call's.
    """

    wall: float
    own: float
    others: float
    collecting: float
    grown: bool = False
    copying: bool = False

    @property
    def cause(self) -> Cause:
        """Return what most of it went to."""
        if self.own < self.wall / 2:
            return Cause.THREAD if self.others >= (self.wall - self.own) / 2 else Cause.MACHINE
        if self.collecting >= self.own / 2:
            return Cause.COLLECTION
        if self.copying:
            return Cause.COPY
        return Cause.GROWTH if self.grown else Cause.WORK

    @property
    def length(self) -> float:
        """Return its length: where our thread ran, only the time in which it did."""
        return self.wall if self.cause in WAITING else self.own


def histogram(stops: list[Stop]) -> dict[Cause, list[int]]:
    """Return for each cause how many stops lie from each of `EDGES_MS` up to the next."""
    counts = {cause: [0] * len(EDGES_MS) for cause in Cause}
    for stop in stops:
        place = bisect.bisect_right(EDGES_MS, stop.length) - 1
        if place >= 0:
            counts[stop.cause][place] += 1
    return counts


def longest(stops: list[Stop]) -> dict[Cause, float]:
    """Return the longest stop of each cause that any had, milliseconds."""
    found: dict[Cause, float] = {}
    for stop in stops:
        found[stop.cause] = max(found.get(stop.cause, 0.0), stop.length)
    return found
