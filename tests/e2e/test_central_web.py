"""The web admin over the central log of two edges, with a real PostgreSQL and a real browser."""

import asyncio
import csv
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.desk.auditing import all_of
from screener.web.calls_stream import live_calls
from screener.web.hub import Hub
from screener.web.pages import all_pages
from screener.web.site import Site
from tests.browser.tab import Window
from tests.servers.postgres_server import PostgresServer
from tests.servers.shipped_edge import ShippedEdge
from tests.unit.web.signed_in import SignedIn, Time, signed_in

pytestmark = pytest.mark.e2e

ALICE, BOB = "+16515550142", "+16515550143"
PATIENCE_S = 60.0


def id_of(place: int) -> str:
    return f"{place:016x}"


@pytest.fixture
def edges(postgres: PostgresServer, tmp_path: Path) -> Iterator[list[ShippedEdge]]:
    dsn = postgres.new_database()
    first = ShippedEdge(tmp_path / "a", "edge-a", dsn)
    found = [first, ShippedEdge(tmp_path / "b", "edge-b", dsn, first.log.keys)]
    for place, edge in enumerate(found):
        edge.call(10 + place, ALICE, trunk=f"trunk-{place}")
        edge.call(20 + place, BOB)
        edge.call(30 + place, ALICE, presentation="prohib")
        edge.ship()
    yield found
    for edge in found:
        edge.close()


@asynccontextmanager
async def admin(edges: list[ShippedEdge]) -> AsyncIterator[SignedIn]:
    """Serve the admin of all edges beside the first."""
    edge = edges[0]
    with edge.config.open("a") as file:
        file.write("web: {log: central}\n")
    now = Time(time.time())  # noqa: TID251 - calls came by the server's clock
    site = Site(edge.config, now)
    async with signed_in(edge.config.parent, all_pages(), site=site, time=now) as at:
        hub = site.hub = Hub(lambda: f"{edge.config.parent}/none.sock", now)
        yield at
        hub.close()


async def is_followed(site: Site) -> None:
    """Wait until whoever looks at the calls is sent those that come from now on."""
    for _ in range(6_000):
        if len(live_calls(site)):
            break
        await asyncio.sleep(0.01)
    await live_calls(site).ready()


async def test_the_list_is_of_all_edges_and_its_filters_the_same(
    edges: list[ShippedEdge],
) -> None:
    async with admin(edges) as at:
        page = (await at.viewer.get("/calls")).text
        assert [page.count(f'data-id="{id_of(place)}"') for place in (10, 11, 20, 21, 30, 31)] == [
            1
        ] * 6
        assert page.count(">edge-a<") == page.count(">edge-b<") == 3
        assert ALICE[2:] not in page
        one = (await at.viewer.get("/calls?edge=edge-b&trunk=trunk-1")).text
        assert (one.count("<tr data-id"), id_of(11) in one) == (1, True)
        found = await at.viewer.post("/calls/number", {"number": "(651) 555-0142", "query": ""})
        of_alice = (await at.viewer.get(found.location)).text
        assert of_alice.count("<tr data-id") == 2
        rows = list(csv.reader((await at.viewer.get("/calls.csv")).text.splitlines()))
        assert rows[0][:4] == ["at", "id", "edge", "verdict"]
        assert sorted(row[2] for row in rows[1:]) == ["edge-a"] * 3 + ["edge-b"] * 3
        told = (await at.viewer.get("/calls.json?edge=edge-a")).json()
        assert {call["edge"] for call in told} == {"edge-a"}


async def test_a_call_of_another_edge_has_its_story_and_its_callers_history(
    edges: list[ShippedEdge],
) -> None:
    async with admin(edges) as at:
        page = (await at.viewer.get(f"/calls/{id_of(11)}")).text
        assert "decided by edge-b" in page
        assert "by the trunk trunk-1" in page
        assert "2 calls in all, this one included" in page
        assert f'href="/calls/{id_of(10)}"' in page
        assert ALICE[2:] not in page
        assert (await at.viewer.get(f"/calls/{'f' * 16}")).status == 404
        edges[0].call(40, BOB)  # of this edge, and not shipped yet
        assert (await at.viewer.get(f"/calls/{id_of(40)}")).status == 200
        told = (await at.viewer.get("/api/v1/calls?edge=edge-b")).json()
        assert {call["edge"] for call in told["calls"]} == {"edge-b"}
        assert (await at.viewer.get(f"/api/v1/calls/{id_of(11)}")).json()["edge"] == "edge-b"
        words = (await at.viewer.get(f"/api/v1/calls/{id_of(21)}/explanation")).json()["words"]
        assert words[0].startswith(f"Call {id_of(21)} came on ")
        assert (await at.viewer.get("/api/v1/stats?by=edge")).json()["groups"].keys() == {
            "edge-a",
            "edge-b",
        }


