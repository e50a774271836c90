"""The task that tells: by itself, many at a time, never for good stopped by a store."""

import asyncio
import logging

import pytest

from screener.core.shared import ChallengeEnded, Deed, Note
from screener.errors import SharedRefusedError, SharedStoreError
from screener.service.shared_telling import AT_ONCE, FORGET_AGAIN_S, MOST_REFUSALS, Claim, Forgotten
from tests.unit.service.shared_edges import FAILED, NUMBER, Site

PATIENCE_S = 10.0


def counting_tells(site: Site, *, fails: int = 0) -> list[int]:
    """Return a list that gets the size of each telling; the first ones fail."""
    sizes: list[int] = []
    link = site.edges[0].link
    tell = link.tell

    async def counted(deeds: list[Deed]) -> None:
        sizes.append(len(deeds))
        if len(sizes) <= fails:
            raise SharedStoreError("late")
        await tell(deeds)

    link.tell = counted  # type: ignore[assignment,method-assign]  # this one edge's link
    return sizes


async def run_until_told(site: Site) -> None:
    telling = site.edges[0].sharing.telling
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        running = group.create_task(telling.run())
        while len(telling):  # noqa: ASYNC110 - nobody says when all is told
            await asyncio.sleep(0.001)
        running.cancel()


async def test_what_gathers_meanwhile_is_told_at_once_by_itself() -> None:
    site = Site(0.0)
    telling = site.edges[0].sharing.telling
    await telling.tell()
    sizes = counting_tells(site, fails=1)
    for place in range(AT_ONCE + 20):
        telling.outbox.add(ChallengeEnded(f"c{place}", "line"), site.world.now)
        telling.wake()
    await run_until_told(site)
    assert sizes[-2:] == [AT_ONCE, 20]


async def test_a_store_that_answers_nonsense_is_told_of_and_asked_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(0.0)
    edge = site.edges[0]
    await edge.tell()
    claim = edge.link.claim
    answers = [UnicodeDecodeError("utf-8", b"\xff", 0, 1, NUMBER)]

    async def broken(call_id: str) -> object:
        if answers:
            raise answers.pop()
        return await claim(call_id)

    edge.link.claim = broken  # type: ignore[assignment,method-assign]  # this one edge's link
    edge.sharing.telling.claim(Claim("c1", FAILED, site.world.now))
    await run_until_told(site)
    assert "SHARING-TROUBLE" in caplog.text
    assert NUMBER not in caplog.text
    assert edge.tally.faults["unknown-outcome"] == 1


async def test_outcomes_of_elsewhere_wait_for_the_store() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    told = await a.call()
    b.cut()
    assert await b.report(told["SCREENER_ID"], FAILED)
    assert b.tally.faults["unknown-outcome"] == 0
    await b.mend()
    assert b.sharing.figures().elsewhere == 1
    standing = await b.link.standing(f"shared-caller/{NUMBER[::-1]}")
    assert standing is not None


async def test_a_caller_that_cannot_be_forgotten_now_is_once_the_store_is_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(0.0)
    a = site.edges[0]
    await a.call()
    a.cut()
    assert not await a.sharing.forget(NUMBER, a.service.engine.forget(NUMBER))
    assert "SHARING-TROUBLE" in caplog.text
    assert NUMBER not in caplog.text
    await a.mend()
    assert not [key for key in site.store._cells.held if key.startswith("c:")]
    assert await a.sharing.telling.forget(Forgotten("nobody", "", ()))


async def test_last_words_are_told_and_never_raise(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(0.0)
    a = site.edges[0]
    await a.tell()
    a.sharing.telling.outbox.add(ChallengeEnded("c1", "line"), site.world.now)
    sizes = counting_tells(site)
    await a.sharing.close()
    assert sizes == [1]
    sizes = counting_tells(site, fails=99)
    a.sharing.telling.outbox.add(ChallengeEnded("c2", "line"), site.world.now)
    with caplog.at_level(logging.WARNING):
        await a.sharing.close()
    assert "SHARING-TROUBLE not told at the end: 1" in caplog.text


async def test_an_outcome_that_cannot_be_read_holds_up_no_other() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    told = await a.call()
    claim = b.link.claim

    async def broken(call_id: str) -> Note | None:
        if call_id == "bad":
            raise SharedStoreError("the store holds something that is not of ours")
        return await claim(call_id)

    b.link.claim = broken  # type: ignore[method-assign]  # this one edge's link
    b.sharing.telling.claim(Claim("bad", FAILED, site.world.now))
    b.sharing.telling.claim(Claim(told["SCREENER_ID"], FAILED, site.world.now))
    for _ in range(MOST_REFUSALS - 1):
        with pytest.raises(SharedStoreError):
            await b.tell()
    await b.tell()
    assert b.sharing.figures().elsewhere == 1
    assert b.tally.faults["unknown-outcome"] == 1


async def test_a_deed_that_the_store_refuses_for_good_holds_up_no_other() -> None:
    site = Site(0.0)
    a = site.edges[0]
    await a.tell()
    tell, told = a.link.tell, list[str]()

    async def choosy(deeds: list[Deed]) -> None:
        if any(deed.call_id == "bad" for deed in deeds if isinstance(deed, ChallengeEnded)):
            raise SharedRefusedError("refused: a key of more than 512 bytes")
        told.extend(deed.call_id for deed in deeds if isinstance(deed, ChallengeEnded))
        await tell(deeds)

    a.link.tell = choosy  # type: ignore[assignment,method-assign]  # this one edge's link
    for call_id in ("c1", "bad", "c2"):
        a.sharing.telling.outbox.add(ChallengeEnded(call_id, "line"), site.world.now)
    await a.tell()
    assert told == ["c1", "c2"]
    assert (len(a.sharing.telling), a.sharing.telling.outbox.dropped) == (0, 1)


async def test_forgetting_that_takes_too_long_holds_up_nothing_else() -> None:
    site = Site(0.0)
    a = site.edges[0]
    tried: list[str] = []

    async def slow(caller: str, line: str, counters: list[str]) -> None:
        del line, counters
        tried.append(caller)
        raise SharedStoreError("the store answers late")

    a.link.forget = slow  # type: ignore[assignment,method-assign]  # this one edge's link
    assert not await a.sharing.telling.forget(Forgotten("x", "", ()))
    sizes = counting_tells(site)
    for _ in range(3):
        a.sharing.telling.outbox.add(ChallengeEnded("c1", "line"), site.world.now)
        await a.tell()
    assert sizes == [1, 1, 1]
    assert not a.sharing.figures().is_alone
    assert tried == ["x"]
    site.passes(FORGET_AGAIN_S)
    with pytest.raises(SharedStoreError):
        await a.tell()
    assert tried == ["x", "x"]


async def test_two_who_forget_at_once_leave_nobody_out() -> None:
    site = Site(0.0)
    a = site.edges[0]
    done: list[str] = []

    async def forget(caller: str, line: str, counters: list[str]) -> None:
        del line, counters
        await asyncio.sleep(0)
        done.append(caller)

    a.link.forget = forget  # type: ignore[assignment,method-assign]  # this one edge's link
    telling = a.sharing.telling
    asked = [telling.forget(Forgotten(caller, "", ())) for caller in "abc"]
    assert await asyncio.gather(*asked) == [True, True, True]
    assert done == ["a", "b", "c"]
