"""Edges over one store: what one knows the others act by, with it and after a time without it."""

import asyncio
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.call import Facts
from screener.core.outcome import Origin
from tests.unit.service.shared_edges import (
    FAILED,
    LIMITED,
    NUMBER,
    PASSED,
    SERVED,
    WINDOW,
    Site,
    failed_twice,
    passed,
)

HOUR = 3_600.0
OTHER = "+16515550143"
FACTS = Facts(number=NUMBER, presentation="allowed")


async def test_a_block_at_one_edge_holds_at_the_others_by_their_own_clocks() -> None:
    site = Site(0.0, 3 * HOUR, -3 * HOUR)
    a, b, c = site.edges
    await failed_twice(a)
    await b.call()
    await c.call()
    assert b.is_blocked()
    assert c.is_blocked()
    site.passes(LIMITED.reputation.block_for + 1.0)
    assert not b.is_blocked()
    assert not c.is_blocked()


async def test_failures_at_two_edges_make_a_block_at_both() -> None:
    site = Site(0.0, 3 * HOUR)
    a, b = site.edges
    for edge in (a, b):
        told = await edge.call()
        await edge.report(told["SCREENER_ID"], FAILED)
    await a.call()
    assert a.is_blocked()
    assert b.is_blocked()


async def test_a_passed_captcha_at_one_edge_is_known_at_the_others() -> None:
    site = Site(0.0, 3 * HOUR)
    a, b = site.edges
    await passed(a)
    await b.call()
    standing = b.memory.callers.get(NUMBER)
    assert standing is not None
    assert standing.passed_at == pytest.approx(b.clock(), abs=1.0)


async def test_calls_served_at_several_edges_add_up() -> None:
    site = Site(0.0, 0.0)
    for edge in (*site.edges, *site.edges):
        told = await edge.call()
        await edge.report(told["SCREENER_ID"], SERVED)
        site.passes(WINDOW.per)
    await site.edges[0].call()
    standing = site.edges[0].memory.callers.get(NUMBER)
    assert standing is not None
    assert standing.good == pytest.approx(4.0, abs=0.01)


async def test_an_outcome_told_to_two_edges_counts_once() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    told = await a.call()
    assert await a.report(told["SCREENER_ID"], FAILED)
    assert await b.report(told["SCREENER_ID"], FAILED)
    await b.call()
    assert not b.is_blocked()
    assert a.tally.faults["unknown-outcome"] == b.tally.faults["unknown-outcome"] == 0


