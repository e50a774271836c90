"""The site that the pages are about: its configuration, its files, the agent that may run.

Built once by `web_daemon`; every page is given it. Blocking work goes through `run`, so that no
page waits for another one's disk.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from screener.adapters.control_client import ask
from screener.config.load import Config, load_config
from screener.desk.web_log import reads_central
from screener.errors import ConfigError
from screener.web.live_banner import Notice, notices

if TYPE_CHECKING:
    from screener.web.hub import Hub

WORKERS = 8
"""Pages that may wait for a disk at once."""
READERS = 4
"""Pages that may wait for the central log at once."""

AGAIN_S = 30.0
"""When a file that was refused is read again though unchanged: what it names may be there by then.

Not at each look: reading one with many faults takes seconds, and pages look several times.
"""

Mark = tuple[int, int, int, int]
"""What tells one state of a file from another: when it was written and changed, size, inode."""
NO_FILE: Mark = 0, 0, 0, 0

P = ParamSpec("P")
T = TypeVar("T")


class Site:
    """One site; `path` is the configuration file, None for the embedded defaults.

    `wall` returns the machine's time, seconds since 1970.
    """

    def __init__(self, path: Path | None, wall: Callable[[], float]) -> None:
        """Read the configuration; raises ConfigError."""
        self.path = path
        self.wall = wall
        self._seen = self._mark()
        self._config = load_config(path)
        self._refused: tuple[Mark | None, float] = None, 0.0
        self._reading = Lock()
        self.hub: Hub | None = None
        """What is known of the running agent; None where nobody follows it, as in tests."""
        self.workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="page")
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="calls")

    @property
    def config(self) -> Config:
        """Return what the file says now; where it is refused, what it said before."""
        mark = self._mark()
        if mark != self._seen and self._reading.acquire(blocking=False):
            try:
                self._read(mark)
            finally:
                self._reading.release()
        return self._config

    @property
    def folder(self) -> Path:
        """Return the storage folder."""
        return Path(self._config.storage.folder)

    @property
    def keys(self) -> Path:
        """Return the path of the key file."""
        return Path(self._config.storage.keys)

    def notices(self) -> list[Notice]:
        """Return what stands above every page now."""
        return notices(self.hub.snapshot() if self.hub else None, self.config)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what blocks in a thread of its own and return what it returns."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.workers, partial(work, *args, **kwargs))

    async def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what reads the log of calls, as `run`.

        A central log has threads of its own: one that hangs keeps no other page waiting.
        """
        loop = asyncio.get_running_loop()
        threads = self.readers if reads_central(self.config) else self.workers
        return await loop.run_in_executor(threads, partial(work, *args, **kwargs))

    async def ask(self, request: Mapping[str, object], timeout_s: float = 5.0) -> dict[str, object]:
        """Ask the running agent; raises as `control_client.ask`."""
        return await self.run(ask, self._config.control.socket, request, timeout_s)

    def close(self) -> None:
        """Let the threads go."""
        for threads in (self.workers, self.readers):
            threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, mark: Mark) -> None:
        now = self.wall()
        refused, at = self._refused
        if mark == refused and 0.0 <= now - at < AGAIN_S:
            return
        try:
            self._config, self._seen = load_config(self.path), mark
        except ConfigError:
            self._refused = mark, now

    def _mark(self) -> Mark:
        if self.path is None:
            return NO_FILE
        try:
            status = self.path.stat()
        except OSError:
            return NO_FILE
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
