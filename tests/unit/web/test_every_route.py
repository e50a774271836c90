"""Every page there is, asked for by everybody: a page added to the tables is tested by itself."""

import re
from pathlib import Path

import pytest
from aiohttp import hdrs

from screener.web.page import Page, Role
from screener.web.pages import all_pages
from tests.unit.web.signed_in import Answer, SignedIn, Visitor, signed_in

PAGES = all_pages()
CHANGING = [page for page in PAGES if page.method not in ("GET", "HEAD")]
OPEN = {"/login", "/setup", "/welcome"}
"""What nobody needs to be signed in for; a page more than these is a decision, not an accident."""

ROLES = (None, *Role)
PLACE = re.compile(r"\{\w+(?::(?P<pattern>(?:[^{}]|\{[^{}]*\})+))?\}")
EXAMPLES = ("7", "20261122-080000", "abc", "0123456789abcdef", "abc.csv")
"""What stands in the places of paths; a new kind of place needs one more."""


def a_path(page: Page) -> str:
    """Return a path of this route, with something that is nobody's in its places."""

    def fitting(place: re.Match[str]) -> str:
        pattern = place["pattern"] or ".+"
        found = [one for one in (*EXAMPLES, *pattern.split("|")) if re.fullmatch(pattern, one)]
        assert found, f"no example fits {pattern} of {page.path}"
        return str(found[0])

    return PLACE.sub(fitting, page.path)


async def status_of(at: SignedIn, page: Page, role: Role | None) -> int:
    """Return the status alone: some pages are streams that do not end."""
    visitor = at.nobody if role is None else await at.sign_in(role)
    return (await ask(visitor, page, visitor.csrf, visitor.origin)).status


async def ask(visitor: Visitor, page: Page, csrf: str, origin: str) -> Answer:
    headers = {hdrs.ORIGIN: origin} if origin else {}
    data = {"csrf": csrf} if csrf and page.method != "GET" else None
    async with visitor.client.request(
        page.method, a_path(page), headers=headers, data=data, allow_redirects=False
    ) as answer:
        return Answer(answer.status, "", answer.headers)


def allowed(page: Page, role: Role | None) -> bool:
    return page.role is None or (role is not None and role.includes(page.role))


@pytest.mark.parametrize("role", ROLES, ids=str)
async def test_a_route_answers_whom_its_table_says_and_nobody_else(
    tmp_path: Path, role: Role | None
) -> None:
    wrong: list[tuple[str, str, int]] = []
    async with signed_in(tmp_path, PAGES) as at:
        for page in PAGES:
            status = await status_of(at, page, role)
            if allowed(page, role):
                good = status < 500 or status == 503
                # An empty form may be refused as wrong, also as a wrong password.
                good = good and (page.path in OPEN or status not in (401, 403))
            elif role is None:
                good = status == (401 if page.api else 303)
            else:
                good = status == 403
            if not good:
                wrong.append((page.method, page.path, status))
    assert wrong == []


async def test_nobody_is_led_to_the_login_and_back(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        for page in PAGES:
            if page.role is not None and not page.api:
                answer = await ask(at.nobody, page, "", at.nobody.origin)
                assert answer.location.partition("?")[0] == "/login", page.path


async def test_no_change_is_taken_without_the_text_of_the_session(tmp_path: Path) -> None:
    taken: list[tuple[str, str]] = []
    async with signed_in(tmp_path, PAGES) as at:
        other = await at.sign_in("admin")
        for page in CHANGING:
            if page.open_to_forms:
                continue
            for csrf in ("", "x", other.csrf):
                answer = await ask(at.admin, page, csrf, at.admin.origin)
                if answer.status != 403:
                    taken.append((page.path, csrf))
    assert taken == []


async def test_no_change_is_taken_from_a_page_of_others(tmp_path: Path) -> None:
    taken: list[tuple[str, str]] = []
    async with signed_in(tmp_path, PAGES) as at:
        for page in CHANGING:
            for origin in ("", "null", "https://evil.example", at.admin.origin + "0"):
                visitor = at.nobody if page.role is None else at.admin
                answer = await ask(visitor, page, visitor.csrf, origin)
                if answer.status != 403:
                    taken.append((page.path, origin))
    assert taken == []


async def test_what_no_table_has_is_not_there(tmp_path: Path) -> None:
    async with signed_in(tmp_path, PAGES) as at:
        for path in ("/nothing", "/static/../app.py", "/static/%2e%2e/app.py", "/static"):
            answer = await at.admin.get(path)
            assert answer.status in (403, 404), path
            assert "Content-Security-Policy" in answer.headers