async def test_a_number_of_another_edge_is_shown_to_a_reviewer_and_the_audit_has_it_first(
    edges: list[ShippedEdge],
) -> None:
    async with admin(edges) as at:
        path = f"/calls/{id_of(11)}/reveal"
        assert (await at.viewer.post(path, {"reason": "ticket 7"})).status == 403
        shown = await at.reviewer.post(path, {"reason": "ticket 7"})
        assert ALICE in shown.text
        withheld = await at.reviewer.post(f"/calls/{id_of(31)}/reveal", {"reason": "ticket 8"})
        assert "no number was kept" in withheld.text
        api = f"/api/v1/calls/{id_of(21)}/reveal"
        assert (await at.reviewer.post(api, json={"reason": "ticket 9"})).json()["number"] == BOB
        nothing = await at.reviewer.post(f"/calls/{'f' * 16}/reveal", {"reason": "ticket 10"})
        assert "holds no call" in nothing.text
        deeds, verified = await at.site.run(all_of, at.site.config)
    assert [(deed.what, deed.reason, deed.target) for deed in deeds if deed.what == "reveal"] == [
        ("reveal", "ticket 7", id_of(11)),
        ("reveal", "ticket 8", id_of(31)),
        ("reveal", "ticket 9", id_of(21)),
    ]
    assert verified.wrong == ()


async def test_the_caller_of_another_edges_call_is_decided_of_here(
    edges: list[ShippedEdge],
) -> None:
    async with admin(edges) as at:
        await at.reviewer.post(f"/calls/{id_of(21)}/deny", {"reason": "ticket 7"})
        assert "review 1: deny +1••••••••43" in (await at.reviewer.get("/calls")).text
        await at.reviewer.post(f"/calls/{id_of(11)}/not-spam", {"reason": "ticket 8"})
        told = (await at.reviewer.get("/calls")).text
        assert "review 2: allow +1••••••••42" in told
        assert "the call itself is not marked: that is for replays of the edge edge-b" in told
        assert "Allowed by a review" in (await at.viewer.get(f"/calls/{id_of(10)}")).text
        api = f"/api/v1/calls/{id_of(11)}/allow"
        assert (await at.reviewer.post(api, json={"reason": "ticket 9"})).json()["review"] == 3
        await at.reviewer.post(f"/calls/{id_of(31)}/allow", {"reason": "ticket 10"})
        assert "names no caller" in (await at.reviewer.get("/calls")).text


async def test_calls_of_all_edges_come_live(edges: list[ShippedEdge]) -> None:
    async with admin(edges) as at, at.viewer.client.get("/calls/stream?edge=edge-b") as answer:
        await is_followed(at.site)
        for place, edge in enumerate(edges):
            await at.site.run(edge.call, 50 + place, BOB)
            await at.site.run(edge.ship)
        async with asyncio.timeout(PATIENCE_S):
            text = ""
            while "data-id" not in text:
                text += (await answer.content.readline()).decode()
        assert f'<tr data-id="{id_of(51)}">' in text
        assert id_of(50) not in text


async def test_without_its_server_the_pages_of_calls_say_so_and_the_others_go_on(
    edges: list[ShippedEdge], postgres: PostgresServer
) -> None:
    async with admin(edges) as at:
        postgres.freeze()
        try:
            waiting = [asyncio.ensure_future(at.viewer.get("/calls")) for _ in range(12)]
            await asyncio.sleep(0.2)
            async with asyncio.timeout(PATIENCE_S):
                for path in ("/lists", "/incidents", "/account"):
                    assert (await at.viewer.get(path)).status == 200
        finally:
            postgres.thaw()
        assert {(await one).status for one in waiting} <= {200, 503}
        postgres.kill()
        try:
            listed = await at.viewer.get("/calls")
            assert listed.status == 503
            assert "the central log cannot be used" in listed.text
            assert "Calls are shown again when it answers" in listed.text
            one = await at.viewer.get(f"/calls/{id_of(11)}")
            assert (one.status, "The central log is away" in one.text) == (503, True)
            for path in ("/calls.csv", "/api/v1/calls", "/api/v1/stats"):
                assert (await at.viewer.get(path)).status == 503
            refused = await at.reviewer.post(f"/calls/{id_of(11)}/allow", {"reason": "x"})
            assert refused.status == 303
            told = (await at.reviewer.get("/lists")).text
            assert "Not done: the central log cannot be used" in told
            done = await at.reviewer.post(f"/calls/{id_of(10)}/allow", {"reason": "this edge's"})
            assert done.status == 303
            assert "review 1: allow" in (await at.reviewer.get("/lists")).text
        finally:
            postgres.start()
        for _ in range(300):
            if (status := (await at.viewer.get("/calls")).status) == 200:
                break
            await asyncio.sleep(0.2)
        assert status == 200


async def test_in_a_browser_the_edge_stands_in_each_row_and_new_ones_come_on_top(
    edges: list[ShippedEdge], window: Window
) -> None:
    async with admin(edges) as at:
        tab = await window.open(width=360)
        (cookie,) = at.reviewer.client.session.cookie_jar
        told = {"name": cookie.key, "value": cookie.value, "url": at.reviewer.origin}
        await tab.page.context.add_cookies([told])  # type: ignore[list-item]  # a cookie as Playwright takes it
        for path in ("/calls", f"/calls/{id_of(11)}"):
            await tab.page.goto(at.reviewer.origin + path)
            assert await tab.accessibility() == []
            assert await tab.too_wide() == []
            assert "edge-b" in await tab.page.inner_text("main")
        await tab.page.goto(f"{at.reviewer.origin}/calls")
        await is_followed(at.site)
        await at.site.run(edges[1].call, 60, BOB)
        await at.site.run(edges[1].ship)
        row = await tab.page.wait_for_selector(f"tbody tr:first-child[data-id='{id_of(60)}']")
        assert row is not None
        assert "edge-b" in await row.inner_text()
        await tab.page.goto("about:blank")
