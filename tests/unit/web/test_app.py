import logging
from pathlib import Path

import pytest
from aiohttp import web

from screener.errors import MissingPartError, ScreenerError
from screener.web.headers import HEADERS
from screener.web.page import Page, Role, Visit
from tests.unit.web.signed_in import signed_in

SECRET = "+16515550142"


async def fine(visit: Visit) -> web.StreamResponse:
    return web.Response(text=visit.request.match_info.get("id", "fine"))


async def refused(_visit: Visit) -> web.StreamResponse:
    raise ScreenerError("there is no <such> call")


async def missing(_visit: Visit) -> web.StreamResponse:
    raise MissingPartError("no agent runs")


async def broken(_visit: Visit) -> web.StreamResponse:
    raise ValueError(SECRET)


async def stream(visit: Visit) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(visit.request)
    await response.write(b"data: x\n\n")
    return response


async def stored(_visit: Visit) -> web.StreamResponse:
    return web.Response(text="", headers={"Cache-Control": "max-age=9"})


PAGES = (
    Page("GET", "/fine", Role.VIEWER, fine),
    Page("GET", "/fine/{id}", Role.VIEWER, fine),
    Page("POST", "/fine", Role.VIEWER, fine),
    Page("GET", "/refused", Role.VIEWER, refused),
    Page("GET", "/missing", Role.VIEWER, missing),
    Page("GET", "/broken", Role.VIEWER, broken),
    Page("GET", "/stream", Role.VIEWER, stream),
    Page("GET", "/stored", Role.VIEWER, stored),
    Page("GET", "/api/refused", Role.VIEWER, refused, api=True),
    Page("GET", "/api/missing", Role.VIEWER, missing, api=True),
    Page("GET", "/api/broken", Role.VIEWER, broken, api=True),
    Page("GET", "/api/admin", Role.ADMIN, fine, api=True),
)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("refused", 422, "there is no &lt;such&gt; call"),
        ("missing", 503, "no agent runs"),
        ("broken", 500, "a fault of ours; see log"),
    ],
)
async def test_an_error_becomes_a_page_or_json(
    tmp_path: Path, path: str, status: int, said: str
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        page = await at.viewer.get(f"/{path}")
        assert page.status == status
        assert said in page.text
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        told = await at.viewer.get(f"/api/{path}")
        assert told.status == status
        assert set(told.json()) == {"error"}


async def test_a_fault_is_logged_with_its_place_and_no_callers_data(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        with caplog.at_level(logging.INFO):
            answer = await at.viewer.get("/broken")
    assert SECRET not in answer.text + caplog.text
    assert "WEB-FAULT page=/broken error=ValueError" in caplog.text
    assert "in broken" in caplog.text


@pytest.mark.parametrize("path", ["/fine", "/stream", "/broken", "/nothing", "/static/style.css"])
async def test_every_answer_says_what_the_browser_may(tmp_path: Path, path: str) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        for visitor in (at.viewer, at.nobody):
            headers = (await visitor.get(path)).headers
            assert {name: headers.get(name) for name in HEADERS} == dict(HEADERS)
            assert "Strict-Transport-Security" not in headers, "no TLS is spoken here"
            assert "Python" not in headers["Server"]


async def test_pages_are_not_stored_unless_they_say_so_and_the_style_may_be(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        assert (await at.viewer.get("/fine")).headers["Cache-Control"] == "no-store"
        assert (await at.viewer.get("/stored")).headers["Cache-Control"] == "max-age=9"
        assert "Cache-Control" not in (await at.viewer.get("/static/style.css")).headers


async def test_who_may_not_is_told_which_role_it_takes(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.reviewer.get("/api/admin")
        assert (told.status, told.json()) == (403, {"error": "this needs the role admin"})
        assert (await at.admin.get("/api/admin")).status == 200


async def test_a_place_in_a_path_reaches_the_handler(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        assert (await at.viewer.get("/fine/abc")).text == "abc"


async def test_a_form_of_somebody_may_be_large_and_no_larger(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        assert (await at.viewer.post("/fine", {"text": "x" * 4_000_000})).status == 200
        assert (await at.viewer.post("/fine", {"text": "x" * 9_000_000})).status == 413
