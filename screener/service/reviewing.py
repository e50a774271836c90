"""What the running agent does when people have decided of callers: it takes in what changed.

Reading the changes is handed in (`storage.review_changes`) and runs in a thread; applying them
runs between calls, in slices, so that an import of a hundred thousand numbers holds up none.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from screener.core.engine import Engine
from screener.core.lists import Exact
from screener.core.outcome import Event, Outcome
from screener.core.review import Review, ReviewBook
from screener.errors import ScreenerError

log = logging.getLogger("screener.reviews")

ALLOW, DENY, NOT_SPAM, IMPORT, PAUSE = "allow", "deny", "not-spam", "import", "pause"
"""What a person can do that stands until it ends or is undone."""

SLICE = 200
"""Reviews that are put between two looks at the event loop (0.5 ms, measured)."""

LEAST_SHIFT_S = 1.0
"""By how much the clocks may differ before it is set right."""


@dataclass(frozen=True, slots=True)
class LetIn:
    """One caller whom a person let back in, how (`ALLOW`, `NOT_SPAM`), and when (s since 1970).

    `uid` names that deed, the same at every edge.
    """

    identity: str
    what: str
    at: float
    uid: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in the kept reviews since a reader last looked, up to `change`.

    `book` names the file; where it is not the one that the reader knew, `made` is all there is.
    An import lets in nobody one by one: its allows speak all the same. `unread` counts reviews that
    could not be opened; `witness` is the audit's last place and
    digest.
    """

    change: int
    book: str
    made: tuple[Review, ...] = ()
    let_in: tuple[LetIn, ...] = ()
    taken_back: tuple[int, ...] = ()
    paused_until: float = 0.0
    unread: int = 0
    witness: str = ""


class Reviewing:
    """Keeps a `ReviewBook` and the engine's memory in step with what people decided.

    `read` returns the changes after a change of a book (0 and an empty name: all); `clock` is the
    agent's, `wall` the machine's, by which the people's times are told. `on_refresh` is called
    after each `refresh`, `on_let_in` for each caller let back in: what other edges are told hangs
    there (`shared_reviews`).
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        book: ReviewBook,
        read: Callable[[int, str], Changes],
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self.unread = 0
        self._engine = engine
        self._book = book
        self._read = read
        self._clock = clock
        self._wall = wall
        self.on_refresh: Callable[[], None] = _nothing
        self.on_let_in: Callable[[LetIn], None] = _ignore
        self.heed: Callable[[Changes], None] = lambda _: None
        """Hears of what changed, once it is in force."""
        self._change, self._name, self._highest = 0, "", 0
        self._lock = asyncio.Lock()

    async def start(self, pardon_after: float | None = None) -> None:
        """Take in all there is; what cannot be read now is told, and the agent goes on without.

        Callers who were let back in after `pardon_after` are pardoned: what was restored of them
        may be older than that.
        """
        try:
            async with self._lock:
                await self._take_in(
                    pardon_after=float("inf") if pardon_after is None else pardon_after
                )
        except ScreenerError as error:
            log.warning("REVIEWS-TROUBLE reviews are not in force: %s", error)

    async def refresh(self) -> dict[str, object]:
        """Take in what changed, and return what was; in force when this returns.

        Raises ScreenerError where the reviews cannot be read: then nothing changed.
        """
        began = time.perf_counter()
        async with self._lock:
            changes = await self._take_in(pardon_after=float("-inf"))
        self.on_refresh()
        took = round((time.perf_counter() - began) * 1000.0, 3)
        return {
            "made": len(changes.made),
            "taken_back": len(changes.taken_back),
            "unread": changes.unread,
            "paused_until": self._book.paused_until,
            "took_ms": took,
        }

    def snapshot(self) -> dict[str, object]:
        """Return what `status` shows; `paused_until` is 0 where no pause is in force."""
        paused = self._book.is_paused(self._clock())
        return {
            "reviews": len(self._book),
            "unread": self.unread,
            "paused_until": self._book.paused_until if paused else 0.0,
        }

    async def _take_in(self, *, pardon_after: float) -> Changes:
        changes = await asyncio.to_thread(self._read, self._change, self._name)
        shift = self._shift()
        if changes.book != self._name or changes.change < self._change:  # another file
            await self._take_back(range(1, self._highest + 1))
            self._highest = self.unread = 0
        self._book.paused_until = changes.paused_until and changes.paused_until + shift
        await self._take_back(changes.taken_back)
        await self._put(changes.made, shift)
        for one in changes.let_in:
            if one.at > pardon_after:
                self._let_back_in(one)
        self._change, self._name = changes.change, changes.book
        self.heed(changes)
        self.unread += changes.unread
        if changes.made or changes.taken_back or changes.unread:
            log.info(
                "REVIEWS made=%d taken_back=%d unread=%d held=%d audit=%s",
                len(changes.made),
                len(changes.taken_back),
                changes.unread,
                len(self._book),
                changes.witness,
            )
        return changes

    async def _put(self, made: tuple[Review, ...], shift: float) -> None:
        # What holds many numbers comes last and at once: the next call compiles it, as a whole.
        exact = [review for review in made if isinstance(review.entry, Exact)]
        for start in range(0, len(exact), SLICE):
            for review in exact[start : start + SLICE]:
                self._book.put(_moved(review, shift))
            await asyncio.sleep(0)
        for review in made:
            if not isinstance(review.entry, Exact):
                self._book.put(_moved(review, shift))
        self._highest = max(self._highest, max((one.place for one in made), default=0))

    async def _take_back(self, places: range | tuple[int, ...]) -> None:
        for start in range(0, len(places), SLICE):
            for place in places[start : start + SLICE]:
                self._book.take_back(place)
            await asyncio.sleep(0)

    def _let_back_in(self, one: LetIn) -> None:
        engine = self._engine()
        engine.pardon(one.identity)
        if one.what == NOT_SPAM:
            engine.learn(one.identity, Outcome(Event.CHALLENGE_PASSED), at=self._clock())
        self.on_let_in(one)

    def _shift(self) -> float:
        """Return what to add to people's times, where the machine's clock was set since start."""
        shift = self._clock() - self._wall()
        return shift if abs(shift) >= LEAST_SHIFT_S else 0.0


def _moved(review: Review, shift: float) -> Review:
    if not shift or review.until is None:
        return review
    return replace(review, until=review.until + shift)


def _nothing() -> None:
    """Do what is done where no edges are told."""


def _ignore(_one: LetIn) -> None:
    """Do what is done where no edges are told."""
