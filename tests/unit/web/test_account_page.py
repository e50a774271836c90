from pathlib import Path

import pytest

from screener.web.pages import all_pages
from tests.unit.web.signed_in import PASSWORD, SignedIn, signed_in
from tests.unit.web.test_signing_in import audited

PAGES = all_pages()
NEW = "seven lamps in a cellar"
CHANGE = {"current": PASSWORD, "password": NEW, "again": NEW}


async def lets_in(at: SignedIn, name: str, password: str) -> bool:
    visitor = await at.browser()
    done = await visitor.post("/login", {"name": name, "password": password})
    return done.status == 303


async def test_a_person_sees_where_they_are_signed_in(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        await at.sign_in("viewer")
        page = await at.viewer.get("/account")
        assert "You are <strong>viewer</strong>, with the role viewer." in page.text
        assert "2 browsers" in page.text
        assert page.text.count("(this browser)") == 1
        assert page.text.count("127.0.0.1") == 2


async def test_another_password_ends_all_sessions_but_this_browsers(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        elsewhere = await at.sign_in("viewer")
        done = await at.viewer.post("/account/password", CHANGE)
        assert (done.status, done.location) == (303, "/account")
        page = await at.viewer.get("/account")
        assert "The password is changed." in page.text
        assert "1 browser; times in UTC<" in page.text
        assert (await elsewhere.get("/account")).status == 303
        assert (await at.admin.get("/account")).status == 200
        assert not await lets_in(at, "viewer", PASSWORD)
        assert await lets_in(at, "viewer", NEW)
        assert next((one.who, one.what, one.target) for one in audited(at)) == (
            "viewer (web)",
            "password",
            "viewer",
        )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"current": NEW}, "this is not your password"),
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"again": NEW + "x"}, "not the same"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_changed(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = await at.viewer.post("/account/password", {**CHANGE, **changed})
        assert told.status == 422
        assert said in told.text
        assert audited(at) == []
        assert await lets_in(at, "viewer", PASSWORD)


async def test_who_found_an_open_browser_cannot_guess_the_password_with_it(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        wrong = {**CHANGE, "current": NEW}
        seen = [(await at.viewer.post("/account/password", wrong)).status for _ in range(6)]
        assert seen == [422] * 2 + [429] * 4


async def test_signing_out_everywhere_ends_every_session_of_this_person(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        elsewhere = await at.sign_in("viewer")
        done = await at.viewer.post("/account/sign-out-everywhere")
        assert done.location == "/login?out=1"
        assert (await elsewhere.get("/account")).status == 303
        assert (await at.viewer.get("/account")).status == 303
        assert (await at.reviewer.get("/account")).status == 200
        assert [one.what for one in audited(at)] == ["sign-out-everywhere"]


async def test_who_comes_by_a_proxy_has_no_password_here(tmp_path: Path) -> None:
    extra = "web: {proxy: {peers: [127.0.0.1], user_header: X-User}}\n"
    async with signed_in(tmp_path, PAGES, extra=extra) as at:
        headers = {"X-User": "viewer"}
        page = await at.nobody.get("/account", headers=headers)
        assert "signed in by a proxy before this server" in page.text
        assert 'type="password"' not in page.text
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        told = await at.nobody.post("/account/password", CHANGE, csrf=csrf, headers=headers)
        assert told.status == 422
        assert "not kept here" in told.text
        assert await lets_in(at, "viewer", PASSWORD)