async def test_an_edge_learns_what_became_of_a_call_that_another_decided(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(0.0, 2 * HOUR)
    a, b = site.edges
    calls = [await a.call() for _ in range(2)]
    a.cut()
    with caplog.at_level(logging.INFO):
        for told in calls:
            assert await b.report(told["SCREENER_ID"], FAILED)
    assert "OUTCOME-ELSEWHERE id=a-0 event=challenge_failed edge=a" in caplog.text
    await b.call()
    assert b.is_blocked()


async def test_an_outcome_of_a_call_that_nobody_knows_is_counted_as_before() -> None:
    site = Site(0.0)
    await site.edges[0].report("no-such-call", FAILED)
    assert site.edges[0].tally.faults["unknown-outcome"] == 1


async def test_without_the_store_an_edge_goes_on_by_what_it_knew() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    await failed_twice(a)
    await b.call()
    b.cut()
    assert b.is_blocked()
    assert not await b.is_let_in()
    assert b.sharing.calls.alone == 1
    assert b.sharing.figures().is_alone


async def test_a_call_that_was_decided_alone_is_recorded_as_that_and_no_other_is() -> None:
    site = Site(0.0)
    a = site.edges[0]
    told = []
    a.service._sinks = (lambda decision: told.append(decision.verdict.reasons),)
    answers = [await a.call()]
    a.cut()
    answers.append(await a.call())
    await a.mend()
    answers.append(await a.call())
    a.service.screen_malformed(Origin("peer", "why"))
    assert ["alone" in reasons for reasons in told] == [False, True, False, False]
    assert told[1] == (*told[0], "alone")
    assert answers[0]["SCREENER_REASON"] == answers[1]["SCREENER_REASON"]


async def test_what_was_learned_alone_is_known_to_all_on_return() -> None:
    site = Site(0.0, -4 * HOUR)
    a, b = site.edges
    b.cut()
    await failed_twice(b)
    await b.mend()
    await a.call()
    assert a.is_blocked()


async def test_a_block_that_was_cleared_meanwhile_does_not_come_back() -> None:
    site = Site(0.0, 5 * HOUR)
    a, b = site.edges
    b.cut()
    await failed_twice(b)
    site.passes(10.0)
    await passed(a)
    await b.mend()
    await a.call()
    await b.call()
    assert not a.is_blocked()
    assert not b.is_blocked()


async def test_a_failure_from_before_the_caller_was_cleared_blocks_with_no_later_one() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    b.cut()
    calls = [await b.call() for _ in range(2)]
    await b.report(calls[0]["SCREENER_ID"], FAILED)
    site.passes(10.0)
    await passed(a)
    site.passes(10.0)
    await b.report(calls[1]["SCREENER_ID"], FAILED)
    assert b.is_blocked()
    await b.mend()
    await b.call()
    await a.call()
    assert not a.is_blocked()
    assert not b.is_blocked()


async def test_a_pass_told_late_does_not_end_a_block_of_after_it() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    b.cut()
    await passed(b)
    site.passes(10.0)
    await failed_twice(a)
    await b.mend()
    await b.call()
    assert a.is_blocked()
    assert b.is_blocked()


async def test_a_person_who_clears_a_caller_clears_it_at_every_edge() -> None:
    site = Site(0.0, 2 * HOUR)
    a, b = site.edges
    await failed_twice(a)
    await b.call()
    at = a.clock()
    for edge in site.edges:
        keys = edge.service.engine.pardon(NUMBER)
        edge.sharing.cleared(NUMBER, min(at, edge.clock()), "review:7", keys)
        await edge.tell()
    assert [await edge.is_let_in() for edge in (a, b, a, b)] == [True, True, True, False]
    assert not a.is_blocked()
    assert not b.is_blocked()


async def test_a_store_that_lost_its_memory_is_told_again_of_a_block_by_who_made_it() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    await failed_twice(a)
    a.cut()
    site.lose_memory()
    await a.mend()
    await b.call()
    assert b.is_blocked()


async def test_a_store_that_lost_its_memory_is_told_again_of_a_block_by_who_took_it_in() -> None:
    site = Site(0.0, 0.0, HOUR)
    a, b, c = site.edges
    await failed_twice(a)
    await b.call()
    site.lose_memory()
    await b.call()
    await c.call()
    assert b.is_blocked()
    assert c.is_blocked()


async def test_a_forgotten_caller_is_forgotten_at_the_store() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    await failed_twice(a)
    await a.sharing.forget(NUMBER, a.service.engine.forget(NUMBER))
    left = [key for key in site.store._cells.held if NUMBER[::-1] in key]
    assert left == []
    await b.call()
    assert not b.is_blocked()
    assert [await b.is_let_in() for _ in range(2)] == [True, True]


async def test_while_alone_it_says_so_once_and_once_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(0.0)
    a = site.edges[0]
    await a.call()
    with caplog.at_level(logging.INFO, "screener.sharing"):
        a.cut()
        site.passes(12.0)
        await a.call()
        snapshot = a.sharing.snapshot()
        assert (snapshot["state"], snapshot["why"]) == ("alone", "cut")
        await a.mend()
    assert [line.partition(" ")[0] for line in caplog.messages] == ["SHARING-DOWN", "SHARING-BACK"]
    assert "alone_s=12.0" in caplog.messages[1]
    assert NUMBER not in caplog.text
    snapshot = a.sharing.snapshot()
    assert (snapshot["state"], snapshot["why"]) == ("up", "")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["fail", "fail", "cut", "mend", "wait"])),
        max_size=25,
    ),
    st.integers(0, 2),
)
def test_once_cleared_nobody_is_blocked_anywhere_by_what_was_before(
    steps: list[tuple[int, str]], who: int
) -> None:
    asyncio.run(_never_resurrected(steps, who))


async def _never_resurrected(steps: list[tuple[int, str]], who: int) -> None:
    site = Site(0.0, 5 * HOUR, -5 * HOUR)
    calls = [[await edge.call(OTHER) for _ in range(25)] for edge in site.edges]
    for place, what in steps:
        edge = site.edges[place]
        if what == "fail":
            await edge.report(calls[place].pop()["SCREENER_ID"], FAILED)
        elif what == "cut" and edge.link.answers:
            edge.cut()
        elif what == "mend" and not edge.link.answers:
            await edge.mend()
        site.passes(1.0)
    cleared_by = site.edges[who]
    await cleared_by.report(calls[who][0]["SCREENER_ID"], PASSED)
    site.passes(1.0)
    for edge in site.edges:
        await edge.mend()
    for edge in (*site.edges, *site.edges):
        await edge.call(OTHER)
    assert [edge.is_blocked(OTHER) for edge in site.edges] == [False] * 3
