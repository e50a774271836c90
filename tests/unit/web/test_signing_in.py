from pathlib import Path

from aiohttp import web

from screener.web.page import Page, Role, Visit
from screener.web.signing_in import PAGES
from tests.unit.web.signed_in import PASSWORD, signed_in


async def whoami(visit: Visit) -> web.StreamResponse:
    return web.Response(text=visit.who)


MINE = (*PAGES, Page("GET", "/", Role.VIEWER, whoami))


async def test_who_knows_the_password_is_let_in(tmp_path: Path) -> None:
    async with signed_in(tmp_path, MINE) as at:
        assert (await at.nobody.get("/")).location == "/login"
        done = await at.nobody.post("/login", {"name": " Anna", "password": PASSWORD})
        assert done.status == 403
        done = await at.nobody.post("/login", {"name": "Admin ", "password": PASSWORD})
        assert (done.status, done.location) == (303, "/")
        assert (await at.nobody.get("/")).text == "admin (web)"
