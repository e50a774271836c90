"""What people decided reaches every edge: told at once, and compared so that nothing is missed.

Told is what this edge's file has not told yet, so that a command without an agent, a store that
was away and a kill lose nothing. Every few seconds edges show one another what they hold in force;
who lacks something asks for it. The file is handed in (`storage.review_exchange`) and read in
threads; what is new is put in force by `service.reviewing`. Nothing here is in a call's way.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

from screener.errors import ScreenerError, SharedStoreError
from screener.ports import Clock
from screener.service.shared_feed import News, SharedFeed

log = logging.getLogger("screener.reviews")

KIND = "reviews"
POLL_S = 0.4
"""How often others' news are looked for: what is decided must be in force within 2 s."""
COMPARE_S = 5.0
"""How often edges compare what they hold."""
KEPT_S = 60.0
"""How long an edge's summary is believed that shows itself no more."""
ASK_AGAIN_S = 60.0
"""After how long one asks for, or offers, the same again."""
_AT_ONCE = 50
"""Entries read from the feed at once."""
_JITTER_S = 0.5
"""Within which time the edges answer who asks, so that mostly one of them does."""
_HEARD_S = 10.0
"""How long after something was told nobody offers it again."""
_MOST_KNOWN = 20_000
_LAST_WORDS_S = 1.0


