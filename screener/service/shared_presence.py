"""Notices another agent that shares under this edge's name, which nothing else would tell.

Each run of an agent keeps a mark of its own among those of its name, with a number that grows
while it lives. So a run that was killed, whose mark stands a while longer, is no double. What two
of one name would overwrite of each other is `shared_feed`'s to keep apart.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from screener.errors import ScreenerError, SharedStoreError
from screener.service.shared_feed import SharedFeed

log = logging.getLogger("screener.sharing")

KIND = "edges"
BEAT_S = 5.0
"""How often an edge shows that it is there."""

PRESENT_S = 30.0
"""How long the mark of one is kept that shows itself no more."""

_QUIET_LOOKS = 6
"""After so many looks without a sign of life the other one is gone; looks at a store count."""

_LONGEST_PLACE = 80


@dataclass(slots=True)
class _Other:
    """Another run under this name: where, its latest number, looks since that last grew."""

    place: str
    beat: int
    lives: bool = False
    quiet: int = 0


class SharedPresence:
    """Shows that this run is there, and looks for others of its name.

    `feed` is of `KIND` and names the run; `place` tells people where it is: machine and process.
    """

    def __init__(self, feed: SharedFeed, place: str) -> None:
        self._feed = feed
        self._place = place
        self._beat = 0
        self._others: dict[str, _Other] = {}

    async def run(self) -> None:
        """Show and look for ever; a store that is away is waited for."""
        while True:
            await self.step()
            await asyncio.sleep(BEAT_S)

    async def step(self) -> None:
        """Show this run, and look once."""
        with suppress(SharedStoreError):
            self._beat += 1
            await self._feed.keep([self._beat, self._place], ttl=PRESENT_S)
            found = await self._feed.kept_by_namesakes()
            for other in self._others.values():
                other.quiet += 1
            for run, told in found.items():
                try:
                    self._see(run, *_read(told))
                except ScreenerError as error:
                    self._feed.refuse(run, error)
            for run in [run for run, one in self._others.items() if one.quiet >= _QUIET_LOOKS]:
                self._lose(run)

    @property
    def namesakes(self) -> list[str]:
        """Where the other agents of this edge's name are that live."""
        return [other.place for other in self._others.values() if other.lives]

    def _see(self, run: str, beat: int, place: str) -> None:
        other = self._others.setdefault(run, _Other(place, beat))
        if beat <= other.beat:
            return
        other.beat, other.quiet = beat, 0
        if not other.lives:
            other.lives = True
            log.warning(
                "EDGE-DOUBLE another agent shares under the name of this edge: edge=%s at=%r; "
                "give each a sharing.edge of its own",
                self._feed.edge,
                other.place,
            )

    def _lose(self, run: str) -> None:
        other = self._others.pop(run)
        if other.lives and not self.namesakes:
            log.info("EDGE-SINGLE no other agent shares under edge=%s any more", self._feed.edge)


def _read(told: object) -> tuple[int, str]:
    if not isinstance(told, list) or [type(one) for one in told] != [int, str]:
        raise ScreenerError("it is no mark of an edge")
    beat, place = told
    shown = "".join(letter for letter in place[:_LONGEST_PLACE] if letter.isprintable())
    return beat, shown
