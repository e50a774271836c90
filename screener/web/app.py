"""From tables of pages to an aiohttp application: each route is guarded before it is handled.

In this order: who is it (`guard`), may that role, does a changing request come from a page of
ours (`origin`), then the handler. Errors of ours become a page or JSON that quotes no caller.
"""

import logging
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from screener.errors import MissingPartError, ScreenerError
from screener.web.guard import Guard
from screener.web.headers import HEADERS, STRICT_TRANSPORT
from screener.web.origin import is_from_here, is_of_session
from screener.web.page import Page, Via, Visit
from screener.web.site import Site

log = logging.getLogger("screener.web")

STATIC = Path(__file__).parent / "static"
LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request: a configuration file with its lists is the largest."""
SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


def make_app(site: Site, guard: Guard, pages: Iterable[Page]) -> web.Application:
    """Return the application that serves the pages of the site."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_with_headers])
    for page in pages:
        app.router.add_route(page.method, page.path, _Guarded(site, guard, page))
    app.router.add_static("/static", STATIC)
    return app


@web.middleware
async def _with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    if not response.prepared:
        response.headers.update(HEADERS)
        if request.secure:
            response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    return response


class _Guarded:
    """The handler of one route as aiohttp calls it."""

    def __init__(self, site: Site, guard: Guard, page: Page) -> None:
        self._site = site
        self._guard = guard
        self._page = page

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        page = self._page
        entry = await self._guard.enter(request)
        visit = Visit(request, self._site, entry.user, entry.csrf, entry.told)
        refused = await self._refused(visit)
        if refused is not None:
            return refused
        try:
            response = await page.handler(visit)
        except MissingPartError as error:
            return _told(visit, page, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        except ScreenerError as error:
            return _told(visit, page, HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except (web.HTTPException, ConnectionResetError):
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one page must not tell of callers
            _log_fault(page, error)
            return _told(visit, page, HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of ours; see log")
        if visit.flashes:
            self._guard.keep_flashes(request, visit.flashes)
        return response

    async def _refused(self, visit: Visit) -> web.Response | None:
        page, request = self._page, visit.request
        if page.role is not None and visit.user is None:
            if page.api:
                return _told(visit, page, HTTPStatus.UNAUTHORIZED, "a token or a login is needed")
            here = {"next": request.path_qs} if request.method in SAFE else {}
            place = "/setup" if self._guard.needs_setup else "/login"
            return visit.to(f"{place}?{urlencode(here)}" if here else place)
        if page.role is not None and not visit.may(page.role):
            return _told(visit, page, HTTPStatus.FORBIDDEN, f"this needs the role {page.role}")
        if request.method in SAFE or (visit.user and visit.user.via is Via.TOKEN):
            return None
        if not is_from_here(request) or not (
            page.open_to_forms or await is_of_session(request, visit.csrf)
        ):
            return _told(visit, page, HTTPStatus.FORBIDDEN, "this did not come from a page of ours")
        return None


def _log_fault(page: Page, error: Exception) -> None:
    # The stack without the message: a message may quote caller data.
    stack = "".join(traceback.format_tb(error.__traceback__))
    log.error("WEB-FAULT page=%s error=%s\n%s", page.path, type(error).__name__, stack)


def _told(visit: Visit, page: Page, status: HTTPStatus, text: str) -> web.Response:
    if page.api:
        return web.json_response({"error": text}, status=status)
    return visit.page("refused.html", status=status, title=status.phrase, text=text)