@dataclass(frozen=True, slots=True)
class Untold:
    """What other edges were not told yet, as of one `change` of the file."""

    change: int
    uids: tuple[str, ...] = ()
    erased: tuple[tuple[bytes, float], ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is anything."""
        return bool(self.uids or self.erased)


@dataclass(frozen=True, slots=True)
class Lack:
    """What another edge's summary shows: uids that we lack, and that it should hear of from us."""

    wanted: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()
    erased_differ: bool = False


@dataclass(slots=True)
class Taken:
    """What came of others' news: new facts, refused ones, what was told of and is wanted."""

    new: int = 0
    refused: int = 0
    heard: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()


class ReviewFile(Protocol):
    """One edge's reviews as others get them; blocks, and raises ScreenerError.

    What is told is of JSON's types, with numbers in the clear: it must be sealed.
    """

    def untold(self) -> Untold:
        """Return what was done here that other edges were not told yet."""
        ...

    def told(self, untold: Untold) -> None:
        """Note that this was told."""
        ...

    def tell(self, untold: Untold) -> Iterator[object]:
        """Yield what tells it."""
        ...

    def tell_erased(self) -> Iterator[object]:
        """Yield what tells of all erased numbers."""
        ...

    def ask(self, uids: Sequence[str]) -> object:
        """Return what asks for these."""
        ...

    def summary(self) -> object:
        """Return what shows what is in force here."""
        ...

    def compare(self, theirs: object) -> Lack:
        """Return what another edge's summary shows."""
        ...

    def take(self, told: Sequence[object]) -> Taken:
        """Take in what other edges told."""
        ...


class SharedReviews:
    """Keeps this edge's reviews and those of the others alike.

    `refresh` puts in force what is new in the file; `clock` is the agent's.
    """

    def __init__(
        self,
        feed: SharedFeed,
        file: ReviewFile,
        refresh: Callable[[], Awaitable[object]],
        clock: Clock,
    ) -> None:
        self._feed = feed
        self._file = file
        self._refresh = refresh
        self._clock = clock
        self._kicked = asyncio.Event()
        self._kicked.set()
        self._compare_at = 0.0
        self._owed: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._trouble = ""
        self._away = False
        self.sent = self.taken = self.refused = 0

    def kick(self) -> None:
        """Have what was done just now told at once."""
        self._kicked.set()

    async def run(self) -> None:
        """Tell and take for ever; a store that is away is waited for."""
        while True:
            await self.step()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._kicked.wait(), POLL_S)
            if self._away or self._trouble:
                await asyncio.sleep(POLL_S)  # a kick must not make it spin

    async def close(self) -> None:
        """Tell what was not told yet, if that can be done at once."""
        with suppress(ScreenerError, TimeoutError):
            await asyncio.wait_for(self._send(), _LAST_WORDS_S)

    async def step(self) -> None:
        """Tell what is new here, take in what is new elsewhere, and now and then compare."""
        try:
            if self._kicked.is_set():
                await self._send()
            await self._take()
            if self._owed:
                await self._answer()
            if self._clock() >= self._compare_at or self._away:
                await self._send()  # also what nobody told us of, such as an erased number
                await self._compare()
        except SharedStoreError:
            self._away = True
        except ScreenerError as error:
            if str(error) != self._trouble:
                log.warning("REVIEWS-TROUBLE reviews are not shared: %s", error)
            self._trouble = str(error)
        else:
            self._away, self._trouble = False, ""

    async def tell(self) -> int:
        """Tell what was not told yet, once; return how much. For who has no agent running."""
        return await self._send()

    def snapshot(self) -> dict[str, object]:
        """Return what `status` shows."""
        counts = {"sent": self.sent, "taken": self.taken, "untold": self._kicked.is_set()}
        return {**counts, "refused": self.refused + self._feed.refused, "trouble": self._trouble}

    async def _send(self) -> int:
        count = 0
        self._kicked.clear()
        try:
            while untold := await asyncio.to_thread(self._file.untold):
                await self._post_all(self._file.tell(untold))
                await asyncio.to_thread(self._file.told, untold)
                self._heard.update(dict.fromkeys(untold.uids, self._clock()))
                count += len(untold.uids) + len(untold.erased)
        except BaseException:
            self._kicked.set()
            raise
        if count:
            self.sent += count
            log.info("REVIEWS-SENT count=%d", count)
        return count

    async def _take(self) -> None:
        while news := await self._feed.news(_AT_ONCE):
            new = await self._take_in(news)
            if new:
                self.taken += new
                log.info("REVIEWS-TAKEN count=%d", new)
                await self._refresh()
            if len(news) < _AT_ONCE:
                return

    async def _take_in(self, news: Sequence[News]) -> int:
        taken = await asyncio.to_thread(self._file.take, [one.told for one in news])
        now = self._clock()
        self.refused += taken.refused
        for uid in taken.heard:
            self._heard[uid] = now
            self._owed.pop(uid, None)
        for uid in taken.wanted:
            self._owe(uid, now)
        return taken.new

    def _owe(self, uid: str, now: float) -> None:
        """Take it that somebody should hear of that soon, from whichever edge."""
        chance = crc32(f"{self._feed.edge} {uid}".encode()) / 0xFFFFFFFF
        self._owed.setdefault(uid, now + chance * _JITTER_S)

    async def _answer(self) -> None:
        now = self._clock()
        due = tuple(uid for uid, at in self._owed.items() if at <= now)
        if due:
            await self._post_all(self._file.tell(Untold(0, due)))
            for uid in due:
                self._owed.pop(uid, None)
                self._heard[uid] = now

    async def _compare(self) -> None:
        now = self._clock()
        self._compare_at = now + COMPARE_S
        await self._feed.keep(await asyncio.to_thread(self._file.summary), ttl=KEPT_S)
        erased_differ = False
        wanted: list[str] = []
        for edge, told in (await self._feed.kept()).items():
            try:
                lack = await asyncio.to_thread(self._file.compare, told)
            except ScreenerError as error:
                self._feed.refuse(edge, error)
                continue
            wanted += lack.wanted
            erased_differ |= lack.erased_differ
            for uid in lack.owed:
                # What passed just now is on its way to that edge: its summary is of before.
                passed = now - self._heard.get(uid, -_HEARD_S) < _HEARD_S
                if not passed and self._may_ask(f"{edge} {uid}", now):
                    self._asked[f"{edge} {uid}"] = now
                    self._owe(uid, now)
        asked = [uid for uid in dict.fromkeys(wanted) if self._may_ask(uid, now)]
        if asked:
            self._asked.update(dict.fromkeys(asked, now))
            await self._feed.post(self._file.ask(asked))
        if erased_differ:
            await self._post_all(self._file.tell_erased())
        for times in (self._heard, self._asked):
            if len(times) > _MOST_KNOWN:
                times.clear()

    def _may_ask(self, uid: str, now: float) -> bool:
        return now - self._asked.get(uid, -ASK_AGAIN_S) >= ASK_AGAIN_S

    async def _post_all(self, parcels: Iterator[object]) -> None:
        while (told := await asyncio.to_thread(next, parcels, None)) is not None:
            await self._feed.post(told)
