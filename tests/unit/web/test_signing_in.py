import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import web

from screener.errors import ScreenerError
from screener.storage.deeds import Entry, entries
from screener.storage.review_file import open_reviews
from screener.storage.web_file import WEB_FILE, open_web
from screener.storage.web_users import Users
from screener.web.cookies import PLAIN_NAME
from screener.web.page import Page, Role, Visit
from screener.web.pages import all_pages
from tests.unit.web.signed_in import PASSWORD, Answer, SignedIn, Visitor, signed_in

NEW = "seven lamps in a cellar"


async def whoami(visit: Visit) -> web.StreamResponse:
    if "page" in visit.request.query:
        return visit.page("refused.html", title="Told", text="")
    return web.Response(text=visit.who)


PAGES = (*all_pages(), Page("GET", "/who", Role.VIEWER, whoami))


def audited(at: SignedIn) -> list[Entry]:
    path = at.site.folder / "review.db"
    if not path.exists():
        return []
    with closing(open_reviews(path, wait_s=1.0)) as connection:
        return list(entries(connection, "review"))


def cookie_of(visitor: Visitor) -> str:
    return visitor.client.session.cookie_jar.filter_cookies(visitor.client.make_url("/"))[
        PLAIN_NAME
    ].value


async def test_who_knows_the_password_is_let_in_and_led_back(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        first = await at.nobody.get("/who?x=1&y=2")
        assert (first.status, first.location) == (303, "/login?next=%2Fwho%3Fx%3D1%26y%3D2")
        form = await at.nobody.get(first.location)
        assert 'name="next" value="/who?x=1&amp;y=2"' in form.text
        told = {"name": " Admin ", "password": PASSWORD, "next": "/who?x=1&y=2"}
        done = await at.nobody.post("/login", told)
        assert (done.status, done.location) == (303, "/who?x=1&y=2")
        assert (await at.nobody.get("/who")).text == "admin (web)"
        assert [(one.who, one.what, one.target) for one in audited(at)] == [
            ("admin (web)", "sign-in", "admin")
        ]


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/\n", ""]
)
async def test_nobody_is_led_to_another_site(tmp_path: Path, onward: str) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        told = {"name": "viewer", "password": PASSWORD, "next": onward}
        assert (await at.nobody.post("/login", told)).location == "/"
        assert (await at.viewer.get("/login", params={"next": onward})).location == "/"


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        await at.admin.post("/users/disable", {"name": "viewer"})
        answers = {
            (answer.status, answer.text)
            for name in ("admin", "viewer", "nobody-here", "<b>", "")
            for answer in [await at.nobody.post("/login", {"name": name, "password": NEW})]
        }
        ((status, text),) = answers
        assert status == 403
        assert "name and password do not belong together" in text


