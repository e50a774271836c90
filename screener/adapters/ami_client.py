"""Watching the operator queues over AMI: polls, sooner after events, and comes back by itself.

Only the figures of a `QueueSummary` that answers our own request are taken: no caller can write
into those. Events, which carry caller data, do no more than bring the next poll forward. Nothing
here raises into the agent or makes it wait. What the figures mean is left to
`service.queue_watch`.
"""

import asyncio
import logging
import random
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

from screener.adapters.ami_link import AmiLink, LoginRefusedError
from screener.adapters.secret_file import read_secret
from screener.config.options import AmiOptions
from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.ami import AmiMessage
from screener.service.queue_watch import FRESH_S, QueueSight, QueueWatch

log = logging.getLogger("screener.ami")

LEAST_GAP_S = 1.0
"""Between two polls, however many events come, seconds."""

LINK_PAUSE_S = 4.0
LOGIN_PAUSE_S = 30.0
"""The longest pause before a new attempt: after a lost link, and after what a person must mend."""

_COUNT = re.compile(r"[0-9]{1,7}")


class AmiClient:
    """Keeps a watch fresh until cancelled."""

    def __init__(
        self,
        options: AmiOptions,
        watch: QueueWatch,
        *,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._options = options
        self._watch = watch
        self._rest = rest
        self._chance = chance
        self._failures = 0
        self._told = ""
        self._missing: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Watch, and after any fault begin anew; ends by cancelling only."""
        while True:
            why, most = await self._watch_until_fault()
            self._down(why)
            await self._rest(self._pause(most))

    async def _watch_until_fault(self) -> tuple[str, float]:
        """Return what ended the watch and the longest pause that this deserves."""
        try:
            await self._watch_over_link()
        except TimeoutError:
            return "Asterisk did not answer in time", LINK_PAUSE_S
        except LoginRefusedError as error:
            return str(error), LOGIN_PAUSE_S
        except ScreenerError as error:
            return str(error), LINK_PAUSE_S
        except OSError as error:
            return error.strerror or str(error) or type(error).__name__, LINK_PAUSE_S
        except Exception as error:  # noqa: BLE001 - whatever it is, calls go on and so must this
            return f"a fault of ours ({type(error).__name__})", LOGIN_PAUSE_S

    async def _watch_over_link(self) -> NoReturn:
        """Watch over one connection; raises what ends it."""
        options = self._options
        try:
            secret = await asyncio.to_thread(read_secret, Path(options.secret_file))
        except ScreenerError as error:
            raise LoginRefusedError(str(error)) from error
        link = await AmiLink.open(options.host, options.port)
        try:
            await link.login(options.user, secret)
            while True:
                await self._look_and_wait(link)
        finally:
            link.close()

    async def _look_and_wait(self, link: AmiLink) -> None:
        now = asyncio.get_running_loop().time
        began = now()
        link.stirred = False
        await self._look(link)
        self._up()
        while True:
            pace = LEAST_GAP_S if link.stirred else self._options.every
            left = began + pace - now()
            if left <= 0:
                return
            await link.wait(left)

    async def _look(self, link: AmiLink) -> None:
        missing = set()
        for queue in self._watch.queues:
            answer = await link.request("QueueSummary", {"Queue": queue}, "QueueSummaryComplete")
            if answer[0].get("Response") != "Success":
                raise RemoteProtocolError("Asterisk refuses a QueueSummary")
            rows = [one for one in answer if one.get("Event") == "QueueSummary"]
            if rows:
                self._watch.saw(queue, read_summary(rows[0]))
            else:
                self._watch.missing(queue)
                missing.add(queue)
        self._tell_missing(frozenset(missing))

    def _pause(self, most: float) -> float:
        """Return how long to wait, seconds: 1, then up to 2, 4 ... `most`, spread by chance."""
        longest = min(2.0 ** min(self._failures, 10), most)
        self._failures += 1
        return max(longest * (0.5 + 0.5 * self._chance()), 1.0)

    def _up(self) -> None:
        if self._told != "up":
            log.info("AMI-UP %s queues=%s", self._place, ",".join(self._watch.queues))
        self._told, self._failures = "up", 0

    def _down(self, why: str) -> None:
        self._watch.lost(why)
        if self._told != why:
            log.warning(
                "AMI-DOWN %s: %s; what was seen counts for %g s, then what calls tell",
                self._place,
                why,
                FRESH_S,
            )
        self._told = why

    def _tell_missing(self, missing: frozenset[str]) -> None:
        for queue in sorted(missing - self._missing):
            log.warning("AMI-QUEUE %s is no queue of %s", queue, self._place)
        self._missing = missing

    @property
    def _place(self) -> str:
        return f"{self._options.host}:{self._options.port}"


def read_summary(row: AmiMessage) -> QueueSight:
    """Return what a `QueueSummary` tells; raises RemoteProtocolError where a figure is none."""
    return QueueSight(
        waiting=_figure(row, "Callers"),
        logged_in=_figure(row, "LoggedIn"),
        ready=_figure(row, "Available"),
        longest_wait_s=_figure(row, "LongestHoldTime"),
    )


def _figure(row: AmiMessage, name: str) -> int:
    text = row.get(name)
    if not _COUNT.fullmatch(text):
        raise RemoteProtocolError(f"QueueSummary tells no figure under {name}")
    return int(text)
