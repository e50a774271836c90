"""What one call's question to a shared store costs, per store, beside bare redis-py at a server.

The question is that of a new caller under the shipped limits: a standing, a line, the counters of
its number and of its prefix. The peers ask less: a bare GET; INCR, EXPIRE and GET in a pipeline,
what a counter of fixed windows would be. CPU is this process's alone; the server's own is told
apart. Every round takes all in turn, so that the machine's moods meet all alike.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from statistics import median

import redis.asyncio
import uvloop

from screener.config.options import RedisOptions
from screener.core.settings import KeyField, Settings
from screener.core.shared import Counter, Question
from screener.errors import MissingPartError
from screener.ports import SharedStore
from screener.storage.redis_place import RedisPlace
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_redis import SharedRedis
from screener.storage.shared_sqlite import SharedSqlite
from tests.bench.figures import Scale, cpu_s, median_quantile, show
from tests.servers.redis_server import REDIS, VALKEY, RedisServer

ROUNDS = 5
AT_ONCE = 50
Ask = Callable[[], Awaitable[object]]

_WINDOWS = tuple(
    tuple(
        (window.calls, window.per)
        for limit in Settings().limits
        if limit.key == (key,)
        for window in limit.windows
    )
    for key in (KeyField.NUMBER, KeyField.PREFIX)
)
_numbers = count()


def _clock() -> float:
    return 1_700_000_000.0 + time.monotonic()


def question() -> Question:
    """Return the question of a caller that no edge knows; pseudonyms are 43 letters long."""
    name = f"{next(_numbers):043d}"
    counters = tuple(Counter(f"{at}{name}", windows) for at, windows in enumerate(_WINDOWS))
    return Question(name, name, name, counters)


class Peer:
    """One way to ask: its name, how, and the server's process where there is one."""

    def __init__(self, name: str, ask: Ask, server: RedisServer | None) -> None:
        self.name = name
        self.ask = ask
        self.server = server
        self.alone: list[list[float]] = []
        self.together: list[list[float]] = []
        self.own_us: list[float] = []
        self.server_us: list[float] = []


def run(scale: Scale) -> None:
    """Measure all stores that can be had here."""
    uvloop.run(_run(scale))


async def _run(scale: Scale) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        running = []
        for kind in (REDIS, VALKEY):
            try:
                running.append(servers.enter_context(RedisServer(folder / kind.name, kind)))
            except MissingPartError as error:
                print(f"shared-store: without {kind.name}: {error}")
        async with AsyncExitStack() as stack:
            peers = [peer async for peer in _peers(stack, folder, running)]
            size = scale.of(2_000, 100)
            for peer in peers:
                await _measure(peer, size // 4)
                peer.alone.clear()
                peer.together.clear()
                peer.own_us.clear()
                peer.server_us.clear()
            for _ in range(scale.of(ROUNDS, 1)):
                for peer in peers:
                    await _measure(peer, size)
    _show(peers, size)


async def _peers(
    stack: AsyncExitStack, folder: Path, servers: list[RedisServer]
) -> AsyncIterator[Peer]:
    for server in servers[:1]:
        client = redis.asyncio.Redis(host="127.0.0.1", port=server.port)
        stack.push_async_callback(client.aclose)

        async def get(client: redis.asyncio.Redis = client) -> None:
            await client.get("bench:nobody")

        async def fixed_window(client: redis.asyncio.Redis = client) -> None:
            pipeline = client.pipeline(transaction=False)
            key = f"bench:{next(_numbers):043d}"
            pipeline.incr(key)
            pipeline.expire(key, 60)
            pipeline.get("bench:nobody")
            await pipeline.execute()

        yield Peer(f"bare redis-py, GET ({server.kind.name})", get, server)
        yield Peer("bare redis-py, INCR+EXPIRE+GET", fixed_window, server)
    memory = SharedMemory(_clock, most=1_000_000)
    yield Peer("consult, memory", lambda: memory.consult(question()), None)
    sqlite = await stack.enter_async_context(
        _opened(SharedSqlite(folder / "shared.sqlite", _clock))
    )
    yield Peer("consult, sqlite", lambda: sqlite.consult(question()), None)
    for server in servers:
        place = RedisPlace(RedisOptions(addresses=(server.address,)), Path.read_text)
        store = await stack.enter_async_context(_opened(SharedRedis(place, prefix="bench")))

        async def consult(store: SharedStore = store) -> None:
            await store.consult(question())

        yield Peer(f"consult, {server.kind.name}", consult, server)


@asynccontextmanager
async def _opened(store: SharedStore) -> AsyncIterator[SharedStore]:
    await store.ping()
    try:
        yield store
    finally:
        await store.close()


async def _measure(peer: Peer, size: int) -> None:
    pid = peer.server.pid if peer.server is not None else 0
    own, served = time.process_time(), cpu_s(pid) if pid else 0.0
    alone = [await _timed(peer.ask) for _ in range(size)]
    peer.own_us.append((time.process_time() - own) / size * 1e6)
    peer.server_us.append(((cpu_s(pid) if pid else 0.0) - served) / size * 1e6)
    peer.alone.append(alone)
    together: list[float] = []
    for _ in range(max(size // AT_ONCE, 1)):
        together += await asyncio.gather(*(_timed(peer.ask) for _ in range(AT_ONCE)))
    peer.together.append(together)


async def _timed(ask: Ask) -> float:
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began


def _show(peers: list[Peer], size: int) -> None:
    floor = median_quantile(peers[0].alone, 0.5)
    columns = [
        f"{size} each a round",
        *("alone p50 us", "p99", "to bare", "CPU us", "server CPU us"),
        *(f"{AT_ONCE} at once p50 us", "p99"),
    ]
    rows = [
        [
            peer.name,
            f"{median_quantile(peer.alone, 0.5) * 1e6:,.0f}",
            f"{median_quantile(peer.alone, 0.99) * 1e6:,.0f}",
            f"{median_quantile(peer.alone, 0.5) / floor:.2f} x",
            f"{median(peer.own_us):,.0f}",
            f"{median(peer.server_us):,.0f}" if peer.server else "-",
            f"{median_quantile(peer.together, 0.5) * 1e6:,.0f}",
            f"{median_quantile(peer.together, 0.99) * 1e6:,.0f}",
        ]
        for peer in peers
    ]
    show("one call's question to a shared store", columns, rows)
