import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from inspect import iscoroutinefunction

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

import screener.web
from screener.web.page import Page
from screener.web.pages import all_pages
from tests.unit.web.test_every_route import OPEN, a_path

PAGES = all_pages()


def declared() -> Iterator[Page]:
    """Return every page that some module of the web admin declares, alone or in a table."""
    for found in pkgutil.walk_packages(screener.web.__path__, "screener.web."):
        for value in vars(importlib.import_module(found.name)).values():
            held = value if isinstance(value, tuple) else (value,)
            yield from (one for one in held if isinstance(one, Page))


def test_every_page_that_is_declared_anywhere_is_served() -> None:
    served = {(page.method, page.path) for page in PAGES}
    assert {(page.method, page.path) for page in declared()} == served
    assert len(served) > 80


def test_each_handler_is_served_once_and_can_be_awaited() -> None:
    assert [
        handler for handler, times in Counter(one.handler for one in PAGES).items() if times > 1
    ] == []
    assert [one.path for one in PAGES if not iscoroutinefunction(one.handler)] == []


def test_only_what_is_before_signing_in_is_open_to_everybody() -> None:
    assert {page.path for page in PAGES if page.role is None} == OPEN
    assert {page.path for page in PAGES if page.open_to_forms} == OPEN


def test_no_route_stands_twice_and_every_change_is_a_post() -> None:
    routes = [(page.method, page.path) for page in PAGES]
    assert sorted(routes) == sorted(set(routes))
    assert {page.method for page in PAGES} <= {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert [page.path for page in PAGES if page.api and not page.path.startswith("/api/")] == [
        "/metrics"
    ]


async def test_no_route_takes_the_addresses_of_another() -> None:
    app = web.Application()
    for one in PAGES:
        app.router.add_route(one.method, one.path, one.handler)  # type: ignore[arg-type]  # only looked up
    taken: list[str] = []
    for page in PAGES:
        found = await app.router.resolve(make_mocked_request(page.method, a_path(page)))
        handler: object = found.handler
        if handler != page.handler:
            taken.append(f"{page.method} {page.path}")
    assert taken == []
