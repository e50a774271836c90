"""A site served to tests: real pages over real requests; only who comes in is made up.

A token or a cookie that is a role's name has that role. The agent's part is played where a test
asks for it (`tests.unit.cli.reviewing_agent`).
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from screener.web.app import make_app
from screener.web.guard import Entry
from screener.web.page import Page, Role, User, Via
from screener.web.site import Site

SECRET = "s3cret"
COOKIE = "session"

Client = TestClient[web.Request, web.Application]


class RoleGuard:
    """Takes everybody's word for the role."""

    needs_setup = False

    def __init__(self) -> None:
        self.told: list[str] = []

    async def enter(self, request: web.Request) -> Entry:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer" and token in set(Role):
            return Entry(User(f"robot-{token}", Role(token), Via.TOKEN))
        role = request.cookies.get(COOKIE, "")
        if role not in set(Role):
            return Entry()
        told, self.told = tuple(self.told), []
        return Entry(User(role, Role(role)), SECRET, told)

    def keep_flashes(self, request: web.Request, texts: list[str]) -> None:  # noqa: ARG002 - one person
        self.told += texts


def app_of(config: Path, pages: Iterable[Page]) -> tuple[web.Application, Site]:
    site = Site(config, time.time)  # noqa: TID251 - what was recorded just now is recent
    return make_app(site, RoleGuard(), pages), site


@asynccontextmanager
async def served(config: Path, pages: Iterable[Page], role: str = "") -> AsyncIterator[Client]:
    """Serve the pages; requests come from a browser of that role, or from nobody."""
    app, site = app_of(config, pages)
    cookies = {COOKIE: role} if role else None
    try:
        async with TestClient(TestServer(app), cookies=cookies) as client:
            yield client
    finally:
        site.close()


def by_token(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {role}"}


def from_page(client: Client) -> dict[str, str]:
    """Return the headers that a browser sends with a form of ours."""
    return {"Origin": str(client.make_url("")).rstrip("/")}


@contextmanager
def served_in_thread(config: Path, pages: Iterable[Page]) -> Iterator[str]:
    """Serve the pages beside this thread; yield the address."""
    app, site = app_of(config, pages)
    loop, started = asyncio.new_event_loop(), threading.Event()
    stop, found = asyncio.Event(), list[str]()

    async def serve() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        place = web.TCPSite(runner, "127.0.0.1", 0)
        await place.start()
        found.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10.0)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10.0)
        loop.close()
        site.close()
