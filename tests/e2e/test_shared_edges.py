"""Three agents and one real Redis: one call center, with the store, without it, and again with it.

What each edge knows the others act by; a store that is killed or stands still costs no call.
"""

import asyncio
import sys
from collections.abc import Iterator

import pytest

from tests.servers.redis_server import RedisServer, redis_or_skip
from tests.servers.shared_agents import Load, SharedAgent, shared_agents, within

pytestmark = pytest.mark.e2e

PATIENT_S = 1.0
"""A deadline that an answer keeps on a machine as busy as one that runs tests."""
QUICK_S = 0.008
PER_S = 50.0
CALLS = 150
SOON_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_or_skip(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def edges(
    server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[SharedAgent]]:
    deadlines = {"a": PATIENT_S, "b": PATIENT_S, "c": PATIENT_S, "quick": QUICK_S}
    with shared_agents(tmp_path_factory.mktemp("edges"), server.address, deadlines) as agents:
        yield agents


def failed_twice(edge: SharedAgent, number: str) -> None:
    for _ in range(2):
        edge.report(edge.screen(number)["SCREENER_ID"], "challenge_failed")


def is_refused(edge: SharedAgent, number: str) -> bool:
    # So many new numbers call in the load that some who may call are asked first.
    return edge.screen(number)["SCREENER_VERDICT"] == "drop"


def is_told(edge: SharedAgent) -> bool:
    return edge.sharing()["waiting_to_tell"] == 0


def test_a_number_over_its_limit_at_all_together_is_limited_at_each(
    edges: list[SharedAgent],
) -> None:
    refused = [is_refused(edge, "+16515550150") for edge in (*edges[:3], *edges[:3])]
    assert refused == [False] * 3 + [True] * 3


def test_a_block_and_a_pass_at_one_edge_are_known_at_the_others(edges: list[SharedAgent]) -> None:
    a, b, c, _ = edges
    failed_twice(a, "+16515550151")
    a.report(a.screen("+16515550152")["SCREENER_ID"], "challenge_passed")
    within(SOON_S, lambda: is_told(a), "the store is told")
    assert "challenge-block" in b.screen("+16515550151")["SCREENER_REASON"]
    assert "passed-challenge" in b.screen("+16515550152")["SCREENER_REASON"]
    assert "passed-challenge" in c.screen("+16515550152")["SCREENER_REASON"]


def test_outcomes_of_a_killed_edge_are_learned_by_the_one_that_is_told(
    edges: list[SharedAgent],
) -> None:
    a, b, c, _ = edges
    asked = [c.screen("+16515550153")["SCREENER_ID"] for _ in range(2)]
    within(SOON_S, lambda: is_told(c), "the calls are noted")
    c.kill()
    for call_id in asked:
        b.report(call_id, "challenge_failed")
    within(SOON_S, lambda: b.sharing()["outcomes_elsewhere"] == 2, "both are claimed")
    within(SOON_S, lambda: is_told(b), "the store is told")
    assert "challenge-block" in a.screen("+16515550153")["SCREENER_REASON"]
    line = f"OUTCOME-ELSEWHERE id={asked[0]} event=challenge_failed edge=c"
    within(SOON_S, lambda: line in b.log.read_text(), "it says so")
    c.start()
    within(SOON_S, lambda: c.state() == "up", "the killed edge is back")


def test_a_store_killed_under_load_costs_no_call_and_what_was_done_alone_is_merged(
    server: RedisServer, edges: list[SharedAgent]
) -> None:
    a, b, c, quick = edges
    up = asyncio.run(under_load(quick, first=0))
    server.kill()
    try:
        down = asyncio.run(under_load(quick, first=1_000))
        within(SOON_S, lambda: all(one.state() == "alone" for one in edges), "all are alone")
        refused = [is_refused(edge, "+16515550154") for edge in [a] * 4 + [b] * 4]
        failed_twice(b, "+16515550155")
    finally:
        server.start()
    took = within(SOON_S, lambda: all(one.state() == "up" for one in edges), "merged")
    sys.stdout.write(f"merged {took:.2f} s after the store was back\n")
    held_to(up, down)
    assert refused == ([False] * 3 + [True]) * 2
    assert is_refused(c, "+16515550154")
    assert "challenge-block" in c.screen("+16515550155")["SCREENER_REASON"]
    within(
        SOON_S, lambda: all("SHARING-BACK" in one.log.read_text() for one in edges), "they say so"
    )


def test_a_store_that_stands_still_under_load_costs_no_call(
    server: RedisServer, edges: list[SharedAgent]
) -> None:
    quick = edges[3]

    async def frozen() -> Load:
        load = Load(quick.port, PER_S)
        loop = asyncio.get_running_loop()
        loop.call_later(0.5, server.freeze)
        loop.call_later(2.0, server.thaw)
        await load.run(CALLS, first=2_000)
        return load

    load = asyncio.run(frozen())
    held_to(load, load)
    within(SOON_S, lambda: quick.state() == "up", "it is back")


async def under_load(edge: SharedAgent, *, first: int) -> Load:
    load = Load(edge.port, PER_S)
    await load.run(CALLS, first)
    return load


def held_to(up: Load, down: Load) -> None:
    """Print what calls waited; none may be lost."""
    for what, load in (("with", up), ("without", down)):
        told = f"p50 {load.quantile(0.5):.2f} ms, p99 {load.quantile(0.99):.2f} ms"
        sys.stdout.write(f"verdicts {what} the store: {told}\n")
        assert load.lost == 0
        assert len(load.waits) == CALLS
