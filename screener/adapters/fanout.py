"""Hands every event to all who follow, without ever waiting for one of them.

Each follower has a bounded queue. One who is too slow loses events and is told how many, in a
`{"lost": N}` of its own before the next event that fits. To be used from the event loop's thread.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

QUEUE_LIMIT = 1_000
"""Events kept for one follower."""


@dataclass(slots=True)
class _Follower:
    queue: asyncio.Queue[dict[str, object]]
    lost: int = 0


class Fanout:
    """The meeting point of one publisher and any number of followers."""

    def __init__(self, limit: int = QUEUE_LIMIT) -> None:
        self._limit = limit
        self._followers: list[_Follower] = []

    def publish(self, event: dict[str, object]) -> None:
        """Give the event to every follower that has room; neither blocks nor raises."""
        for follower in self._followers:
            room = self._limit - follower.queue.qsize()
            if room < (2 if follower.lost else 1):
                follower.lost += 1
                continue
            if follower.lost:
                follower.queue.put_nowait({"lost": follower.lost})
                follower.lost = 0
            follower.queue.put_nowait(event)

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[dict[str, object]]]:
        """Follow from now until the context ends; read the events from the queue given."""
        follower = _Follower(asyncio.Queue(self._limit))
        self._followers.append(follower)
        try:
            yield follower.queue
        finally:
            # By identity: two followers with equal queues are still two.
            self._followers = [other for other in self._followers if other is not follower]
