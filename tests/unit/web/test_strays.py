from pathlib import Path

import pytest
from aiohttp import web

from screener.web.page import Page, Role, Visit
from tests.unit.web.signed_in import signed_in


async def fine(_visit: Visit) -> web.StreamResponse:
    return web.Response(text="fine")


PAGES = (Page("POST", "/deed", Role.VIEWER, fine),)


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [("/nowhere", 404, "There is no page at this address."), ("/deed", 405, "takes a form")],
)
async def test_an_address_that_is_no_page_leads_on(
    tmp_path: Path, path: str, status: int, told: str
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        page = await at.viewer.get(path)
        assert page.status == status
        assert told in page.text
        assert 'href="/calls"' in page.text
        assert page.headers.get("Allow", "POST") == "POST"
        assert page.headers["Cache-Control"] == "no-store"


async def test_who_is_not_signed_in_learns_no_more_than_that(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        page = await at.nobody.get("/<b>nowhere")
        assert page.status == 404
        assert 'href="/login"' in page.text
        assert "/calls" not in page.text
        assert "<b>" not in page.text


async def test_what_is_below_the_api_or_the_static_files_is_no_page(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        for path in ("/api/nowhere", "/static/nowhere.js"):
            answer = await at.viewer.get(path)
            assert answer.status == 404
            assert "<html" not in answer.text
