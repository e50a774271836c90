from pathlib import Path

import pytest
from aiohttp import web

from screener.errors import ScreenerError
from screener.web.deeds import note, noting
from screener.web.page import Page, Role, Visit
from tests.builders import NOW
from tests.unit.web.signed_in import signed_in
from tests.unit.web.test_signing_in import audited


async def do(visit: Visit) -> web.StreamResponse:
    await note(visit, "look", "call-1")
    await visit.site.run(noting(visit, "look", "call-2", who="a program"))
    return web.Response()


async def test_a_deed_is_written_with_whoever_asks(tmp_path: Path) -> None:
    async with signed_in(tmp_path, [Page("POST", "/do", Role.VIEWER, do)]) as at:
        await at.reviewer.post("/do")
        told = [(one.at, one.who, one.what, one.target) for one in audited(at)]
    assert told == [
        (NOW, "reviewer (web)", "look", "call-1"),
        (NOW, "a program", "look", "call-2"),
    ]


async def nobodys(visit: Visit) -> web.StreamResponse:
    with pytest.raises(ScreenerError, match="needs a name"):
        await note(visit, "look", "call-1")
    return web.Response(text="refused")


async def test_nobody_does_nothing(tmp_path: Path) -> None:
    async with signed_in(tmp_path, [Page("GET", "/do", None, nobodys)]) as at:
        assert (await at.nobody.get("/do")).text == "refused"
        assert audited(at) == []
