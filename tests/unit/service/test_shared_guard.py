import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from screener.core.shared import (
    ChallengeEnded,
    Deed,
    Question,
    SharedStanding,
    StandingChange,
    Told,
)
from screener.errors import SharedRefusedError, SharedStoreError
from screener.service.shared_guard import GuardedStore
from screener.storage.shared_memory import SharedMemory

QUESTION = Question("call", "caller", "line", ())


class Moody(SharedMemory):
    """A store that takes its time, or fails, as it is told."""

    def __init__(self) -> None:
        super().__init__(lambda: 1_000.0)
        self.pings = 0
        self.asked = 0
        self.fault: Exception | None = None
        self.hangs = False
        self.cancelled = 0

    async def consult(self, question: Question) -> Told:
        await self._mood()
        return await super().consult(question)

    async def tell(self, deeds: Sequence[Deed]) -> None:
        await self._mood()
        await super().tell(deeds)

    async def ping(self) -> None:
        self.pings += 1
        if not self.answers:
            raise SharedStoreError("down")
        if self.hangs:
            await asyncio.sleep(60)

    async def _mood(self) -> None:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        if self.hangs:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise


@asynccontextmanager
async def guarded(
    store: SharedMemory, *, deadline: float = 0.02, failures: int = 2, probe: float = 0.03
) -> AsyncIterator[tuple[GuardedStore, list[tuple[bool, str]]]]:
    turned: list[tuple[bool, str]] = []
    guard = GuardedStore(
        store,
        deadline=deadline,
        failures=failures,
        probe=probe,
        chance=lambda: 0.0,
        changed=lambda available, why: turned.append((available, why)),
    )
    probing = asyncio.get_running_loop().create_task(guard.run())
    try:
        yield guard, turned
    finally:
        probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)


async def test_nobody_asks_before_the_first_probe() -> None:
    store = Moody()
    async with guarded(store) as (guard, turned):
        with pytest.raises(SharedStoreError, match="not connected yet"):
            await guard.consult(QUESTION)
        assert guard.figures.not_asked == 1
        await until(lambda: guard.available)
        assert turned == [(True, "")]
        assert (await guard.consult(QUESTION)).now == 1_000.0
        assert guard.figures.answered == 1


async def test_one_that_was_never_there_is_told_once_for_each_reason() -> None:
    store = Moody()
    store.answers = False
    async with guarded(store) as (guard, turned):
        await until(lambda: bool(turned))
        assert store.pings >= 2  # at the first it may be about to start
        await until(lambda: store.pings >= 4)
        assert turned == [(False, "down")]
        store.answers, store.fault = True, SharedStoreError("a wrong password")
        await until(lambda: len(turned) > 1)
        store.answers, store.fault = False, None
        pings = store.pings
        await until(lambda: store.pings >= pings + 2)
        assert turned == [(False, "down"), (False, "a wrong password")]
        assert guard.why == "down"
        store.answers = True
        await until(lambda: guard.available)
        store.answers = False
        await until(lambda: not guard.available)
        store.answers, store.fault = True, SharedStoreError("a full memory")
        pings = store.pings
        await until(lambda: store.pings >= pings + 2)
        assert turned[2:] == [(True, ""), (False, "down")]  # from then on only that it turns
        assert guard.why == "a full memory"


async def test_everything_else_is_passed_on() -> None:
    async with guarded(SharedMemory(lambda: 1_000.0)) as (guard, _):
        await until(lambda: guard.available)
        await guard.ping()
        change = StandingChange("caller", 0, SharedStanding(0, (1.0,)), "event", 60.0)
        assert await guard.change(change) is None
        assert await guard.standing("caller") is not None
        assert await guard.claim("call") is None
        await guard.tell([ChallengeEnded("call", "line")])
        at = await guard.post("edge", "kind", b"x", ttl=60.0)
        assert [entry.at for entry in await guard.since("kind", "", 1)] == [at]
        await guard.keep("key", b"x", ttl=60.0)
        assert await guard.kept("k") == {"key": b"x"}
        await guard.forget("caller", "line", [])
        assert await guard.standing("caller") is None


async def test_an_answer_that_does_not_come_is_given_up_at_the_deadline() -> None:
    store = Moody()
    async with guarded(store, failures=100) as (guard, _):
        await until(lambda: guard.available)
        store.hangs = True
        began = time.monotonic()
        with pytest.raises(SharedStoreError, match="late"):
            await guard.consult(QUESTION)
        assert 0.019 < time.monotonic() - began < 5.0
        assert store.cancelled == 1
        assert guard.figures.late == 1


async def test_after_so_many_failures_no_call_waits_until_a_probe_is_answered() -> None:
    store = Moody()
    async with guarded(store) as (guard, turned):
        await until(lambda: guard.available)
        store.hangs = True
        for _ in range(2):
            with pytest.raises(SharedStoreError, match="late"):
                await guard.consult(QUESTION)
        assert turned == [(True, ""), (False, "the store answers late")]
        asked = store.asked
        for _ in range(50):
            with pytest.raises(SharedStoreError, match="cannot be had: the store answers late"):
                await guard.consult(QUESTION)
        assert store.asked == asked
        assert guard.opened == 1
        store.hangs = False
        await until(lambda: guard.available)
        await guard.consult(QUESTION)


