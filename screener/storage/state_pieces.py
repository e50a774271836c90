"""An agent's tables as of one moment, handed piece by piece from the event loop to a thread.

A piece is a copy of some thousand entries, made in well under a millisecond; calls are decided
between two. What changed since the moment is put into it by the thread. What asks for them is
`state_keeper`'s thread, what they become `state_file`'s.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from screener.core.memory import Memory
from screener.core.tables import Part, Parts
from screener.storage.crowd_state import KeptCrowds, copied
from screener.storage.state_file import Piece, Snapshot
from screener.storage.table_view import Entries

PATIENCE_S = 60.0
"""How long a thread waits for the event loop: longer only for one that stands still for good."""
STEP = 200
"""Crowds that are copied together, in half a millisecond."""


class Pieces:
    """Iterates over pieces that the event loop makes; used in a thread, made in the loop.

    Raises TimeoutError, RuntimeError or CancelledError where the loop has ended.
    """

    def __init__(self, views: list[tuple[str, Parts[Any]]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._views = views

    def __enter__(self) -> Self:
        """Begin to ask."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ask for no more, whether or not all was told."""
        with suppress(RuntimeError):  # a loop that has ended changes no tables either
            self._loop.call_soon_threadsafe(self._close)

    def __iter__(self) -> Iterator[Piece]:
        """Ask the loop for one part after another, each when the one before is used up."""
        while told := self._asked():
            for piece in told:
                for _ in _settling(piece.entries):
                    pass  # between two steps the loop may have the interpreter
                yield piece

    def _asked(self) -> list[Piece]:
        if self._loop.is_closed():
            raise RuntimeError("the event loop has ended")
        return asyncio.run_coroutine_threadsafe(self._next(), self._loop).result(PATIENCE_S)

    async def _next(self) -> list[Piece]:
        while self._views:
            name, view = self._views[0]
            part = next(view, None)
            if part is not None:
                return await _pieces(name, part)
            del self._views[0]
        return []

    def _close(self) -> None:
        for _, view in self._views:
            view.close()


def begun(memory: Memory, now: float) -> tuple[Snapshot, Pieces]:
    """Begin a snapshot as of `now`: what is small at once, and the tables to be asked for.

    Crowds are counted on in place. Those of prefixes come first, so what a start counts twice
    are the calls of a quarter of a second, where there are 20,000.
    """
    crowds = memory.crowds
    few = {key: copied(crowd) for key, crowd in crowds.few.items()}
    kept = KeptCrowds(few, {}, copied(crowds.all), crowds.customers)
    snapshot = Snapshot(now, now, now, usual=memory.usual.copy(), crowds=kept)
    views: list[tuple[str, Parts[Any]]] = [
        ("prefixes", crowds.prefixes.parts()),
        ("counters", memory.counters.parts()),
        ("callers", memory.callers.parts()),
        ("calls", memory.calls.parts()),
    ]
    return snapshot, Pieces(views)


async def _pieces(name: str, part: Part[Any]) -> list[Piece]:
    if name == "callers":
        return [Piece("known", part.protected), Piece("callers", part.probation)]
    if name != "prefixes":
        return [Piece(name, part.probation)]
    entries, copies = part.probation, {}
    for _ in _settling(entries):
        await asyncio.sleep(0)
    for place, (key, crowd) in enumerate(entries.items(), 1):
        copies[key] = copied(crowd)
        if place % STEP == 0:
            await asyncio.sleep(0)
    return [Piece(name, copies)]


def _settling(entries: Mapping[str, Any]) -> Iterator[None]:
    """Put in what changed, step by step."""
    if type(entries) is Entries:  # not `isinstance`: see `state_file`
        while entries.settle_some():
            yield
