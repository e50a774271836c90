"""Telling the store what this edge did, and catching up with it after a time alone.

Calls put what is to be told into an outbox and wait for nothing; one task tells it, many deeds at
a time. After a time alone the counters go first, so that limits hold again, then outcomes in the
order in which they were told here. What is worth telling is `sharing`'s to say.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from screener.core.outcome import ENDS_OF_CHALLENGE, Outcome
from screener.core.shared import ChallengeEnded, Note, Question
from screener.core.sharing import Known, taught, teaches
from screener.core.store_clock import StoreClock
from screener.errors import SharedRefusedError, SharedStoreError
from screener.service.journal import word
from screener.service.shared_edge import Edge
from screener.service.shared_lessons import Lesson, Lessons
from screener.service.shared_outbox import Held, Outbox

log = logging.getLogger("screener.sharing")

AT_ONCE = 500
"""Deeds in one round trip."""

LINGER_S = 0.02
"""How long deeds gather before they are told: each telling costs a third of a call (measured)."""

LOOK_S = 0.25
"""How often it is looked whether there is something left to tell."""

MOST_CLAIMS = 10_000
"""Outcomes of other edges' calls that wait; the oldest go first."""

FORGET_AGAIN_S = 30.0
"""After how long the store is told anew to forget, where that failed and the rest goes well."""

MOST_REFUSALS = 3
"""After so many an outcome of elsewhere is given up: it must not hold up all others."""

LAST_WORDS_S = 0.5
"""How long an edge that ends takes to tell what is left."""


class Claim(NamedTuple):
    """An outcome of a call that this edge did not decide, told at `at` (this edge's clock)."""

    call_id: str
    outcome: Outcome
    at: float


class Forgotten(NamedTuple):
    """What the store is to forget: a caller, its line, and counters, by their names there."""

    caller: str
    line: str
    counters: tuple[str, ...]


