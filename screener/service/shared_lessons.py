"""Outcomes on their way into the standings that all edges know, one change after another.

A change names the version that it was made on; where another edge was quicker it is made anew on
what is there now. What is learned is `core.sharing`'s; asking for calls and counters `sharing`'s.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

from screener.core.outcome import Outcome
from screener.core.reputation import Standing
from screener.core.shared import StandingChange
from screener.core.sharing import Known, cleared, read_standing, taught, united, write_standing
from screener.errors import SharedStoreError
from screener.service.shared_edge import Edge

MOST = 10_000
"""Lessons that wait; the oldest go first."""

_TRIES = 8
"""Each try fails only where another edge's succeeded."""

_MOST_REFUSALS = 3
"""After so many a lesson is dropped: what the store refuses it refuses for good."""


class Lesson(NamedTuple):
    """What to learn of a caller, under its name at the store.

    One outcome of `at` (this edge's clock), or that a person cleared the caller then (`clears`),
    or neither: then it only offers what this edge knows (`own`) and the store may have lost.
    `identity` is the caller here, empty where this edge does not know it.
    """

    event_id: str
    caller: str
    at: float
    outcome: Outcome | None = None
    trunk: str = ""
    clears: bool = False
    own: Known = Known()
    identity: str = ""
    version: int = 0


class Lessons:
    """Those that wait; `learned` is told, of callers known here, what all edges now know."""

    def __init__(self, edge: Edge, learned: Callable[[str, Standing], None]) -> None:
        self._edge = edge
        self._learned = learned
        self._waiting: deque[Lesson] = deque()
        self._of_caller: OrderedDict[str, int] = OrderedDict()
        self._refused = 0
        self.dropped = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def add(self, lesson: Lesson) -> None:
        """Take one."""
        if len(self._waiting) >= MOST:
            self._pop()
            self.dropped += 1
        self._waiting.append(lesson)
        self._of_caller[lesson.caller] = self._of_caller.get(lesson.caller, 0) + 1

    def forget(self, caller: str) -> None:
        """Drop what waits of a caller."""
        self._waiting = deque(one for one in self._waiting if one.caller != caller)
        self._of_caller.pop(caller, None)

    def waits(self, caller: str) -> bool:
        """Say whether something waits of a caller."""
        return caller in self._of_caller

    def added(self, caller: str, known: Known) -> Known:
        """Return what is known with all that waits of the caller."""
        for lesson in self._waiting:
            if lesson.caller == caller:
                known = self._with(known, lesson)
        return known

    async def teach(self, ahead_s: float) -> None:
        """Tell the store of all that wait; raises SharedStoreError where it cannot be told."""
        while self._waiting:
            lesson = self._waiting[0]
            try:
                known = await self._teach(lesson, ahead_s)
            except SharedStoreError:
                self._refused += 1
                if self._refused < _MOST_REFUSALS or not self._is_first(lesson):
                    raise
                known = None
                self.dropped += 1
            self._refused = 0
            if not self._is_first(lesson):  # forgotten meanwhile
                continue
            self._pop()
            if known is not None and known.standing is not None and lesson.identity:
                known = self.added(lesson.caller, known)
                if known.standing is not None:
                    self._learned(lesson.identity, known.standing)

    async def _teach(self, lesson: Lesson, ahead_s: float) -> Known | None:
        """Change the standing; return what it is now, None where it was as this edge thought."""
        settings = self._edge.settings
        version, found = lesson.version, False
        ttl = max(self._edge.ttl, settings.pass_ttl, settings.block_for)
        known = lesson.own if lesson.own.standing else self._with(Known(), lesson)
        for _ in range(_TRIES):
            now = self._edge.clock()
            after = write_standing(known, version=version, ahead_s=ahead_s)
            there = await self._edge.store.change(
                StandingChange(lesson.caller, version, after, lesson.event_id, ttl)
            )
            if there is None:
                return known if found else None
            version, found = there.version, True
            theirs = read_standing(there, settings, ahead_s=ahead_s, now=now)
            known = self._with(theirs, lesson)
        raise SharedStoreError("a standing is changed by others all the time")

    def _with(self, known: Known, lesson: Lesson) -> Known:
        if lesson.clears:
            return cleared(known, at=lesson.at)
        settings = self._edge.settings
        if lesson.outcome is None:
            return united(known, lesson.own, settings, now=self._edge.clock())
        return taught(known, lesson.outcome, settings, at=lesson.at, trunk=lesson.trunk)

    def _is_first(self, lesson: Lesson) -> bool:
        return bool(self._waiting) and self._waiting[0] is lesson

    def _pop(self) -> None:
        caller = self._waiting.popleft().caller
        left = self._of_caller.get(caller, 1) - 1
        if left:
            self._of_caller[caller] = left
        else:
            self._of_caller.pop(caller, None)
