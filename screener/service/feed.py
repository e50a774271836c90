"""The live feed of decisions: each subscriber gets its own bounded queue.

A subscriber that does not keep up loses the newest events and is told how many; it can slow
down neither the calls nor the other subscribers.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from screener.core.decision import Decision
from screener.core.outcome import Outcome
from screener.service.describe import Described, describe

QUEUE_SIZE = 10_000


class Feed:
    """A `DecisionSink` that passes decisions, described, to whoever listens."""

    def __init__(self) -> None:
        self._lost: dict[asyncio.Queue[Described], int] = {}

    def __call__(self, decision: Decision) -> None:
        """Pass one decision on; costs nothing while nobody listens."""
        if self._lost:
            self._pass_on(describe(decision))

    def outcome(self, call_id: str, outcome: Outcome) -> None:
        """Pass on what became of a call."""
        if self._lost:
            told = {"outcome": outcome.event.value, "talk_s": outcome.talk_s}
            self._pass_on({"id": call_id, **told, "ago_s": outcome.ago_s})

    def _pass_on(self, event: Described) -> None:
        for queue, lost in self._lost.items():
            self._lost[queue] = _offer(queue, event, lost)

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[Described]]:
        """Listen for as long as the context is open."""
        queue: asyncio.Queue[Described] = asyncio.Queue(QUEUE_SIZE)
        self._lost[queue] = 0
        try:
            yield queue
        finally:
            del self._lost[queue]


def _offer(queue: asyncio.Queue[Described], event: Described, lost: int) -> int:
    """Queue the event, after a word on those lost before it; return how many are lost now."""
    if queue.maxsize - queue.qsize() < 1 + bool(lost):
        return lost + 1
    if lost:
        queue.put_nowait({"lost": lost})
    queue.put_nowait(event)
    return 0
