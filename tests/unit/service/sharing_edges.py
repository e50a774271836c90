"""Edges in one process for tests: each with its own review.db and engine, over one shared store."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from screener.core.call import Load
from screener.core.engine import Engine
from screener.core.lists import ListAction
from screener.core.settings import Mode, Settings
from screener.service.reviewing import Reviewing
from screener.service.shared_feed import SharedFeed
from screener.service.shared_reviews import KIND, SharedReviews
from screener.storage.review_changes import ChangesReader
from screener.storage.review_exchange import ReviewExchange
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_seal import BodySealer
from tests.builders import HandClock, a_call, a_memory
from tests.unit.storage.reviews import PLAN, OpenReviews, reviews

SECRET = b"a secret that all edges have alike"


class Edge:
    """One edge: its kept reviews, its engine, and its part in the sharing."""

    def __init__(self, name: str, kept: OpenReviews, store: SharedMemory, clock: HandClock) -> None:
        self.name, self.kept, self.clock = name, kept, clock
        kept.clock = clock
        self.memory = a_memory()
        self.engine = Engine(Settings(mode=Mode.ENFORCE), self.memory)
        reader = ChangesReader(kept.path, kept.keys_path, lambda: PLAN, clock)
        self.reviewing = Reviewing(lambda: self.engine, self.memory.reviews, reader, clock, clock)
        self.begin(store)

    def begin(self, store: SharedMemory, run: str = "") -> None:
        """Begin to share, as after a start."""
        sealer = BodySealer(SECRET)
        self.sealer = sealer
        file = ReviewExchange(
            self.kept.path,
            self.kept.keys_path,
            lambda: PLAN,
            edge=self.name,
            now=self.clock,
            mark=sealer.mark,
        )
        self.feed = SharedFeed(store, sealer, self.name, KIND, run=run)
        self.sharing = SharedReviews(self.feed, file, self.reviewing.refresh, self.clock)
        self.reviewing.on_refresh = self.sharing.kick

    async def did(self) -> None:
        """Do what a command does after it wrote: have the agent take it in; then one step."""
        await self.reviewing.refresh()
        await self.sharing.step()

    def speaks(self, number: str) -> ListAction | None:
        """Return what is in force here of a caller."""
        call = a_call(number, arrived_at=self.clock())
        hit = self.engine.assess(call, Load()).list_hit
        return hit.action if hit is not None else None


@contextmanager
def edges(folder: Path, store: SharedMemory, clock: HandClock, *names: str) -> Iterator[list[Edge]]:
    """Lend edges that share one store and one clock."""
    with ExitStack() as stack:
        yield [
            Edge(name, stack.enter_context(reviews(folder / name)), store, clock) for name in names
        ]


async def steps(*several: Edge, times: int = 2) -> None:
    """Let every edge look at the feed so many times, one after another."""
    for _ in range(times):
        for edge in several:
            await edge.sharing.step()
