"""Builds what an agent that is one edge of several has beside the rest; for `daemon` alone.

A store with its guard, and what asks and tells it. What the parts do is theirs; here stands only
who knows whom.
"""

import asyncio
import logging
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from screener.adapters.secret_file import read_secret
from screener.config.load import Config
from screener.core.engine import Engine
from screener.core.memory import Memory
from screener.ports import Clock
from screener.service import shared_crowds, shared_presence, shared_reviews
from screener.service.reviewing import LetIn, Reviewing
from screener.service.screening import ScreeningService
from screener.service.shared_crowds import SharedCrowds
from screener.service.shared_edge import Edge
from screener.service.shared_feed import SharedFeed
from screener.service.shared_guard import GuardedStore
from screener.service.shared_names import SharedNames
from screener.service.shared_presence import SharedPresence
from screener.service.shared_reviews import SharedReviews
from screener.service.sharing import Sharing, SharingFigures
from screener.steady_clock import wall
from screener.storage.new_shared import new_shared
from screener.storage.review_exchange import ReviewExchange
from screener.storage.review_file import REVIEW_FILE
from screener.storage.shared_pseudonyms import shared_pseudonym
from screener.storage.shared_seal import BodySealer, load_secret

log = logging.getLogger("screener.sharing")

_RUN_BYTES = 8
_ANEW_S = 1.0
_CLOSE_S = 2.0
"""How long an agent that ends waits for its store to be let go of."""


async def going_on(part: Callable[[], Awaitable[None]]) -> None:
    """Run a part until it ends; after a fault of ours it begins anew, so that no other ends."""
    while True:
        try:
            await part()
        except Exception as error:  # noqa: BLE001 - whatever it is, the edge goes on sharing
            _tell_trouble(error)
            await asyncio.sleep(_ANEW_S)
        else:
            return


def _tell_trouble(error: BaseException | None) -> None:
    if error is not None:
        log.warning("SHARING-TROUBLE a fault of ours: %s", type(error).__name__)


class SharingParts:
    """What one edge shares; does nothing where the configuration names no store.

    `restored` must be called before the first call, and before `run`.
    Raises MissingPartError or ScreenerError where the secret or a package is not to be had.
    """

    def __init__(
        self,
        config: Config,
        service: ScreeningService,
        memory: Memory,
        reviewing: Reviewing,
        clock: Clock,
    ) -> None:
        self._sharing: Sharing | None = None
        self._crowds: SharedCrowds | None = None
        options = config.sharing
        store = new_shared(options, wall, read_secret)
        if store is None:
            return
        secret = load_secret(Path(options.key_file))
        self._guard = GuardedStore(
            store,
            deadline=options.deadline,
            failures=options.failures,
            probe=options.probe,
            chance=random.random,
            changed=self._turned,
        )
        names = SharedNames(shared_pseudonym(secret))

        def engine() -> Engine:
            return service.engine  # a reload exchanges it

        edge = Edge(options.edge, self._guard, names, memory, engine, clock, options.ttl)
        self._sharing = service.sharing = Sharing(edge, service.unknown_outcome)
        reviewing.on_let_in = self._let_in
        self._clock, self._engine, self._memory = clock, engine, memory
        sealer = BodySealer(secret)
        self._feed_of = partial(SharedFeed, self._guard, sealer, options.edge)
        file = ReviewExchange(
            Path(config.storage.folder) / REVIEW_FILE,
            Path(config.storage.keys),
            lambda: engine().plan,
            edge=options.edge,
            now=wall,
            mark=sealer.mark,
        )
        self._run = secrets.token_hex(_RUN_BYTES)
        here = f"{socket.gethostname()}, pid {os.getpid()}"
        self._presence = SharedPresence(self._feed_of(shared_presence.KIND, run=self._run), here)
        feed = self._feed_of(shared_reviews.KIND, run=self._run)
        self._reviews = SharedReviews(feed, file, reviewing.refresh, clock)
        reviewing.on_refresh = self._reviews.kick

    def restored(self, as_of: float) -> None:
        """Take it that the memory holds what was known until `as_of`, 0 for nothing."""
        if self._sharing is not None:
            self._crowds = SharedCrowds(
                self._feed_of(shared_crowds.KIND),
                self._feed_of(shared_crowds.PREFIX_KIND),
                *(self._engine, self._memory, self._clock),
                teller=self._run,
                as_of=as_of,
            )

    async def run(self) -> None:
        """Ask, tell and probe until cancelled."""
        if self._sharing is not None:
            parts = [self._guard.run, self._sharing.run, self._reviews.run, self._presence.run]
            if self._crowds is not None:
                parts.append(self._crowds.run)
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(going_on(part))

    async def close(self) -> None:
        """Tell what is left, in a moment, and let go of the store; after `run` was cancelled."""
        if self._sharing is not None:
            last_words = [self._sharing.close(), self._reviews.close()]
            if self._crowds is not None:
                last_words.append(self._crowds.close())
            for told in await asyncio.gather(*last_words, return_exceptions=True):
                _tell_trouble(told)
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await self._guard.close()
            except Exception as error:  # noqa: BLE001 - what is known is still to be kept
                _tell_trouble(error)

    async def forget(self, identity: str, keys: list[str]) -> dict[str, object]:
        """Forget a caller for all edges; return what to say of it: nothing where none is asked.

        `keys` are of its counters, as `Engine.forget` told.
        """
        if self._sharing is None:
            return {}
        return {"shared": await self._sharing.forget(identity, keys)}

    def snapshot(self) -> dict[str, object] | None:
        """Return what `status` shows, None where nothing is shared."""
        if self._sharing is None:
            return None
        crowds = None if self._crowds is None else self._crowds.snapshot()
        told = {"reviews": self._reviews.snapshot(), "crowds": crowds}
        return {**self._sharing.snapshot(), "namesakes": self._presence.namesakes, **told}

    def figures(self) -> SharingFigures | None:
        """Return the figures of now, None where nothing is shared."""
        return None if self._sharing is None else self._sharing.figures()

    def _turned(self, available: bool, why: str) -> None:  # noqa: FBT001 - as the guard tells it
        if self._sharing is not None:
            self._sharing.telling.turned(available, why)

    def _let_in(self, one: LetIn) -> None:
        if self._sharing is not None:
            at = min(one.at, self._clock())
            # It is pardoned here already; once more tells which counters the store must forget.
            keys = self._engine().pardon(one.identity)
            self._sharing.cleared(one.identity, at, f"review:{one.uid}", keys)