async def test_the_cookie_is_new_at_each_sign_in_and_out_of_reach_of_scripts(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        planted = "planted-by-somebody-else"
        at.nobody.client.session.cookie_jar.update_cookies({PLAIN_NAME: planted})
        right = {"name": "viewer", "password": PASSWORD}
        done = await at.nobody.post("/login", right)
        first = cookie_of(at.nobody)
        assert first not in (planted, "")
        attributes = done.headers["Set-Cookie"].split("; ")
        assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=43200"} <= set(attributes)
        assert "Secure" not in attributes
        at.time.now += 1.0
        await at.nobody.post("/login", right)
        assert cookie_of(at.nobody) != first
        other = await at.browser()
        other.client.session.cookie_jar.update_cookies({PLAIN_NAME: first})
        assert (await other.get("/who")).status == 303, "the one before is worth nothing"


async def test_who_signs_out_is_out_also_with_a_kept_cookie(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        kept = cookie_of(at.viewer)
        done = await at.viewer.post("/logout")
        assert done.location == "/login?out=1"
        assert "You are signed out." in (await at.viewer.get(done.location)).text
        at.viewer.client.session.cookie_jar.update_cookies({PLAIN_NAME: kept})
        assert (await at.viewer.get("/who")).location == "/login?next=%2Fwho"


async def test_guessing_is_slowed_and_the_owner_gets_in_from_where_they_were(
    tmp_path: Path,
) -> None:
    proxied = "web: {proxy: {peers: [127.0.0.1]}}\n"
    async with signed_in(tmp_path, PAGES, extra=proxied) as at:
        home = {"X-Forwarded-For": "192.0.2.1"}
        right = {"name": "admin", "password": PASSWORD}
        assert (await at.nobody.post("/login", right, headers=home)).status == 303
        wrong = {"name": "admin", "password": NEW}
        seen: list[int] = []
        for number in range(12):
            away = {"X-Forwarded-For": f"198.51.100.{number}"}
            seen.append((await at.nobody.post("/login", wrong, headers=away)).status)
        assert seen == [403] * 3 + [429] * 9
        away = {"X-Forwarded-For": "198.51.100.200"}
        slowed = await at.nobody.post("/login", right, headers=away)
        assert slowed.status == 429
        assert slowed.headers["Retry-After"] == "30"
        assert "try again in 30 s" in slowed.text
        assert (await at.nobody.post("/login", right, headers=home)).status == 303
        page = await at.nobody.get("/who?page")
        assert "3 times since 2027-01-15 08:00:00 UTC somebody gave a wrong password" in page.text
        at.time.now += 30.0
        assert (await at.nobody.post("/login", right, headers=away)).status == 303


async def test_many_tries_at_once_are_no_way_around(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        wrong = {"name": "admin", "password": NEW}
        answers = await asyncio.gather(*(at.nobody.post("/login", wrong) for _ in range(20)))
        assert sorted(answer.status for answer in answers) == [403] * 2 + [429] * 18


async def test_a_form_of_nobody_is_small_and_says_its_length(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"name=admin&password="

    async with signed_in(tmp_path, PAGES) as at:
        huge = {"name": "admin", "password": "x" * 20_000}
        assert (await at.nobody.post("/login", huge)).status == 413
        headers = {"Origin": at.nobody.origin}
        told = await at.nobody.ask("POST", "/login", data=endless(), headers=headers)
        assert told.status == 413


async def test_where_a_proxy_speaks_tls_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    proxied = "web: {proxy: {peers: [127.0.0.1]}}\n"
    async with signed_in(tmp_path, PAGES, extra=proxied) as at:
        right = {"name": "viewer", "password": PASSWORD}
        headers = {"X-Forwarded-Proto": "https"}
        done = await at.nobody.post("/login", right, headers=headers)
        cookie = done.headers["Set-Cookie"]
        assert cookie.startswith("__Host-screener=")
        assert "; Secure" in cookie
        kept = {**headers, "Cookie": cookie.partition(";")[0]}
        assert (await at.nobody.get("/who", headers=kept)).text == "viewer (web)"
        kept["Cookie"] = kept["Cookie"].removeprefix("__Host-")
        assert (await at.nobody.get("/who", headers=kept)).status == 303


class FirstDay:
    """A site without users, and a browser in front of it."""

    def __init__(self, at: SignedIn, visitor: Visitor) -> None:
        self.at = at
        self.visitor = visitor
        self.secret = at.accounts.setup_secret

    async def set_up(self, **changed: str) -> Answer:
        told = {"secret": self.secret, "name": "anna", "password": NEW, "again": NEW}
        return await self.visitor.post("/setup", {**told, **changed})


@asynccontextmanager
async def first_day(folder: Path) -> AsyncIterator[FirstDay]:
    async with signed_in(folder, PAGES, people=False) as at:
        yield FirstDay(at, at.nobody)


async def test_the_first_admin_is_made_with_the_secret_once(tmp_path: Path) -> None:
    async with first_day(tmp_path) as day:
        assert (await day.visitor.get("/who")).location == "/setup?next=%2Fwho"
        assert (await day.visitor.get("/login")).location == "/setup"
        page = await day.visitor.get("/setup")
        assert page.status == 200
        assert day.secret not in page.text
        done = await day.set_up(secret=f" {day.secret} ")
        assert (done.status, done.location) == (303, "/")
        assert (await day.visitor.get("/who")).text == "anna (web)"
        assert day.at.accounts.setup_secret == ""
        other = await day.at.browser()
        again = await FirstDay(day.at, other).set_up(secret=day.secret, name="mallory")
        assert again.location == "/login"
        assert (await other.get("/setup")).location == "/login"
        assert [person.name for person in day.at.accounts.users.all()] == ["anna"]
        assert [one.what for one in audited(day.at)] == ["user-first", "sign-in"]


async def test_without_the_secret_nobody_is_made_and_guessing_is_slowed(tmp_path: Path) -> None:
    async with first_day(tmp_path) as day:
        for secret in ("", "x" * 22):
            assert (await day.set_up(secret=secret)).status == 403
        slowed = await day.set_up()
        assert (slowed.status, slowed.headers["Retry-After"]) == (429, "5")
        assert not day.at.accounts.users.any()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"again": NEW + "x"}, "not the same"),
        ({"name": "1"}, "a user&#39;s name is of"),
    ],
)
async def test_what_is_wrong_in_the_setup_is_said_and_the_secret_stays_good(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    async with first_day(tmp_path) as day:
        told = await day.set_up(**changed)
        assert told.status == 422
        assert said in told.text
        assert (await day.set_up()).status == 303


async def test_of_two_who_set_up_at_once_one_is_the_first(tmp_path: Path) -> None:
    async with first_day(tmp_path) as day:
        await asyncio.gather(day.set_up(), day.set_up(name="bert"))
        assert len(day.at.accounts.users.all()) == 1


async def test_a_user_made_by_a_command_ends_the_setup(tmp_path: Path) -> None:
    async with first_day(tmp_path) as day:
        with closing(open_web(day.at.site.folder / WEB_FILE)) as beside:
            Users(beside, tmp_path).add_first("root", "hash", 1.0)
        assert (await day.visitor.get("/who")).location == "/login?next=%2Fwho"
        assert (await day.set_up()).location == "/login"


async def test_a_link_chooses_a_password_once(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        made = await at.admin.post("/users", {"name": "Carla", "role": "reviewer"})
        (link,) = re.findall(r'value="http://[^"]*(/welcome\?code=[^"]+)"', made.text)
        page = await at.nobody.get(link)
        assert "for the user <strong>carla</strong>" in page.text
        told = {"code": link.partition("=")[2], "password": NEW, "again": NEW}
        weak = await at.nobody.post("/welcome", {**told, "password": "x", "again": "x"})
        assert weak.status == 422
        assert (await at.nobody.post("/welcome", told)).location == "/"
        assert (await at.nobody.get("/who")).text == "carla (web)"
        assert (await at.nobody.get(link)).status == 404
        assert (await at.nobody.post("/welcome", told)).status == 404
        assert [one.what for one in audited(at)] == ["user-add", "password", "sign-in"]


async def test_a_link_holds_for_a_day(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        made = await at.admin.post("/users/reset", {"name": "viewer"})
        (link,) = re.findall(r'value="http://[^"]*(/welcome\?code=[^"]+)"', made.text)
        assert (await at.viewer.get("/who")).status == 303, "the old password is void at once"
        at.time.now += 86_399.0
        assert (await at.nobody.get(link)).status == 200
        at.time.now += 1.0
        assert (await at.nobody.get(link)).status == 404


async def test_who_signs_out_loses_the_cookie_even_where_nothing_can_be_written(
    tmp_path: Path,
) -> None:
    async with signed_in(tmp_path, all_pages()) as at:

        def full(session_id: bytes) -> None:
            raise ScreenerError(f"the disk is full: {len(session_id)}")

        at.accounts.sessions.end = full  # type: ignore[method-assign]
        answer = await at.viewer.post("/logout")
        assert answer.status == 503
        assert "signed out in this browser" in answer.text
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
