"""Exchanging the configuration of a running agent: whole or not at all, calls going on meanwhile.

Reads and compiles in a thread, since long lists take seconds; the exchange itself is one step of
the event loop. What the wire and the tables take of a new configuration is the daemon's to say.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from screener.config.build import Config
from screener.config.load import load_config
from screener.config.restart import needs_restart
from screener.errors import ScreenerError
from screener.service.screening import ScreeningService

log = logging.getLogger("screener.agent")


class Reloading:
    """The configuration in force, and the way to another.

    `accept` takes what a new one says of the agent around the rules, or raises ScreenerError and
    changes nothing; `settle` takes what cannot be refused; `refresh` reads people's reviews
    under the new plan of numbers. Each reload is made within a `during`.
    """

    def __init__(
        self,
        config: Config,
        path: Path | None,
        service: ScreeningService,
        *,
        accept: Callable[[Config], None],
        settle: Callable[[Config], None],
        refresh: Callable[[], Awaitable[object]],
        during: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.config = config
        self._path = path
        self._service = service
        self._accept = accept
        self._settle = settle
        self._refresh = refresh
        self._during = during
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()

    @property
    def config_hash(self) -> str:
        """The hash of the configuration in force."""
        return self.config.settings.config_hash

    def by_signal(self) -> None:
        """Begin a reload whose end is told in the log alone."""
        task = asyncio.get_running_loop().create_task(self._reload_and_log())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def reload(self) -> dict[str, object]:
        """Exchange the configuration; return both hashes and what takes effect at a start only.

        Raises:
            ScreenerError: It is refused, with every reason; nothing has changed then.
        """
        async with self._lock:
            with self._during():
                new = await asyncio.to_thread(load_config, self._path)
                successor = await asyncio.to_thread(self._service.engine.succeed, new.settings)
                old = self.config
                self._accept(new)
                successor.take_over()
                self._service.engine = successor
                self._settle(new)
                self.config = new
                kept = needs_restart(old, new)
                was = old.settings.config_hash
                log.info("RELOADED config=%s was=%s", self.config_hash, was)
                for name in kept:
                    log.warning("RELOADED %s takes effect at the next start", name)
        try:
            await self._refresh()
        except ScreenerError as error:  # the configuration is in force all the same
            log.warning("REVIEWS-TROUBLE what people decided lately is not in force: %s", error)
        return {"config": self.config_hash, "was": was, "next_start": kept}

    async def _reload_and_log(self) -> None:
        try:
            await self.reload()
        except ScreenerError as error:
            for line in str(error).splitlines():
                log.warning("RELOAD-REFUSED %s", line)
            log.warning("RELOAD-REFUSED the configuration %s stays", self.config_hash)
        except Exception as error:  # noqa: BLE001 - a bug in reading must not go unheard
            log.warning(
                "RELOAD-REFUSED a fault of ours (%s); the configuration %s stays",
                type(error).__name__,
                self.config_hash,
            )
