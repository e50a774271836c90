import re
from pathlib import Path

import pytest
from aiohttp import web

from screener.web.page import Page, Role, Visit
from screener.web.pages import all_pages
from tests.unit.web.signed_in import signed_in
from tests.unit.web.test_signing_in import audited


async def whoami(visit: Visit) -> web.StreamResponse:
    return web.json_response({"who": visit.who})


PAGES = (*all_pages(), Page("GET", "/api/who", Role.REVIEWER, whoami, api=True))
MADE = {"name": "exporter", "role": "reviewer", "days": "30"}


async def test_a_token_is_shown_once_works_and_can_be_revoked(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        made = await at.admin.post("/tokens", MADE)
        (secret,) = re.findall(r'value="(scr_[A-Za-z0-9_-]{43})"', made.text)
        headers = {"Authorization": f"Bearer {secret}"}
        answer = await at.nobody.get("/api/who", headers=headers)
        assert answer.json() == {"who": "exporter (token)"}
        page = await at.admin.get("/tokens")
        assert "exporter" in page.text
        assert secret not in page.text
        (number,) = re.findall(r'name="number" value="(\d+)"', page.text)
        done = await at.admin.post("/tokens/revoke", {"number": number})
        assert (done.status, done.location) == (303, "/tokens")
        assert (await at.nobody.get("/api/who", headers=headers)).status == 401
        page = await at.admin.get("/tokens")
        assert "The token exporter is worth nothing now." in page.text
        assert "There is no token yet." in page.text
        assert [(one.what, one.target) for one in audited(at)] == [
            ("token-add", "exporter reviewer"),
            ("token-revoke", f"token {number}"),
        ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "a token&#39;s name"),
        ({"name": "+16515550142"}, "a token&#39;s name"),
        ({"name": "x" * 65}, "a token&#39;s name"),
        ({"role": "root"}, "a role is one of"),
        *[({"days": days}, "1 to 365 days") for days in ("0", "366", "-1", "1e3", "", "\u0663")],
    ],
)
async def test_what_is_no_token_is_refused(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.admin.post("/tokens", {**MADE, **changed})
        assert told.status == 422
        assert said in told.text
        assert audited(at) == []


@pytest.mark.parametrize("number", ["", "x", "7", "9" * 30, "\u0661"])
async def test_a_token_that_is_none_cannot_be_revoked(tmp_path: Path, number: str) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.admin.post("/tokens/revoke", {"number": number})
        assert told.status == 422
        assert "there is no such token" in told.text


async def test_whom_a_proxy_alone_knows_makes_no_token_that_would_outlive_the_role(
    tmp_path: Path,
) -> None:
    extra = "web: {proxy: {peers: [127.0.0.1], user_header: X-User, role_header: X-Role}}\n"
    async with signed_in(tmp_path, PAGES, extra=extra) as at:
        for name, status in (("stranger", 422), ("admin", 200)):
            headers = {"X-User": name, "X-Role": "admin"}
            page = await at.nobody.get("/account", headers=headers)
            csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
            made = await at.nobody.post("/tokens", MADE, csrf=csrf, headers=headers)
            assert made.status == status
