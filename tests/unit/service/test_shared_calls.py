"""Calls at edges over one store: counted once, at all together, whatever is cut when."""

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.call import Facts
from screener.core.engine import Engine
from screener.core.lists import ListAction, ListSpec
from screener.core.settings import Settings
from screener.core.shared import SharedStanding, StandingChange
from screener.service.challenging import Challenges
from tests.unit.core.engines import challenging
from tests.unit.service.shared_edges import (
    LIMITED,
    NUMBER,
    PASSED,
    WINDOW,
    Site,
    failed_twice,
)

HOUR = 3_600.0
OTHER = "+16515550143"
FACTS = Facts(number=NUMBER, presentation="allowed")


async def test_a_number_over_its_limit_at_all_edges_together_is_limited_at_each() -> None:
    site = Site(0.0, 5 * HOUR, -7 * HOUR)
    let_in = [await edge.is_let_in() for edge in (*site.edges, *site.edges)]
    assert let_in == [True, True, True, False, False, False]


async def test_a_limit_has_room_again_at_every_edge_as_time_passes() -> None:
    site = Site(0.0, 5 * HOUR)
    a, b = site.edges
    for _ in range(WINDOW.calls):
        await a.is_let_in()
    site.passes(WINDOW.per / WINDOW.calls + 1.0)
    assert [await b.is_let_in(), await a.is_let_in()] == [True, False]


async def test_what_a_refused_call_spent_by_asking_is_given_back() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    deny = ListSpec("denied", ListAction.DENY, entries=(NUMBER,))
    a.service.engine = Engine(
        Settings(mode=LIMITED.mode, limits=LIMITED.limits, lists=(deny,)), a.memory
    )
    assert [await a.is_let_in() for _ in range(4)] == [False] * 4
    assert [await b.is_let_in() for _ in range(4)] == [True, True, True, False]


async def test_calls_of_one_number_at_once_at_one_edge_are_all_counted() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    told = await asyncio.gather(*(a.call() for _ in range(WINDOW.calls)))
    assert all(one["SCREENER_VERDICT"] != "drop" for one in told)
    assert not await b.is_let_in()
    a.cut()
    assert not await a.is_let_in()


async def test_answers_that_come_in_another_order_lose_no_count_here() -> None:
    site = Site(0.0)
    a = site.edges[0]
    facts = [a.service.consult(FACTS) for _ in range(WINDOW.calls)]
    consulted = [await one for one in facts if one is not None]
    for one in reversed(consulted):
        a.service.screen(FACTS, None, one)
    a.cut()
    assert not await a.is_let_in()


async def test_open_challenges_of_a_number_at_another_edge_count_against_its_places() -> None:
    site = Site(0.0, 0.0, settings=challenging())
    a, b = site.edges
    full = {"queue_waiting": "7", "operators_logged_in": "3"}
    asked = [await a.call(**full) for _ in range(2)]
    assert [one["SCREENER_VERDICT"] for one in asked] == ["challenge"] * 2
    third = await b.call(**full)
    assert third["SCREENER_REASON"].startswith("number-lane-full")
    await a.report(asked[0]["SCREENER_ID"], PASSED)
    assert (await b.call(**full))["SCREENER_REASON"].split(".")[0] != "number-lane-full"


async def test_a_challenge_that_is_given_up_frees_its_place_at_every_edge() -> None:
    site = Site(0.0, 0.0, settings=challenging())
    a, b = site.edges
    full = {"queue_waiting": "7", "operators_logged_in": "3"}
    asked = [await a.call(**full) for _ in range(2)]
    Challenges(a.service).give_up(asked[0]["SCREENER_ID"])
    await a.tell()
    assert (await b.call(**full))["SCREENER_VERDICT"] == "challenge"


async def test_a_challenge_that_nobody_ended_holds_its_place_no_longer_than_its_watchdog() -> None:
    site = Site(0.0, 0.0, settings=challenging())
    a, b = site.edges
    full = {"queue_waiting": "7", "operators_logged_in": "3"}
    for _ in range(2):
        await a.call(**full)
    a.cut()
    site.passes(40.0)
    assert (await b.call(**full))["SCREENER_VERDICT"] == "challenge"


