"""One kind of feed among edges: what this edge posts, sealed, and what others did, opened.

Entries may come twice or late: whoever reads must not mind. What cannot be opened is counted and
left out. What stands in the entries is left to `shared_reviews` and `shared_crowds`.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from screener.errors import ScreenerError, SharedStoreError
from screener.ports import SharedStore

log = logging.getLogger("screener.sharing")

FEED_TTL_S = 600.0
"""How long an entry is kept for edges that are away."""


class Sealing(Protocol):
    """Seals and opens what edges tell one another (`storage.shared_seal`)."""

    def seal(self, kind: str, edge: str, told: object) -> bytes:
        """Return what is told (of JSON's types) as that edge's body of that kind."""
        ...

    def open(self, kind: str, edge: str, body: bytes) -> object:
        """Return what was told; raises ScreenerError."""
        ...


class News(NamedTuple):
    """What an edge told."""

    edge: str
    told: object


class SharedFeed:
    """The feed of one kind, and the blobs that edges keep beside it; raises SharedStoreError.

    What is kept stands under the edge's name, so that a restart goes on with it. Where `run` names
    this run of the agent, it stands beside that of any other, so that two agents who were given
    one name by mistake do not take each other's for their own.
    """

    def __init__(
        self, store: SharedStore, sealing: Sealing, edge: str, kind: str, *, run: str = ""
    ) -> None:
        self.edge, self.kind = edge, kind
        self._keeper = f"{edge}/{run}" if run else edge
        self.posted = self.read = self.refused = 0
        self._store = store
        self._sealing = sealing
        self._at = ""
        self._told_of: set[tuple[str, str]] = set()

    async def post(self, told: object) -> None:
        """Tell all edges."""
        body = self._sealing.seal(self.kind, self.edge, told)
        await self._store.post(self.edge, self.kind, body, ttl=FEED_TTL_S)
        self.posted += 1

    async def news(self, limit: int) -> list[News]:
        """Return what was told since the last time, by this edge too; fewer are all there are."""
        entries = await self._store.since(self.kind, self._at, limit)
        found = []
        for entry in entries:
            self._at = entry.at
            if (told := self._opened(self.kind, entry.edge, entry.body)) is not None:
                found.append(News(entry.edge, told))
        self.read += len(found)
        return found

    async def keep(self, told: object, *, ttl: float) -> None:
        """Keep what every edge may want to know of this one, instead of what was kept."""
        body = await asyncio.to_thread(self._sealing.seal, f"{self.kind}-kept", self._keeper, told)
        await self._store.keep(f"{self.kind}/{self._keeper}", body, ttl=ttl)

    async def kept(self) -> Mapping[str, object]:
        """Return what the other edges keep, each by its name, and by its run where it has one."""
        return await self._kept("")

    async def kept_by_namesakes(self) -> Mapping[str, object]:
        """Return what other runs of agents with this edge's name keep, as `kept` does."""
        return await self._kept(f"{self.edge}/")

    async def _kept(self, whose: str) -> dict[str, object]:
        begin, found = f"{self.kind}/", {}
        for key, body in (await self._store.kept(begin + whose)).items():
            keeper = key.removeprefix(begin)
            if keeper != self._keeper:
                told = await asyncio.to_thread(self._opened, f"{self.kind}-kept", keeper, body)
                if told is not None:
                    found[keeper] = told
        return found

    def refuse(self, edge: str, error: ScreenerError) -> None:
        """Count what an edge told that was none, and tell it once for each edge and reason."""
        self.refused += 1
        known = edge[:_LONGEST_NAME], str(error)
        if known not in self._told_of and len(self._told_of) < _MOST_TOLD:
            self._told_of.add(known)
            log.warning("SHARED-REFUSED kind=%s edge=%r: %s", self.kind, *known)

    def _opened(self, kind: str, edge: str, body: bytes) -> object | None:
        try:
            return self._sealing.open(kind, edge, body)
        except SharedStoreError:
            raise
        except ScreenerError as error:
            self.refuse(edge, error)
            return None


_LONGEST_NAME = 60
_MOST_TOLD = 100
