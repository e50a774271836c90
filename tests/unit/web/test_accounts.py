import re
from pathlib import Path

import pytest
from aiohttp import web

from screener.errors import ScreenerError
from screener.storage.web_tokens import Token
from screener.web.accounts import Accounts
from screener.web.page import Page, Role, Visit
from screener.web.pages import all_pages
from screener.web.passwords import Verified, hash_now
from tests.unit.web.signed_in import PASSWORD, QUICK, SignedIn, Time, a_site, signed_in

PROXY = "web: {proxy: {peers: [127.0.0.0/8], user_header: X-User%s}}\n"


async def whoami(visit: Visit) -> web.StreamResponse:
    if visit.request.method == "POST":
        visit.flash("Done, <b>.")
        return visit.to("/who")
    if "page" in visit.request.query:
        return visit.page("refused.html", title="Told", text="")
    return web.Response(text=f"{visit.who} {visit.user.role if visit.user else '-'} {visit.csrf}")


PAGES = (
    *all_pages(),
    Page("GET", "/who", Role.VIEWER, whoami),
    Page("POST", "/who", Role.VIEWER, whoami),
    Page("GET", "/api/v1/who", Role.VIEWER, whoami, api=True),
    Page("POST", "/api/v1/who", Role.REVIEWER, whoami, api=True),
)


async def a_token(at: SignedIn, role: str, owner: str = "admin", name: str = "exporter") -> str:
    now = at.site.wall()
    token = Token(0, name, role, owner, now, now + 60.0, None)
    await at.accounts.run(at.accounts.tokens.add, f"scr_{role}{owner}", token)
    return f"scr_{role}{owner}"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def test_a_session_idles_out_and_ages_out_as_the_configuration_says(tmp_path: Path) -> None:
    options = "web: {idle: 10m, session: 1h}\n"
    async with signed_in(tmp_path, PAGES, extra=options) as at:
        for _ in range(6):
            assert (await at.viewer.get("/who")).status == 200
            at.time.now += 599.0
        at.time.now += 7.0
        assert (await at.viewer.get("/who")).status == 303, "an hour is over"
        fresh = await at.sign_in("viewer")
        assert (await fresh.get("/who")).status == 200
        at.time.now += 600.0
        assert (await fresh.get("/who")).status == 303, "ten minutes of nothing"


