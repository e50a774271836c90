"""What several agents of one machine share, in one SQLite file: a `SharedStore` without a server.

Each step is one transaction, done in a thread of its own: a file that somebody else holds locked
makes nobody wait but that thread. The rules are `shared_rules`'s, deadlines are left to
`service.shared_guard`.
"""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from screener.core.shared import Deed, Note, Posted, Question, SharedStanding, StandingChange, Told
from screener.errors import MissingPartError, SharedStoreError
from screener.ports import Clock
from screener.storage.private_file import make_private
from screener.storage.shared_cells import MOST_BYTES, SqliteCells
from screener.storage.shared_rules import SharedRules
from screener.storage.transaction import transaction

T = TypeVar("T")

MOST_WAITING = 512
"""Steps that wait for the thread: beyond, nothing is asked."""

BUSY_S = 0.25
"""How long the thread waits for others that write."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PURGE_EVERY = 64

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cells (
  key TEXT PRIMARY KEY, value BLOB NOT NULL, ends REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cells_by_end ON cells (ends);
CREATE TABLE IF NOT EXISTS clock (boot TEXT PRIMARY KEY, ahead REAL NOT NULL) WITHOUT ROWID;
"""


class SharedSqlite:
    """A `SharedStore` in a file; who opens the same file shares it.

    All agents read one clock: the machine's since its boot, which no correction moves, and how far
    the wall clock of whoever came first (`wall`) was ahead of it.
    """

    def __init__(
        self,
        path: Path,
        wall: Clock,
        *,
        monotonic: Clock = time.monotonic,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._path = path
        self._wall = wall
        self._monotonic = monotonic
        self._most_bytes = most_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shared-sqlite")
        self._opened: _Opened | None = None
        self._waiting = 0
        self._counting = threading.Lock()
        self._steps = 0
        self._closed = False

    async def consult(self, question: Question) -> Told:
        """See `SharedStore`."""
        return await self._write(lambda rules, now: rules.consult(question, now))

    async def tell(self, deeds: Sequence[Deed]) -> None:
        """See `SharedStore`."""
        await self._write(lambda rules, now: rules.tell(deeds, now))

    async def change(self, change: StandingChange) -> SharedStanding | None:
        """See `SharedStore`."""
        return await self._write(lambda rules, now: rules.change(change, now))

    async def standing(self, caller: str) -> SharedStanding | None:
        """See `SharedStore`."""
        return await self._read(lambda rules, now: rules.standing(caller, now))

    async def claim(self, call_id: str) -> Note | None:
        """See `SharedStore`."""
        return await self._read(lambda rules, now: rules.claim(call_id, now))

    async def forget(self, caller: str, line: str, counters: Sequence[str]) -> None:
        """See `SharedStore`."""
        await self._write(lambda rules, now: rules.forget(caller, line, counters, now))

    async def post(self, edge: str, kind: str, body: bytes, *, ttl: float) -> str:
        """See `SharedStore`."""
        return await self._write(lambda rules, now: rules.post(edge, kind, body, ttl, now))

    async def since(self, kind: str, at: str, limit: int = 1000) -> Sequence[Posted]:
        """See `SharedStore`."""
        return await self._read(lambda rules, now: rules.since(kind, at, limit, now))

    async def keep(self, key: str, body: bytes, *, ttl: float) -> None:
        """See `SharedStore`."""
        await self._write(lambda rules, now: rules.keep(key, body, ttl, now))

    async def kept(self, prefix: str) -> Mapping[str, bytes]:
        """See `SharedStore`."""
        return await self._read(lambda rules, now: rules.kept(prefix, now))

    async def ping(self) -> None:
        """See `SharedStore`; opens the file, anew where another stands in its place."""
        await self._in_thread(self._open)
        await self._write(lambda _rules, _now: None)

    async def close(self) -> None:
        """See `SharedStore`."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._shut)
        self._thread.shutdown(wait=False)

    async def _write(self, step: Callable[[SharedRules, float], T]) -> T:
        def whole() -> T:
            opened = self._had()
            with transaction(opened.connection):
                now = opened.ahead + self._monotonic()
                self._steps += 1
                if self._steps % _PURGE_EVERY == 1:
                    opened.cells.purge(now)
                return step(opened.rules, now)

        return await self._in_thread(whole)

    async def _read(self, step: Callable[[SharedRules, float], T]) -> T:
        def whole() -> T:
            opened = self._had()
            return step(opened.rules, opened.ahead + self._monotonic())

        return await self._in_thread(whole)

    async def _in_thread(self, doing: Callable[[], T]) -> T:
        if self._closed:
            raise SharedStoreError("the store is closed")
        if self._waiting >= MOST_WAITING:
            raise SharedStoreError(f"{MOST_WAITING} steps are waiting")
        with self._counting:
            self._waiting += 1
        step = self._thread.submit(doing)
        step.add_done_callback(self._done)
        try:
            return await asyncio.wrap_future(step)
        except (sqlite3.Error, OSError, MissingPartError) as error:
            raise SharedStoreError(f"{self._path}: {error}") from error

    def _done(self, _step: Future[T]) -> None:
        # A step whose asker has gone is in the way of others until it is done, or dropped undone.
        with self._counting:
            self._waiting -= 1

    def _had(self) -> "_Opened":
        if self._opened is None:
            raise SharedStoreError("not opened yet")
        return self._opened

    def _open(self) -> None:
        make_private(self._path)
        status = self._path.stat()
        inode = (status.st_dev, status.st_ino)
        if self._opened is not None and self._opened.inode == inode:
            return
        self._shut()
        connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            with transaction(connection):
                for statement in _SCHEMA.strip().split(";\n"):
                    connection.execute(statement)
            ahead = self._agreed(connection)
        except BaseException:
            connection.close()
            raise
        cells = SqliteCells(connection, self._most_bytes)
        self._opened = _Opened(connection, cells, ahead, inode)

    def _agreed(self, connection: sqlite3.Connection) -> float:
        """Return how far ahead of the clock since boot all agents take the time to be."""
        boot = _BOOT_ID.read_text("ascii").strip() if _BOOT_ID.exists() else str(os.getpid())
        with transaction(connection):
            told = "INSERT INTO clock VALUES (?, ?) ON CONFLICT DO NOTHING"
            connection.execute(told, (boot, self._wall() - self._monotonic()))
            connection.execute("DELETE FROM clock WHERE boot <> ?", (boot,))
            row = connection.execute("SELECT ahead FROM clock WHERE boot = ?", (boot,)).fetchone()
        return float(row[0])

    def _shut(self) -> None:
        if self._opened is not None:
            self._opened.connection.close()
            self._opened = None


class _Opened:
    """An open file."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        cells: SqliteCells,
        ahead: float,
        inode: tuple[int, int],
    ) -> None:
        self.connection = connection
        self.cells = cells
        self.rules = SharedRules(cells)
        self.ahead = ahead
        self.inode = inode
