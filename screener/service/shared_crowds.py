"""All edges judge crowds by the calls of all edges: each tells every second what it counted.

What was told is numbered, so that it counts once however often it comes. While the store is away
an edge counts alone, and tells all of it at once when it is back. An edge that begins, or was away
for so long that news were lost, goes on from what another keeps. Nothing here is in a call's way.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from screener.core.center_baseline import (
    Baseline,
    adopt,
    adopt_prefixes,
    baseline_of,
    is_better,
    prefixes_of,
)
from screener.core.center_counts import CenterLedger
from screener.core.crowd import Crowd
from screener.core.delta_bounds import EdgeBounds
from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.errors import ScreenerError, SharedStoreError
from screener.ports import Clock
from screener.service.crowd_news import (
    Told,
    decode_baseline,
    decode_delta,
    decode_prefixes,
    encode_baseline,
    encode_delta,
    encode_prefixes,
)
from screener.service.shared_feed import FEED_TTL_S, News, SharedFeed

log = logging.getLogger("screener.crowds")

KIND, PREFIX_KIND = "crowds", "prefixes"
TELL_S = 1.0
"""How often an edge tells what it counted."""
KEEP_S = 30.0
KEEP_PREFIXES_S = 300.0
KEPT_S = 14 * 86_400.0
"""How often an edge keeps what it knows of all calls, and for how long that is kept."""
_AWAY_S = FEED_TTL_S - 60.0
"""Away for so long, news may have been lost."""
_AT_ONCE = 500
_MOST_TELLERS = 1_000
_LAST_WORDS_S = 1.0


class SharedCrowds:
    """Keeps what this edge counts, and what the others do, as one sum in the engine's memory.

    `feed` and `prefix_feed` are of `KIND` and `PREFIX_KIND`; `engine` returns the one in force,
    `teller` is a name that no other run of an agent has. `as_of` is until when the memory holds
    what others counted (seconds since 1970), 0 where it holds nothing of them. Make it before the
    first call is counted.
    """

    def __init__(
        self,
        feed: SharedFeed,
        prefix_feed: SharedFeed,
        engine: Callable[[], Engine],
        memory: Memory,
        clock: Clock,
        *,
        teller: str,
        as_of: float = 0.0,
    ) -> None:
        self._feed, self._prefix_feed = feed, prefix_feed
        self._engine, self._memory, self._clock = engine, memory, clock
        self._teller = teller
        self._as_of = as_of
        self._ledger = CenterLedger(engine(), memory, clock())
        self._number = 0
        self._untold: deque[Told] = deque()
        self._seen: dict[str, int] = {}
        self._bounds: dict[str, EdgeBounds] = {}
        self._heard_at = float("-inf")
        self._keep_at = self._keep_prefixes_at = 0.0
        self.folded = 0
        self.joined = ""

    async def run(self) -> None:
        """Tell and listen for ever; a store that is away is waited for."""
        while True:
            await self.step()
            await asyncio.sleep(TELL_S)

    async def close(self) -> None:
        """Tell and keep what is known, if that can be done at once."""
        self._keep_at = self._keep_prefixes_at = 0.0
        with suppress(TimeoutError):
            await asyncio.wait_for(self.step(), _LAST_WORDS_S)

    async def step(self) -> None:
        """Listen, tell, and now and then keep what is known."""
        with suppress(SharedStoreError):
            now = self._clock()
            if now - self._heard_at > _AWAY_S:
                await self._join()
            else:
                await self._listen()
            self._heard_at = now
            await self._tell()
            await self._keep(now)

    def snapshot(self) -> dict[str, object]:
        """Return what `status` shows."""
        counts = {"told": self._feed.posted, "untold": len(self._untold), "taken": self.folded}
        return {**counts, "edges": len(self._bounds), "refused": self._feed.refused}

    def _draw(self) -> None:
        delta = self._ledger.draw(self._engine(), self._clock())
        if delta:
            self._number += 1
            self._untold.append(Told(self._teller, self._number, delta))

    async def _tell(self) -> None:
        if not self._untold:  # what may have arrived is told again as it was, not mixed with more
            self._draw()
        while self._untold:
            await self._feed.post(encode_delta(self._untold[0]))
            self._untold.popleft()

    async def _listen(self) -> None:
        while news := await self._feed.news(_AT_ONCE):
            for one in news:
                self._take(one)
            if len(news) < _AT_ONCE:
                return
            await asyncio.sleep(0)

    def _take(self, news: News) -> None:
        try:
            told = decode_delta(news.told)
        except ScreenerError as error:
            self._feed.refuse(news.edge, error)
            return
        if told.teller == self._teller or told.number <= self._seen.get(told.teller, 0):
            return
        self._note(told)
        engine = self._engine()
        bounds = self._bounds.setdefault(news.edge, EdgeBounds())
        self._ledger.fold(engine, bounds.believed(told.delta, engine.settings), self._clock())
        self.folded += 1

    def _note(self, told: Told) -> None:
        self._seen.pop(told.teller, None)
        self._seen[told.teller] = told.number
        if len(self._seen) > _MOST_TELLERS:
            del self._seen[next(iter(self._seen))]

    async def _join(self) -> None:
        """Begin, or begin again: from another edge's baseline where that knows more."""
        backlog: list[News] = []
        while news := await self._feed.news(_AT_ONCE):
            backlog += news
        baselines = await self._baselines()
        prefixes = await self._prefix_feed.kept() if baselines else {}
        self._draw()
        engine, now = self._engine(), self._clock()
        edge, best = max(
            baselines, key=lambda one: one[1].taught(engine, now), default=("", Baseline(0.0))
        )
        if edge and is_better(best, engine, self._memory, now):
            self._go_on_from(edge, best, prefixes.get(edge))
        else:
            self._forget_known_news(backlog)
        self._as_of = now
        for one in backlog:
            self._take(one)

    async def _baselines(self) -> list[tuple[str, Baseline]]:
        found = []
        for edge, told in (await self._feed.kept()).items():
            try:
                found.append((edge, decode_baseline(told)))
            except ScreenerError as error:
                self._feed.refuse(edge, error)
        return found

    def _go_on_from(self, edge: str, best: Baseline, prefixes: object | None) -> None:
        engine, now = self._engine(), self._clock()
        adopt(best, engine, self._memory, now)
        if prefixes is not None:
            with suppress(ScreenerError):
                adopt_prefixes(*decode_prefixes(prefixes), self._memory)
        self._ledger.forget_untold(engine, now)
        self._seen = dict(best.seen)
        for told in self._untold:
            if told.number > best.seen.get(self._teller, 0):
                # Those of prefixes were not dropped: baselines hold only what is usual of them.
                crowds = replace(told.delta.crowds, prefixes={})
                self._ledger.fold(engine, replace(told.delta, crowds=crowds), now)
        self.joined = edge
        log.info("CROWDS-JOINED edge=%s taught=%.0f", edge, best.taught(engine, now))

    def _forget_known_news(self, backlog: list[News]) -> None:
        """Take it that what was told before this memory's time is in it."""
        for one in backlog:
            with suppress(ScreenerError):
                told = decode_delta(one.told)
                if told.delta.crowds.at <= self._as_of or one.edge == self._feed.edge:
                    self._note(told)

    async def _keep(self, now: float) -> None:
        if now >= self._keep_at:
            self._draw()  # what is kept must not hold what no number was given
            seen = {**self._seen, self._teller: self._number}
            baseline = baseline_of(self._engine(), self._memory, seen, self._clock())
            await self._feed.keep(encode_baseline(baseline), ttl=KEPT_S)
            self._keep_at = now + KEEP_S
        if now >= self._keep_prefixes_at:
            entries = self._memory.crowds.prefixes.entries(protected=False)
            told = await asyncio.to_thread(_prefixes_told, self._engine(), entries, now)
            await self._prefix_feed.keep(told, ttl=KEPT_S)
            self._keep_prefixes_at = now + KEEP_PREFIXES_S


def _prefixes_told(engine: Engine, entries: Mapping[str, Crowd], now: float) -> object:
    return encode_prefixes(prefixes_of(engine, entries, now), now)