async def test_a_token_opens_the_interface_and_no_page(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        secret = await a_token(at, "viewer")
        answer = await at.nobody.get("/api/v1/who", headers=bearer(secret))
        assert answer.text == "exporter (token) viewer "
        assert (await at.nobody.get("/who", headers=bearer(secret))).status == 303
        assert (await at.nobody.post("/api/v1/who", headers=bearer(secret))).status == 403
        at.time.now += 60.0
        assert (await at.nobody.get("/api/v1/who", headers=bearer(secret))).status == 401


@pytest.mark.parametrize(
    "told", ["Bearer", "Bearer ", "Bearer x y", "Bearer scr_x", "bearer \u00e9", "Bearer " * 99]
)
async def test_what_is_no_token_is_nobody_even_with_a_cookie(tmp_path: Path, told: str) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        answer = await at.admin.get("/api/v1/who", headers={"Authorization": told})
        assert (answer.status, answer.json()) == (401, {"error": "a token or a login is needed"})


async def test_a_token_needs_no_text_of_a_session_and_a_cookie_does(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        secret = await a_token(at, "reviewer")
        told = await at.nobody.post("/api/v1/who", csrf="", origin="", headers=bearer(secret))
        assert told.status == 303
        assert (await at.admin.post("/api/v1/who", csrf="")).status == 403
        assert (await at.admin.post("/api/v1/who", json={})).status == 303


async def test_a_token_can_do_no_more_than_its_owner_can_now(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        secret = await a_token(at, "admin", owner="reviewer")
        answer = await at.nobody.get("/api/v1/who", headers=bearer(secret))
        assert answer.text == "exporter (token) reviewer "
        await at.admin.post("/users/disable", {"name": "reviewer"})
        assert (await at.nobody.get("/api/v1/who", headers=bearer(secret))).status == 401


async def test_flashes_are_told_once_on_the_next_page_of_the_same_person(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        await at.viewer.post("/who")
        assert "Done" not in (await at.admin.get("/who?page")).text
        assert "Done" not in (await at.viewer.get("/who")).text, "no page, nothing to tell it on"
        assert "<p>Done, &lt;b&gt;.</p>" in (await at.viewer.get("/who?page")).text
        assert "Done" not in (await at.viewer.get("/who?page")).text


async def test_a_proxy_of_ours_names_people_with_their_role_here(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES, extra=PROXY % "") as at:
        answer = await at.nobody.get("/who", headers={"X-User": "Reviewer"})
        who, _, csrf = answer.text.rpartition(" ")
        assert who == "reviewer (web) reviewer"
        done = await at.nobody.post("/who", csrf=csrf, headers={"X-User": "reviewer"})
        assert done.status == 303
        told = await at.nobody.get("/who?page", headers={"X-User": "reviewer"})
        assert "Done" in told.text
        other = {"X-User": "viewer"}
        assert (await at.nobody.post("/who", csrf=csrf, headers=other)).status == 403
        for name in ("nobody-known", "", "<b>", "a" * 100):
            assert (await at.nobody.get("/who", headers={"X-User": name})).status == 303
        await at.admin.post("/users/disable", {"name": "viewer"})
        assert (await at.nobody.get("/who", headers=other)).status == 303


async def test_a_proxy_of_ours_can_tell_the_role(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES, extra=PROXY % ", role_header: X-Role") as at:
        for role, status in (("Admin", 200), ("viewer", 200), ("root", 303), ("", 303)):
            told = {"X-User": "zoe@example.org", "X-Role": role}
            assert (await at.nobody.get("/who", headers=told)).status == status, role
        assert (await at.nobody.get("/who", headers={"X-User": "zoe@example.org"})).status == 303


async def test_nobody_else_is_believed_who_somebody_is(tmp_path: Path) -> None:
    elsewhere = "web: {proxy: {peers: [192.0.2.1], user_header: X-User, role_header: X-Role}}\n"
    for number, extra in enumerate(("", elsewhere)):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with signed_in(folder, PAGES, extra=extra) as at:
            told = {"X-User": "admin", "X-Role": "admin", "X-Forwarded-For": "192.0.2.1"}
            assert (await at.nobody.get("/who", headers=told)).status == 303
            assert (await at.viewer.get("/who", headers=told)).text.startswith("viewer ")


async def test_a_password_hashed_with_other_costs_is_hashed_anew(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        old = hash_now(PASSWORD)
        await at.accounts.run(at.accounts.users.set_password, "viewer", old)
        done = await at.nobody.post("/login", {"name": "viewer", "password": PASSWORD})
        assert done.status == 303
        person = at.accounts.users.find("viewer")
        assert person is not None
        assert re.match(r"\$argon2id\$v=19\$m=8,", person.password or "")


def test_a_damaged_file_of_users_is_told_and_no_new_setup_begun(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "web.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(ScreenerError, match="cannot be read or written"):
        Accounts(site, Time())
    site.close()


async def test_a_file_that_breaks_later_is_told_without_a_trace(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        at.accounts._connection.execute("DROP TABLE sessions")
        answer = await at.viewer.get("/who")
        assert answer.status == 503
        assert "cannot be read or written" in answer.text


@pytest.mark.parametrize("meanwhile", ["disabled", "reset", "changed"])
async def test_a_password_that_ends_while_it_is_looked_at_lets_nobody_in(
    tmp_path: Path, meanwhile: str
) -> None:
    async with signed_in(tmp_path, all_pages()) as at:
        passwords, users = at.accounts.passwords, at.accounts.users
        verify = passwords.verify

        async def slow(kept: str | None, password: str) -> Verified:
            verified = await verify(kept, password)
            if meanwhile == "disabled":
                users.disable("viewer", at.time())
            elif meanwhile == "reset":
                users.give_code("viewer", b"code", at.time() + 60.0)
            else:
                users.set_password("viewer", hash_now("another one altogether", QUICK))
            return verified

        passwords.verify = slow  # type: ignore[method-assign]
        form = {"name": "viewer", "password": PASSWORD}
        assert (await at.nobody.post("/login", form)).status == 403
        sessions = at.accounts.sessions
        assert sessions.of("viewer", at.time(), at.accounts.lasting) == []