async def test_what_was_spent_alone_is_merged_by_maximum_on_return() -> None:
    site = Site(0.0, HOUR)
    a, b = site.edges
    b.cut()
    assert [await b.is_let_in() for _ in range(4)] == [True, True, True, False]
    await b.mend()
    assert not await a.is_let_in()


async def test_a_store_that_lost_its_memory_frees_no_number_from_its_limit() -> None:
    site = Site(0.0, 0.0)
    a, b = site.edges
    for _ in range(WINDOW.calls):
        await a.is_let_in()
    site.lose_memory()
    assert not await a.is_let_in()
    assert not await b.is_let_in()


async def test_nonsense_at_the_store_moves_a_standing_no_further_than_the_settings_allow() -> None:
    site = Site(0.0)
    a = site.edges[0]
    far = site.world.now + 1e9
    for place, fields in enumerate(
        [
            (far, 1e18, 1e18, far, far, far, far),
            (math.nan, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0),
            (math.inf, -1e18, -1.0, -5.0, math.inf, -1.0, math.inf),
            (1.0,),
        ]
    ):
        number = f"+1651555020{place}"
        name = f"shared-caller/{number[::-1]}"
        told = SharedStanding(0, fields, "\x1b[2J" * 40)
        await site.store.change(StandingChange(name, 0, told, "poison", HOUR))
        await a.call(number)
        standing = a.memory.callers.get(number)
        rules = LIMITED.reputation
        if standing is not None:
            assert standing.blocked_until <= a.clock() + rules.block_for
            assert standing.bad <= rules.block_after * rules.failed_challenge
            assert 0.0 <= standing.good <= 1_000.0
            assert max(standing.passed_at, standing.last_good, standing.at) <= a.clock()
            assert standing.trunk.isprintable()


async def test_no_number_reaches_the_store() -> None:
    site = Site(0.0)
    await failed_twice(site.edges[0])
    assert not any(NUMBER in key for key in site.store._cells.held)
    assert not any(NUMBER.encode() in value for value, _ in site.store._cells.held.values())


async def _never_over(steps: list[tuple[int, str]]) -> None:
    site = Site(0.0, 5 * HOUR, -5 * HOUR)
    began, let_in = site.world.now, 0
    for place, what in steps:
        edge = site.edges[place]
        if what == "call":
            let_in += await edge.is_let_in()
        elif what == "cut" and edge.link.answers:
            edge.cut()
        elif what == "mend" and not edge.link.answers:
            await edge.mend()
        elif what == "wait":
            site.passes(7.0)
    refilled = (site.world.now - began) * WINDOW.calls / WINDOW.per
    together = not any(what == "cut" for _, what in steps)
    edges = 1 if together else len(site.edges)
    assert let_in <= edges * (WINDOW.calls + refilled) + 1e-6


async def test_a_fault_in_the_sharing_costs_no_call(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(0.0)
    a = site.edges[0]

    def broken(*_: object) -> None:
        raise ZeroDivisionError(NUMBER)

    for name in ("consult", "take_in"):
        with monkeypatch.context() as patched:
            patched.setattr(a.sharing.calls, name, broken)
            assert await a.is_let_in()
    assert caplog.text.count("UNSHARED") == 2
    assert NUMBER not in caplog.text
    assert a.tally.faults["fail-open"] == 0


async def test_a_store_that_answers_nonsense_costs_no_call(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(0.0)
    a = site.edges[0]

    async def broken(_: object) -> None:
        raise ValueError(NUMBER)

    monkeypatch.setattr(a.link, "consult", broken)
    a.sharing.telling.store_clock.told(site.world.now, site.world.now, site.world.now)
    a.sharing.telling.alone_since = None
    assert await a.is_let_in()
    assert a.sharing.calls.alone == 1
    assert "SHARING-TROUBLE" in caplog.text
    assert NUMBER not in caplog.text


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["call", "call", "call", "cut", "mend", "wait"]),
        ),
        max_size=40,
    )
)
def test_edges_let_in_no_more_than_each_its_limit_whatever_is_cut_when(
    steps: list[tuple[int, str]],
) -> None:
    asyncio.run(_never_over(steps))
