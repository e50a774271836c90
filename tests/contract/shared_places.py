"""Where shared stores keep what they are told, for the tests that hold all to one contract.

Each gives out stores that share everything, as several edges have them, and lets time pass there.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from screener.config.options import RedisOptions
from screener.core.shared import Counter, Note, Question
from screener.errors import MissingPartError
from screener.ports import SharedStore
from screener.storage.redis_place import RedisPlace
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_redis import SharedRedis
from screener.storage.shared_sqlite import SharedSqlite
from tests.servers.redis_server import REDIS, VALKEY, Kind, RedisServer

HOUR = 3_600.0
_NAMES = count(1)


def fresh() -> str:
    """A name that no test used before: the stores live as long as the module."""
    return f"t{next(_NAMES)}"


class Place:
    """One kind of store; what is opened for one loop is closed in it."""

    async def opened(self) -> SharedStore:
        raise NotImplementedError

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def closed(self, store: SharedStore) -> None:
        await store.close()

    @asynccontextmanager
    async def some(self, number: int) -> AsyncIterator[list[SharedStore]]:
        """Give several edges their stores."""
        stores = [await self.opened() for _ in range(number)]
        try:
            yield stores
        finally:
            for store in stores:
                await self.closed(store)


class InMemory(Place):
    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self._store = SharedMemory(self._read)

    def _read(self) -> float:
        self.now += 1e-5
        return self.now

    async def opened(self) -> SharedStore:
        return self._store

    async def passes(self, seconds: float) -> None:
        self.now += seconds

    async def closed(self, store: SharedStore) -> None:
        del store  # all edges have the same


class InSqlite(Place):
    def __init__(self, path: Path) -> None:
        self._path = path

    async def opened(self) -> SharedStore:
        store = SharedSqlite(self._path, lambda: 1_700_000_000.0)
        await store.ping()
        return store


class InRedis(Place):
    def __init__(self, address: str) -> None:
        self._options = RedisOptions(addresses=(address,))

    async def opened(self) -> SharedStore:
        store = SharedRedis(RedisPlace(self._options, Path.read_text), prefix="t")
        await store.ping()
        return store


PLACES = [
    "memory",
    "sqlite",
    pytest.param("redis", marks=pytest.mark.e2e),
    pytest.param("valkey", marks=pytest.mark.e2e),
]


def place_named(name: str, folder: Path) -> Iterator[Place]:
    """Yield the place of that name, with its server around it where it has one."""
    match name:
        case "memory":
            yield InMemory()
        case "sqlite":
            yield InSqlite(folder / "shared.sqlite")
        case _:
            yield from _in_server({"redis": REDIS, "valkey": VALKEY}[name], folder)


def _in_server(kind: Kind, folder: Path) -> Iterator[Place]:
    try:
        kind.command()
    except MissingPartError as error:
        if os.environ.get("SCREENER_REQUIRE_LAB") == "1":
            raise
        pytest.skip(f"no {kind.name}: {error}")
    with RedisServer(folder, kind) as server:
        yield InRedis(server.address)


def asked(*counters: Counter, caller: str = "", line: str = "", call_id: str = "") -> Question:
    """What a call asks."""
    return Question(call_id or fresh(), caller, line, counters)


def note(call_id: str, *, line: str = "", challenged: bool = False, ttl: float = HOUR) -> Note:
    """What is told of a call."""
    return Note(call_id, "edge-a", "caller", line, "trunk", "crowd", challenged, ttl)
