"""A shared store that nobody waits for: a deadline for each call, and a circuit breaker.

However the store fares, a call has its answer or a `SharedStoreError` by the deadline, and while
the circuit is open at once. `run` probes and connects beside the calls. What an edge does alone is
left to `service.sharing`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from screener.core.breaker import Breaker
from screener.core.shared import Deed, Note, Posted, Question, SharedStanding, StandingChange, Told
from screener.errors import SharedRefusedError, SharedStoreError
from screener.ports import SharedStore

T = TypeVar("T")

CONNECT_S = 2.0
"""For a probe that must connect, with TLS and Sentinels."""

PATIENT_S = 0.25
"""For what no call waits for: telling, and changing a standing."""

FEED_S = 1.0
"""For the feed and the blobs."""

FORGET_S = 10.0
"""For looking through all notes."""

_TRIES = 3
_NOTHING = Question("", "", "", ())

_LATE = "the store answers late"
_MOST_REASONS = 20
_MET_AGAIN = 2

_STALL_S = 0.001
"""A timer that is so late tells of a stall of this process, not of the store."""


@dataclass(slots=True)
class GuardFigures:
    """What the guard has counted: answers in time, late ones, errors, and calls not asked."""

    answered: int = 0
    late: int = 0
    failed: int = 0
    not_asked: int = 0


class GuardedStore:
    """A `SharedStore` around another; `changed(available, why)` is told when that turns.

    Before it was ever there each reason why not is told once, where a second probe meets it too:
    else nobody would hear of a wrong address.
    """

    def __init__(
        self,
        store: SharedStore,
        *,
        deadline: float,
        failures: int,
        probe: float,
        chance: Callable[[], float],
        changed: Callable[[bool, str], None] = lambda _available, _why: None,
    ) -> None:
        self._store = store
        self._deadline = deadline
        self._patient = max(deadline, PATIENT_S)
        self._probe = probe
        self._breaker = Breaker(failures, probe=probe, apart=deadline)
        self._chance = chance
        self._changed = changed
        self._closed = False
        self._was_there = False
        self._reasons: Counter[str] = Counter()
        self._turned = asyncio.Event()
        self.figures = GuardFigures()
        self.why = "not connected yet"
        """Why it cannot be had, empty where it can."""

    @property
    def available(self) -> bool:
        """Whether calls ask the store."""
        return not self._breaker.is_open

    @property
    def opened(self) -> int:
        """How often it was lost."""
        return self._breaker.opened

    async def consult(self, question: Question) -> Told:
        """See `SharedStore`; by the deadline."""
        return await self._asked(self._store.consult, question, within=self._deadline)

    async def claim(self, call_id: str) -> Note | None:
        """See `SharedStore`; by the deadline."""
        return await self._asked(self._store.claim, call_id, within=self._deadline)

    async def tell(self, deeds: Sequence[Deed]) -> None:
        """See `SharedStore`."""
        await self._asked(self._store.tell, deeds, within=self._patient)

    async def change(self, change: StandingChange) -> SharedStanding | None:
        """See `SharedStore`."""
        return await self._asked(self._store.change, change, within=self._patient)

    async def standing(self, caller: str) -> SharedStanding | None:
        """See `SharedStore`."""
        return await self._asked(self._store.standing, caller, within=self._patient)

    async def forget(self, caller: str, line: str, counters: Sequence[str]) -> None:
        """See `SharedStore`."""
        self._must_be_had()
        await self._timed(self._store.forget(caller, line, counters), FORGET_S)

    async def post(self, edge: str, kind: str, body: bytes, *, ttl: float) -> str:
        """See `SharedStore`."""
        self._must_be_had()
        return await self._timed(self._store.post(edge, kind, body, ttl=ttl), FEED_S)

    async def since(self, kind: str, at: str, limit: int = 1000) -> Sequence[Posted]:
        """See `SharedStore`."""
        self._must_be_had()
        return await self._timed(self._store.since(kind, at, limit), FEED_S)

    async def keep(self, key: str, body: bytes, *, ttl: float) -> None:
        """See `SharedStore`."""
        self._must_be_had()
        await self._timed(self._store.keep(key, body, ttl=ttl), FEED_S)

    async def kept(self, prefix: str) -> Mapping[str, bytes]:
        """See `SharedStore`."""
        self._must_be_had()
        return await self._timed(self._store.kept(prefix), FEED_S)

    async def ping(self) -> None:
        """See `SharedStore`; also while the circuit is open."""
        await self._timed(self._store.ping(), CONNECT_S)

    async def close(self) -> None:
        """See `SharedStore`."""
        self._closed = True
        self._breaker.open(_now(), 0.0)
        self.why = "closed"
        await self._store.close()

    async def run(self) -> None:
        """Probe for good: until it is cancelled, or the store is closed."""
        while not self._closed:
            await self._wait()
            if self._closed:
                return
            try:
                await self._timed(self._store.ping(), CONNECT_S)
                if not self.available:
                    await self._answers_in_time()
            except SharedStoreError as error:
                self._lost(str(error))
            else:
                self.why = ""
                self._was_there = True
                if self._breaker.probed_well():
                    self._changed(True, "")  # noqa: FBT003 - the one argument that it is about

    async def _answers_in_time(self) -> None:
        """Ask as a call does: connecting takes what it takes, this must keep the deadline.

        More than once, since on a busy machine now and then an answer is late.
        """
        for _ in range(_TRIES - 1):
            with suppress(SharedStoreError):
                await self._timed(self._store.consult(_NOTHING), self._deadline)
                return
        await self._timed(self._store.consult(_NOTHING), self._deadline)

    async def _wait(self) -> None:
        wait = self._probe if self.available else self._breaker.probe_in(_now())
        self._turned.clear()
        try:
            async with asyncio.timeout(wait):
                await self._turned.wait()
        except TimeoutError:
            return
        # It has just opened: the first probe is as far away as the breaker says.
        await asyncio.sleep(self._breaker.probe_in(_now()))

    async def _asked(
        self, ask: Callable[..., Coroutine[Any, Any, T]], what: object, *, within: float
    ) -> T:
        self._must_be_had()
        try:
            async with _Deadline(within):
                answer = await ask(what)
        except _LateError:
            self.figures.late += 1
            self._troubled(_LATE)
            raise SharedStoreError(_LATE) from None
        except SharedRefusedError:
            raise  # what was asked is at fault
        except SharedStoreError as error:
            self.figures.failed += 1
            self._troubled(str(error))
            raise
        except Exception as error:
            self.figures.failed += 1
            self._troubled(_nonsense(error))
            raise
        self.figures.answered += 1
        self._breaker.succeeded()
        return answer

    async def _timed(self, doing: Coroutine[Any, Any, T], within: float) -> T:
        try:
            async with _Deadline(within):
                return await doing
        except _LateError:
            raise SharedStoreError(_LATE) from None
        except SharedStoreError:
            raise
        except Exception as error:  # or nobody would probe any more
            raise SharedStoreError(_nonsense(error)) from error

    def _must_be_had(self) -> None:
        if self._breaker.is_open:
            self.figures.not_asked += 1
            raise SharedStoreError(f"the store cannot be had: {self.why}")

    def _troubled(self, why: str) -> None:
        if self._breaker.failed(_now(), self._chance()):
            self._turned.set()
            self._tell(why)

    def _lost(self, why: str) -> None:
        self.why = why
        if self._breaker.open(_now(), self._chance()):
            self._tell(why)
        elif not self._was_there and len(self._reasons) < _MOST_REASONS:
            self._reasons[why] += 1
            if self._reasons[why] == _MET_AGAIN:
                self._tell(why)

    def _tell(self, why: str) -> None:
        self.why = why
        self._changed(False, why)  # noqa: FBT003 - the one argument that it is about


class _LateError(Exception):
    """The deadline has passed."""


class _Deadline:
    """Like `asyncio.timeout`, but a stall of this process is no lateness of the store.

    After one the timer and the answer are both there; the answer, which takes two more turns of
    the loop, is waited for.
    """

    __slots__ = ("_due", "_handle", "_late", "_stalled", "_task", "_within")

    def __init__(self, within: float) -> None:
        self._within = within
        self._late = False
        self._stalled = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - awaited, hence in a task
        self._task = task
        self._due = loop.time() + self._within
        self._handle = loop.call_at(self._due, self._expire)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.cancel()
        if self._late and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise _LateError from None

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._stalled and loop.time() - self._due > _STALL_S:
            self._stalled = True
            self._handle = loop.call_later(_STALL_S, self._expire)
            return
        self._late = True
        self._task.cancel()


def _nonsense(error: Exception) -> str:
    return f"what it answers is no answer ({type(error).__name__})"


def _now() -> float:
    return asyncio.get_running_loop().time()