async def test_errors_open_it_too_and_a_refusal_of_what_was_asked_does_not() -> None:
    store = Moody()
    async with guarded(store, failures=1) as (guard, _):
        await until(lambda: guard.available)
        store.fault = SharedRefusedError("refused: too much")
        for _ in range(5):
            with pytest.raises(SharedRefusedError):
                await guard.consult(QUESTION)
        assert guard.available
        store.fault = SharedStoreError("broken")
        with pytest.raises(SharedStoreError, match="broken"):
            await guard.tell([])
        assert not guard.available
        assert guard.why == "broken"


async def test_while_nobody_calls_a_lost_store_is_noticed() -> None:
    store = Moody()
    async with guarded(store) as (guard, turned):
        await until(lambda: guard.available)
        store.answers = False
        await until(lambda: not guard.available)
        assert turned[-1] == (False, "down")
        pings = store.pings
        await asyncio.sleep(0.1)
        assert pings < store.pings < pings + 20
        store.answers = True
        await until(lambda: guard.available)


async def test_a_store_that_answers_later_than_calls_wait_stays_out_until_it_is_quicker() -> None:
    class Slow(Moody):
        delay = 0.05

        async def consult(self, question: Question) -> Told:
            self.asked += 1
            await asyncio.sleep(self.delay)
            return await super().consult(question)

    store = Slow()
    async with guarded(store) as (guard, _):
        await until(lambda: store.asked >= 7)
        assert not guard.available
        assert "late" in guard.why
        store.delay = 0.0
        await until(lambda: guard.available)


async def test_while_calls_are_answered_it_is_pinged_all_the_same() -> None:
    # A store may have a second connection, for the feed, which nothing else connects anew.
    store = Moody()
    async with guarded(store) as (guard, _):
        await until(lambda: guard.available)
        pings = store.pings
        while store.pings < pings + 3:
            await guard.consult(QUESTION)
            await asyncio.sleep(0.001)


async def test_a_stall_of_this_process_is_no_lateness_of_the_store() -> None:
    class Answers(Moody):
        async def consult(self, question: Question) -> Told:
            answer = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.005, answer.set_result, None)
            await answer
            await asyncio.sleep(0)
            return await super().consult(question)

    async with guarded(Answers()) as (guard, _):
        await until(lambda: guard.available)
        asking = asyncio.ensure_future(guard.consult(QUESTION))
        await asyncio.sleep(0)
        time.sleep(0.05)  # noqa: ASYNC251 - the stall that is meant
        assert (await asking).now == 1_000.0
        assert guard.figures.late == 0


async def test_who_is_cancelled_is_cancelled_and_nobody_else_is_blamed() -> None:
    store = Moody()
    async with guarded(store) as (guard, _):
        await until(lambda: guard.available)
        store.hangs = True
        asking = asyncio.ensure_future(guard.consult(QUESTION))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (guard.figures.late, guard.figures.failed) == (0, 0)


ASKED: dict[str, Callable[[GuardedStore], Awaitable[Any]]] = {
    "consult": lambda guard: guard.consult(QUESTION),
    "claim": lambda guard: guard.claim("call"),
    "tell": lambda guard: guard.tell([]),
    "standing": lambda guard: guard.standing("caller"),
    "forget": lambda guard: guard.forget("caller", "", []),
    "post": lambda guard: guard.post("edge", "kind", b"", ttl=1.0),
    "since": lambda guard: guard.since("kind", ""),
    "keep": lambda guard: guard.keep("key", b"", ttl=1.0),
    "kept": lambda guard: guard.kept("key"),
    "ping": lambda guard: guard.ping(),
}


@pytest.mark.parametrize("what", ASKED)
async def test_closed_it_refuses_and_stops_probing(what: str) -> None:
    store = SharedMemory(lambda: 1_000.0)
    async with guarded(store) as (guard, _):
        await until(lambda: guard.available)
        await guard.close()
        with pytest.raises(SharedStoreError):
            await ASKED[what](guard)


async def test_nonsense_is_no_answer_and_probing_goes_on() -> None:
    store = Moody()
    async with guarded(store, deadline=0.005, probe=0.1) as (guard, turned):
        await until(lambda: guard.available)
        store.fault = TypeError("what a server said")
        for _ in range(2):
            with pytest.raises(TypeError):
                await guard.consult(QUESTION)
            await asyncio.sleep(0.006)  # two at once count as one
        assert not guard.available
        assert turned[-1] == (False, "what it answers is no answer (TypeError)")
        pings = store.pings
        await until(lambda: store.pings > pings + 1)
        store.fault = None
        await until(lambda: guard.available)
