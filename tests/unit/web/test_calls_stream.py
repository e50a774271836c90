import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from screener.storage.log_follow import Follower
from screener.storage.log_query import Filter
from screener.web import calls_stream
from screener.web.calls_live import LiveCalls
from tests.unit.web.calls_site import BOB, FIRST, SECOND, WITHHELD, CallsSite, calls_site

NEW = "00000000000000d5"
PATIENCE_S = 10.0


async def events(answer: ClientResponse, count: int) -> list[dict[str, str]]:
    """Return the next events of a stream, comments left out."""
    found: list[dict[str, str]] = []
    now: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            line = (await answer.content.readline()).decode().rstrip("\n")
            name, _, text = line.partition(": ")
            if name in {"event", "data", "id"}:
                now[name] = now.get(name, "") + text
            elif not line and "event" in now:
                found.append(now)
                now = {}
    return found


def quick(at: CallsSite) -> LiveCalls:
    """Have the site's log looked at often."""
    live = LiveCalls(lambda: Follower(at.log.path, Filter()), 0.01)
    calls_stream._live[at.admin.site] = (False, ""), live
    return live


async def test_new_calls_come_as_rows_of_the_page(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        live = quick(at)
        async with at.viewer.client.get("/calls/stream?trunk=trunk-a&after=3") as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            assert answer.headers["Cache-Control"] == "no-store"
            await live.ready()
            at.came("00000000000000d4", BOB, trunk="trunk-b")
            at.came(NEW, BOB, name="<script>")
            (event,) = await events(answer, 1)
            assert (event["event"], event["id"]) == ("rows", "5")
            assert f'<tr data-id="{NEW}">' in event["data"]
            assert "00000000000000d4" not in event["data"]
            assert "formaction" not in event["data"]


async def test_a_stream_begins_behind_the_row_that_the_page_has(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        quick(at)
        for header, query, found in [
            ({}, "?after=1", [WITHHELD, SECOND]),
            ({"Last-Event-ID": "2"}, "?after=1", [WITHHELD]),
        ]:
            path = f"/calls/stream{query}"
            async with at.reviewer.client.get(path, headers=header) as answer:
                (event,) = await events(answer, 1)
                ids = [one for one in (FIRST, SECOND, WITHHELD) if f'"{one}"' in event["data"]]
                assert ids == found[::-1]
                assert "formaction" in event["data"]


async def test_a_stream_ends_so_that_who_is_signed_out_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_stream, "LASTS_S", 0.05)
    monkeypatch.setattr(calls_stream, "HEARTBEAT_S", 0.02)
    async with calls_site(tmp_path) as at:
        live = quick(at)
        async with at.viewer.client.get("/calls/stream") as answer:
            text = await answer.text()
        assert text.startswith("retry: 1000\n\n")
        assert "\n:\n\n" in text
        assert len(live) == 0


@pytest.mark.parametrize("query", ["verdict=maybe", "outcome=answered", "until=1h"])
async def test_where_no_call_to_come_can_fit_a_browser_is_told_to_stop(
    tmp_path: Path, query: str
) -> None:
    async with calls_site(tmp_path) as at:
        assert (await at.viewer.get(f"/calls/stream?{query}")).status == 204


async def test_one_person_has_so_many_streams_and_others_have_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_stream, "MOST_STREAMS", 1)
    async with calls_site(tmp_path) as at:
        quick(at)
        async with at.viewer.client.get("/calls/stream") as first:
            assert first.status == 200
            assert (await at.viewer.get("/calls/stream")).status == 429
            async with at.reviewer.client.get("/calls/stream") as other:
                assert other.status == 200
    assert not calls_stream._streams


async def test_who_is_slow_is_told_what_was_missed(tmp_path: Path) -> None:
    async with calls_site(tmp_path) as at:
        live = quick(at)
        async with at.viewer.client.get("/calls/stream") as answer:
            await answer.content.readline()
            await live.ready()
            (listener,) = live._listeners
            listener.missed = 3
            at.came(NEW)
            missed, rows = await events(answer, 2)
            assert (missed["event"], missed["data"]) == ("missed", "3")
            assert NEW in rows["data"]