class Telling:
    """What waits to be told to one store, and the task that does.

    `unknown` is called for an outcome whose call no edge knows; `offer` adds lessons of what a
    store that is back may have lost.
    """

    def __init__(
        self,
        edge: Edge,
        lessons: Lessons,
        *,
        unknown: Callable[[str], None],
        offer: Callable[[], None],
    ) -> None:
        self.store_clock = StoreClock()
        self.outbox = Outbox()
        self.lessons = lessons
        self.alone_since: float | None = edge.clock()
        """When this edge was left alone, by its clock; None while it is not."""
        self.elsewhere = 0
        """Outcomes learned for other edges."""
        self._edge = edge
        self._unknown = unknown
        self._offer = offer
        self._claims: deque[Claim] = deque(maxlen=MOST_CLAIMS)
        self._forgotten: deque[Forgotten] = deque(maxlen=MOST_CLAIMS)
        self._news = asyncio.Event()
        self._forgetting = asyncio.Lock()
        self._forget_at = float("-inf")
        self._refused = 0

    def __len__(self) -> int:
        """Return how much is still to be told."""
        return len(self.outbox) + len(self.lessons) + len(self._claims) + len(self._forgotten)

    def wake(self) -> None:
        """Say that there is something to tell."""
        self._news.set()

    def claim(self, claim: Claim) -> None:
        """Take an outcome of a call that another edge decided."""
        self._claims.append(claim)
        self.wake()

    def forget_later(self, what: Forgotten) -> None:
        """Have it forgotten with what is told next."""
        self._forgotten.append(what)
        self.wake()

    async def forget(self, what: Forgotten) -> bool:
        """Have it forgotten; return whether it is, or will be once the store is there."""
        self._forgotten.append(what)
        try:
            await self._tell_forgotten()
        except SharedStoreError as error:
            log.warning("SHARING-TROUBLE a caller is forgotten later: %s", word(str(error)))
            return False
        return True

    def turned(self, available: bool, why: str) -> None:  # noqa: FBT001 - what it is about
        """Take it that the store was lost, or is there again."""
        if not available:
            if self.alone_since is None:
                self.alone_since = self._edge.clock()
            log.warning("SHARING-DOWN this edge goes on alone: %s", word(why))
        self.wake()

    async def run(self) -> None:
        """Tell for good, until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            if not self._edge.store.available or not (len(self) or self.alone_since is not None):
                continue
            await asyncio.sleep(LINGER_S)
            try:
                await self.tell()
            except SharedStoreError as error:
                log.debug("not told yet: %s", error)
            except Exception as error:  # noqa: BLE001 - what a store answers may be anything
                log.warning("SHARING-TROUBLE the store cannot be told: %s", type(error).__name__)

    async def tell(self) -> None:
        """Tell all there is; raises SharedStoreError where that cannot be done now."""
        since, waiting = self.alone_since, len(self)
        if since is not None or not self.store_clock.is_known:
            await self._look_at_clock()
        await self._tell_deeds()
        await self.lessons.teach(self.store_clock.ahead_s)
        await self._tell_claims()
        await self._tell_deeds()
        if since is not None and self._edge.store.available:
            self._offer()
            await self.lessons.teach(self.store_clock.ahead_s)
            self.alone_since = None
            log.info(
                "SHARING-BACK alone_s=%.1f merged=%d clock_ahead_s=%.3f",
                self._edge.clock() - since,
                waiting,
                self.store_clock.ahead_s,
            )
        # Last, since looking through all notes may take longer than is waited for.
        if self._forgotten and self._edge.clock() >= self._forget_at:
            await self._tell_forgotten()

    async def last_words(self) -> None:
        """Tell what is left, if that takes no time; never raises."""
        if not self._edge.store.available or not len(self):
            return
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self.tell()
        except (SharedStoreError, TimeoutError):
            log.warning("SHARING-TROUBLE not told at the end: %d", len(self))

    async def _look_at_clock(self) -> None:
        began = self._edge.clock()
        told = await self._edge.store.consult(Question("", "", "", ()))
        self.store_clock.told(told.now, began, self._edge.clock())

    async def _tell_forgotten(self) -> None:
        async with self._forgetting:  # a command asks as well, and none must take another's place
            while self._forgotten:
                try:
                    await self._edge.store.forget(*self._forgotten[0])
                except SharedStoreError:
                    if self._edge.store.available:
                        self._forget_at = self._edge.clock() + FORGET_AGAIN_S
                    raise
                self._forgotten.popleft()

    async def _tell_deeds(self) -> None:
        while len(self.outbox):
            held = self.outbox.take(AT_ONCE, self._edge.clock(), self.store_clock.ahead_s)
            if not held:
                return
            try:
                await self._edge.store.tell([one.deed for one in held])
            except SharedRefusedError:
                await self._tell_each(held)
            except SharedStoreError:
                self.outbox.put_back(held)
                raise

    async def _tell_each(self, held: list[Held]) -> None:
        """Tell one by one, without those that the store refuses for good."""
        for place, one in enumerate(held):
            try:
                await self._edge.store.tell([one.deed])
            except SharedRefusedError:
                self.outbox.dropped += 1
            except SharedStoreError:
                self.outbox.put_back(held[place:])
                raise

    async def _tell_claims(self) -> None:
        while self._claims:
            claim = self._claims[0]
            try:
                await self._claim(claim)
            except SharedStoreError:
                self._refused += 1
                if self._refused < MOST_REFUSALS or not self._edge.store.available:
                    raise
                self._unknown(claim.call_id)
            self._refused = 0
            if self._claims and self._claims[0] is claim:  # the oldest go first
                self._claims.popleft()

    async def _claim(self, claim: Claim) -> None:
        note = await self._edge.store.claim(claim.call_id)
        if note is None:
            self._unknown(claim.call_id)
            return
        self.elsewhere += 1
        log.info(
            "OUTCOME-ELSEWHERE id=%s event=%s edge=%s",
            word(claim.call_id),
            claim.outcome.event.value,
            word(note.edge),
        )
        if claim.outcome.event in ENDS_OF_CHALLENGE and note.line:
            self.outbox.add(ChallengeEnded(claim.call_id, note.line), self._edge.clock())
        if note.caller and teaches(claim.outcome, self._edge.settings):
            self.lessons.add(self._lesson(claim, note))
            await self.lessons.teach(self.store_clock.ahead_s)

    def _lesson(self, claim: Claim, note: Note) -> Lesson:
        at, outcome = claim.outcome.happened_at(claim.at), claim.outcome
        own = taught(Known(), outcome, self._edge.settings, at=at, trunk=note.trunk)
        event_id = f"{claim.call_id}:{outcome.event.value}"
        return Lesson(event_id, note.caller, at, outcome, note.trunk, own=own)
