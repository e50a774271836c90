"""The calls as they come, for all who look at the page of calls: one follower of the log for all.

It looks every half second, in a thread of its own, and only while somebody listens. Whoever is
slow loses the oldest rows and is told how many; nobody else waits.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from screener.desk.call_match import CallMatch
from screener.errors import ScreenerError
from screener.storage.call_log import NewCalls
from screener.storage.log_query import Filter, Found

LOOK_EVERY_S = 0.5
READY_S = 2.0
QUEUE = 300
"""Rows that wait for one viewer; a page shows no more either."""


@dataclass(slots=True)
class LiveCall:
    """A call that just came; `html` keeps its row for each kind of viewer once it is made."""

    call: Found
    number: bytes | None
    html: dict[bool, str] = field(default_factory=dict)


class Listener:
    """What one viewer has not been sent yet; `missed` counts what was dropped of it."""

    def __init__(self, wanted: Filter) -> None:
        self.match = CallMatch(wanted)
        self.missed = 0
        self._waiting: deque[LiveCall] = deque(maxlen=QUEUE)
        self._came = asyncio.Event()

    def put(self, call: LiveCall) -> None:
        """Take a call, if it fits."""
        if self.match.fits(call.call, call.number):
            self.missed += len(self._waiting) == QUEUE
            self._waiting.append(call)
            self._came.set()

    async def take(self, patience_s: float) -> tuple[list[LiveCall], int]:
        """Return what waits, oldest first, and how many were missed; nothing after a while."""
        try:
            async with asyncio.timeout(patience_s):
                await self._came.wait()
        except TimeoutError:
            return [], 0
        self._came.clear()
        calls, missed = list(self._waiting), self.missed
        self._waiting.clear()
        self.missed = 0
        return calls, missed


class LiveCalls:
    """All viewers of one log; `begin` begins to follow it, and may raise until there is one."""

    def __init__(self, begin: Callable[[], NewCalls], look_every_s: float = LOOK_EVERY_S) -> None:
        self._begin = begin
        self._look_every_s = look_every_s
        self._listeners: set[Listener] = set()
        self._watch: _Watch | None = None

    def __len__(self) -> int:
        """Return how many listen."""
        return len(self._listeners)

    @contextmanager
    def listening(self, wanted: Filter) -> Iterator[Listener]:
        """Listen to the calls that fit, from now on."""
        listener = Listener(wanted)
        self._listeners.add(listener)
        if self._watch is None:
            loop = asyncio.get_running_loop()
            deliver = lambda calls: loop.call_soon_threadsafe(self._deliver, calls)  # noqa: E731 - a bound name would not be shorter
            self._watch = _Watch(self._begin, self._wants_numbers, deliver, self._look_every_s)
            self._watch.start()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._watch.stop.set()
                self._watch = None

    async def ready(self) -> None:
        """Wait until what comes from now on will be seen."""
        watch = self._watch
        if watch is not None and not watch.ready.is_set():
            await asyncio.to_thread(watch.ready.wait, READY_S)

    def _wants_numbers(self) -> bool:
        return any(one.match.by_number for one in tuple(self._listeners))

    def _deliver(self, calls: Sequence[LiveCall]) -> None:
        for listener in self._listeners:
            for call in calls:
                listener.put(call)


class _Watch(threading.Thread):
    """The thread that looks, until `stop` is set."""

    def __init__(
        self,
        begin: Callable[[], NewCalls],
        wants_numbers: Callable[[], bool],
        deliver: Callable[[list[LiveCall]], object],
        look_every_s: float,
    ) -> None:
        super().__init__(name="live calls", daemon=True)
        self.stop, self.ready = threading.Event(), threading.Event()
        self._begin = begin
        self._wants_numbers = wants_numbers
        self._deliver = deliver
        self._look_every_s = look_every_s

    def run(self) -> None:
        follower: NewCalls | None = None
        try:
            while True:
                follower = follower or self._begun()
                calls = follower.look() if follower else []
                if follower and calls:
                    self._pass_on(calls, follower)
                if self.stop.wait(self._look_every_s):
                    return
        except RuntimeError:  # the loop is closed: nobody listens any more
            return
        finally:
            self.ready.set()
            if follower is not None:
                follower.close()

    def _begun(self) -> NewCalls | None:
        try:
            follower = self._begin()
        except ScreenerError:
            return None
        self.ready.set()
        return follower

    def _pass_on(self, calls: list[Found], follower: NewCalls) -> None:
        keys: dict[int, bytes] = {}
        if self._wants_numbers():
            keys = follower.number_keys(int(str(call["seq"])) for call in calls)
        self._deliver([LiveCall(call, keys.get(int(str(call["seq"])))) for call in calls])
