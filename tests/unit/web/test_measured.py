import asyncio
from pathlib import Path

from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from screener.web.measured import NO_ROUTE, STREAM
from screener.web.metrics_page import PAGES
from screener.web.page import Page, Role, Visit
from tests.unit.web.signed_in import SignedIn, signed_in

SECRETS = ("00000000000000a1", "anna", "16515550142")


async def plain(_: Visit) -> web.Response:
    return web.Response(text="x")


async def stream(visit: Visit) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": STREAM})
    await response.prepare(visit.request)
    await response.write(b": hello\n\n")
    await asyncio.Event().wait()
    return response


SHOWN = (
    *PAGES,
    Page("GET", "/calls/{id}", Role.VIEWER, plain),
    Page("GET", "/stream", Role.VIEWER, stream),
)


async def figures(at: SignedIn) -> dict[tuple[str, ...], float]:
    text = (await at.viewer.get("/metrics")).text
    for secret in SECRETS:
        assert secret not in text
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if "_bucket" not in one.name
    }


async def test_requests_are_counted_by_pattern_and_end(tmp_path: Path) -> None:
    async with signed_in(tmp_path, SHOWN) as at:
        for _ in range(2):
            await at.viewer.get("/calls/00000000000000a1?who=anna")
        await at.nobody.get("/calls/00000000000000a1")
        await at.viewer.get("/no/16515550142")
        await at.viewer.ask("PROPFIND", "/calls/1")
        found = await figures(at)
    name = "screener_web_requests_total"
    assert found[name, "GET", "/calls/{id}", "2xx"] == 2.0
    assert found[name, "GET", "/calls/{id}", "3xx"] == 1.0
    assert found[name, "GET", NO_ROUTE, "4xx"] == 1.0
    assert found[name, "other", NO_ROUTE, "4xx"] == 1.0
    assert found["screener_web_request_seconds_count", "/calls/{id}"] == 3.0


async def test_a_live_stream_is_a_viewer_as_long_as_it_lasts(tmp_path: Path) -> None:
    async with signed_in(tmp_path, SHOWN) as at:
        assert (await figures(at))["screener_web_viewers",] == 0.0
        async with at.viewer.client.get("/stream") as answer:
            await answer.content.readline()
            assert (await figures(at))["screener_web_viewers",] == 1.0
            answer.close()
        async with asyncio.timeout(5.0):
            while (await figures(at))["screener_web_viewers",]:
                pass  # the server notices in its own time
        found = await figures(at)
    assert ("screener_web_request_seconds_count", "/stream") not in found
