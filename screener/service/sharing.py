"""One edge of several: what it asks the store, tells it, and says of it.

Fails open: whatever goes wrong here, calls are decided by what this edge knows. Calls are
`shared_calls`', the way to the store `shared_telling`'s, and what an outcome teaches all edges
`shared_lessons`'.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from screener.core.number import withheld_key
from screener.core.outcome import ENDS_OF_CHALLENGE, Outcome
from screener.core.reputation import Standing, pardoned
from screener.core.shared import ChallengeEnded
from screener.core.sharing import Known, of_own, teaches
from screener.service.shared_calls import SharedCalls
from screener.service.shared_edge import Edge
from screener.service.shared_lessons import Lesson, Lessons
from screener.service.shared_telling import Claim, Forgotten, Telling

log = logging.getLogger("screener.sharing")

_LONGEST_ID = 64
_MOST_RECENT = 1_000
"""Callers whose challenges ended lately, of whom a store that lost its memory is told again."""


@dataclass(frozen=True, slots=True)
class SharingFigures:
    """The sharing of one edge as of one moment; counts are since the agent's start.

    `latency` is as of `figures.Figures`, of the answers that came in time.
    """

    is_alone: bool
    waiting: int
    dropped: int
    alone: int
    elsewhere: int
    latency: tuple[tuple[float, int], ...]
    latency_sum: float


class Sharing:
    """One edge's share in what several know.

    `unknown` is called for an outcome whose call no edge knows.
    """

    def __init__(self, edge: Edge, unknown: Callable[[str], None]) -> None:
        lessons = Lessons(edge, self._learned)
        self.telling = Telling(edge, lessons, unknown=unknown, offer=self._offer_recent)
        self.calls = SharedCalls(edge, self.telling)
        self._edge = edge
        self._recent: OrderedDict[str, float] = OrderedDict()

    def outcome(self, call_id: str, outcome: Outcome) -> None:
        """Tell of what became of a call that this edge decided; an `OutcomeSink`."""
        now = self._edge.clock()
        if outcome.event in ENDS_OF_CHALLENGE:
            self.challenge_over(call_id)
        note = self._edge.engine().note_of(call_id)
        if note is None or not note.identity or not teaches(outcome, self._edge.settings):
            return
        self._remember(note.identity, now)
        self.telling.lessons.add(
            Lesson(
                f"{call_id}:{outcome.event.value}",
                self._edge.names.caller(note.identity),
                outcome.happened_at(now),
                outcome,
                note.trunk,
                own=of_own(self._edge.memory.callers.get(note.identity)),
                identity=note.identity,
            )
        )
        self.telling.wake()

    def challenge_over(self, call_id: str) -> None:
        """Tell that nobody is asked any more in a call that this edge decided."""
        line = self.calls.lines.pop(call_id, "")
        if line:
            self.telling.outbox.add(ChallengeEnded(call_id, line), self._edge.clock())
            self.telling.wake()

    def elsewhere(self, call_id: str, outcome: Outcome) -> bool:
        """Take an outcome of a call that this edge did not decide; False where it is no call's."""
        if not 0 < len(call_id) <= _LONGEST_ID or not call_id.isascii():
            return False
        self.telling.claim(Claim(call_id, outcome, self._edge.clock()))
        return True

    def cleared(self, identity: str, at: float, event_id: str, keys: list[str]) -> None:
        """Tell that a person cleared a caller at `at`; each edge may tell it, under one id.

        `keys` are of the counters that are forgotten of it, as `Engine.pardon` told.
        """
        counters = tuple([self._edge.names.counter(key) for key in keys])
        self.telling.outbox.forget(keys)
        self.telling.forget_later(Forgotten("", "", counters))
        self._remember(identity, self._edge.clock())
        own = self._edge.memory.callers.get(identity)
        self.telling.lessons.add(
            Lesson(
                *(event_id, self._edge.names.caller(identity), at),
                clears=True,
                own=Known(pardoned(own) if own else None, at),
                identity=identity,
            )
        )
        self.telling.wake()

    async def forget(self, identity: str, keys: list[str]) -> bool:
        """Have the store forget a caller, and the counters of these keys, as `Engine.forget` told.

        Return whether it has; False where it will once it can be had. Never raises.
        """
        names = self._edge.names
        self.telling.outbox.forget(keys)
        self.telling.lessons.forget(names.caller(identity))
        self._recent.pop(identity, None)
        counters = tuple([names.counter(key) for key in keys])
        withheld = names.line(withheld_key(identity))
        await self.telling.forget(Forgotten(names.caller(identity), names.line(identity), counters))
        return await self.telling.forget(Forgotten("", withheld, ()))

    async def run(self) -> None:
        """Tell what there is to be told, until cancelled."""
        await self.telling.run()

    async def close(self) -> None:
        """Tell what is left, in a moment; never raises."""
        await self.telling.last_words()

    def snapshot(self) -> dict[str, object]:
        """Return what `status` shows; `alone_since` is 0 where the store is there."""
        told = self.figures()
        latency = self.calls.latency
        return {
            "edge": self._edge.name,
            "state": "alone" if told.is_alone else "up",
            "why": self._edge.store.why if told.is_alone else "",
            "alone_since": self.telling.alone_since or 0.0,
            "waiting_to_tell": told.waiting,
            "dropped": told.dropped,
            "alone_calls": told.alone,
            "outcomes_elsewhere": told.elsewhere,
            "clock_ahead_s": round(self.telling.store_clock.ahead_s, 3),
            "answers_ms": {
                "p50": round(latency.quantile(0.5) * 1000.0, 3),
                "p99": round(latency.quantile(0.99) * 1000.0, 3),
            },
        }

    def figures(self) -> SharingFigures:
        """Return the figures as of now."""
        telling, calls = self.telling, self.calls
        return SharingFigures(
            telling.alone_since is not None or not self._edge.store.available,
            len(telling),
            telling.outbox.dropped + telling.lessons.dropped,
            calls.alone,
            telling.elsewhere,
            calls.latency.up_to(),
            calls.latency.total_s,
        )

    def _learned(self, identity: str, standing: Standing) -> None:
        """Keep what all edges know of a caller after an outcome told here."""
        self._edge.engine().keep_standing(identity, standing, self._edge.clock())

    def _remember(self, identity: str, now: float) -> None:
        self._recent[identity] = now
        self._recent.move_to_end(identity)
        if len(self._recent) > _MOST_RECENT:
            self._recent.popitem(last=False)

    def _offer_recent(self) -> None:
        """Offer what challenges told here lately, which a store that is back may have lost."""
        now = self._edge.clock()
        oldest = now - self._edge.settings.block_for
        for identity, at in self._recent.items():
            own = self._edge.memory.callers.get(identity)
            if at >= oldest and own is not None:
                event_id = f"again:{self._edge.name}:{now:.3f}"
                name = self._edge.names.caller(identity)
                lesson = Lesson(event_id, name, now, own=of_own(own), identity=identity)
                self.telling.lessons.add(lesson)
