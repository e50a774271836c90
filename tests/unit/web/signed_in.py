"""A web admin on loopback over a site in a folder, with people who are signed in already.

    async with signed_in(tmp_path, PAGES) as at:
        page = await at.viewer.get("/calls")
        assert page.status == 200
        done = await at.reviewer.post("/calls/deny", {"call": "abc"})  # carries csrf and Origin
        assert done.location == "/calls"

`at.site` is the `Site`, `at.accounts` the guard, `at.nobody` a browser without a cookie.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import CookieJar, hdrs
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from screener.web import cookies
from screener.web.accounts import ACCOUNTS, Accounts
from screener.web.app import make_app
from screener.web.page import Page, Role
from screener.web.passwords import Passwords, hash_now
from screener.web.site import Site
from tests.builders import NOW

PASSWORD = "green boats on the river"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2 without its cost: what it costs is not what these tests are about."""


class Time:
    """A clock that a test moves, seconds."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Answer:
    """What came back; `location` is where a redirect leads."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def location(self) -> str:
        return self.headers.get(hdrs.LOCATION, "")

    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        return json.loads(self.text)


class Visitor:
    """A browser; redirects are not followed unless `allow_redirects=True` is handed over."""

    def __init__(self, client: "TestClient[Any, Any]", csrf: str = "") -> None:
        self.client = client
        self.csrf = csrf

    @property
    def origin(self) -> str:
        return str(self.client.make_url("/")).rstrip("/")

    async def get(self, path: str, **options: Any) -> Answer:  # noqa: ANN401 - as aiohttp takes them
        """Ask for a page."""
        return await self.ask("GET", path, **options)

    async def post(
        self,
        path: str,
        data: Mapping[str, str] | None = None,
        *,
        csrf: str | None = None,
        origin: str | None = None,
        **options: Any,  # noqa: ANN401 - as aiohttp takes them
    ) -> Answer:
        """Send a form as a page of ours does: with its `csrf` field, from our own origin.

        Another `csrf` or `origin` can be told, an empty one is left out. With `json=...` the csrf
        goes into the header, as a script of ours sends it.
        """
        mine = self.csrf if csrf is None else csrf
        from_here = self.origin if origin is None else origin
        headers = {**({hdrs.ORIGIN: from_here} if from_here else {}), **options.pop("headers", {})}
        if "json" in options:
            headers |= {"X-CSRF": mine} if mine else {}
        else:
            fields = {**(data or {}), **({"csrf": mine} if mine else {})}
            options["data"] = BytesIO(urlencode(fields).encode())
            headers.setdefault(hdrs.CONTENT_TYPE, "application/x-www-form-urlencoded")
        return await self.ask("POST", path, headers=headers, **options)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:  # noqa: ANN401 - as aiohttp takes them
        """Send any request and read the whole answer."""
        options = {"allow_redirects": False, **options}
        async with self.client.request(method, path, **options) as answer:
            return Answer(answer.status, await answer.text(), answer.headers)


class SignedIn:
    """The web admin, its site and its visitors."""

    def __init__(self, site: Site, accounts: Accounts, server: TestServer, time: Time) -> None:
        self.site = site
        self.accounts = accounts
        self.server = server
        self.time = time
        self._stack = AsyncExitStack()
        self.nobody: Visitor
        self.viewer: Visitor
        self.reviewer: Visitor
        self.admin: Visitor

    async def browser(self) -> Visitor:
        """Return a new browser without a cookie."""
        client = TestClient(self.server, cookie_jar=CookieJar(unsafe=True))
        await self._stack.enter_async_context(client)
        return Visitor(client)

    async def sign_in(self, name: str) -> Visitor:
        """Return a new browser with a session of this user."""
        visitor, secret = await self.browser(), cookies.new_secret()
        sessions, lasting = self.accounts.sessions, self.accounts.lasting
        await self.accounts.run(
            sessions.start, secret, name, "127.0.0.1", self.site.wall(), lasting
        )
        visitor.client.session.cookie_jar.update_cookies({cookies.PLAIN_NAME: secret})
        visitor.csrf = cookies.csrf_of(secret)
        return visitor

    async def begin(self, *, people: bool) -> None:
        """Make the users `viewer`, `reviewer` and `admin`, and a browser for each."""
        await self.server.start_server()
        self.nobody = await self.browser()
        if not people:
            return
        password = hash_now(PASSWORD, QUICK)
        for role in Role:
            await self.accounts.run(
                self.accounts.users.add, str(role), str(role), self.site.wall(), password
            )
        self.viewer = await self.sign_in("viewer")
        self.reviewer = await self.sign_in("reviewer")
        self.admin = await self.sign_in("admin")

    async def end(self) -> None:
        await self._stack.aclose()
        await self.server.close()
        self.accounts.close()
        self.site.close()


def a_site(folder: Path, extra: str = "", time: Time | None = None) -> Site:
    """Return a site whose files all are in the folder; `extra` is more of its configuration."""
    path = folder / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {folder}/none.sock}}\n"
        f"storage: {{folder: {folder}/state, keys: {folder}/keys.json}}\n{extra}"
    )
    return Site(path, time or Time())


def the_door(site: Site, time: Time) -> Accounts:
    """Return the accounts of a site, whose passwords cost nothing."""
    return Accounts(site, time, Passwords(QUICK))


@asynccontextmanager
async def signed_in(
    folder: Path,
    pages: Iterable[Page] = (),
    *,
    extra: str = "",
    site: Site | None = None,
    time: Time | None = None,
    people: bool = True,
) -> AsyncIterator[SignedIn]:
    """Serve the pages on a free port, over the site told or a new one in the folder.

    `time` is the clock of the new site and of the throttle; it stands still unless moved.
    Without `people` there is no user, as at a first start.
    """
    clock = time or Time()
    held = site or a_site(folder, extra, clock)
    accounts = the_door(held, clock)
    app = make_app(held, accounts, pages)
    app[ACCOUNTS] = accounts
    at = SignedIn(held, accounts, TestServer(app), clock)
    try:
        await at.begin(people=people)
        yield at
    finally:
        await at.end()
