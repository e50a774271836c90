"""What is known of the operator queues by watching them, and how old it is.

Completes the load that a call brings: its own facts win, what it lacks is taken from the watch
while that is fresh. Looking is left to `adapters.ami_client`; what the load means, to
`core.pressure`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from screener.core.call import Load
from screener.ports import Clock

FRESH_S = 15.0
"""So long a sight counts, seconds: three polls at their default pace."""


class QueueSight(NamedTuple):
    """One queue at one moment: callers waiting, operators logged in, those free to take a call."""

    waiting: int
    logged_in: int
    ready: int
    longest_wait_s: int = 0


class QueueWatch:
    """The last sight of each queue; several add up, an operator of two of them counting twice."""

    def __init__(self, queues: Sequence[str], clock: Clock) -> None:
        """Take the names of the queues; none of them means that nothing is watched."""
        self.queues = tuple(dict.fromkeys(queues))
        self._clock = clock
        self._sights: dict[str, tuple[float, QueueSight]] = {}
        self._stale_since = clock()
        self._why = "not seen yet"

    def saw(self, queue: str, sight: QueueSight) -> None:
        """Take what a queue looks like now."""
        now = self._clock()
        self._sights[queue] = (now, sight)
        self._stale_since = now + FRESH_S
        self._why = "nothing was heard"

    def missing(self, queue: str) -> None:
        """Take that there is no such queue now."""
        self._sights.pop(queue, None)
        self._why = "Asterisk does not know the queue"

    def lost(self, why: str) -> None:
        """Take that nothing can be seen, and why; the last sights still count while fresh."""
        self._why = why

    def complete(self, load: Load) -> Load:
        """Return the load with what it lacks, as far as that is known and fresh."""
        if not self._sights:
            return load
        total = self._total()
        if total is None:
            return load
        return Load(
            queue_waiting=_first(load.queue_waiting, total.waiting),
            operators_logged_in=_first(load.operators_logged_in, total.logged_in),
            operators_ready=_first(load.operators_ready, total.ready),
            channels_in_use=load.channels_in_use,
        )

    def snapshot(self) -> dict[str, object]:
        """Return, for the status, whether the watch is off, fresh (with figures) or stale (why)."""
        if not self.queues:
            return {"state": "off"}
        now = self._clock()
        total = self._total()
        if total is None:
            since = min(now, self._stale_since)
            return {"state": "stale", "for_s": round(now - since, 1), "why": self._why}
        fresh = self._fresh()
        told = {"state": "fresh", "age_s": round(now - min(at for at, _ in fresh.values()), 1)}
        unseen = [queue for queue in self.queues if queue not in fresh]
        return {**told, **total._asdict(), **({"unseen": ", ".join(unseen)} if unseen else {})}

    def _fresh(self) -> dict[str, tuple[float, QueueSight]]:
        oldest = self._clock() - FRESH_S
        return {queue: seen for queue, seen in self._sights.items() if seen[0] > oldest}

    def _total(self) -> QueueSight | None:
        sights = [sight for _, sight in self._fresh().values()]
        if not sights:
            return None
        return QueueSight(
            waiting=sum(sight.waiting for sight in sights),
            logged_in=sum(sight.logged_in for sight in sights),
            ready=sum(sight.ready for sight in sights),
            longest_wait_s=max(sight.longest_wait_s for sight in sights),
        )


def _first(own: int | None, seen: int) -> int:
    return seen if own is None else own
