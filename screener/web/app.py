"""From tables of pages to an aiohttp application: each route is guarded before it is handled.

In this order: who is it (`guard`), may that role, does a changing request come from a page of
ours (`origin`), then the handler. Errors of ours become a page or JSON that quotes no caller.
"""

import asyncio
import logging
import traceback
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import hdrs, web

from screener.errors import MissingPartError, ScreenerError
from screener.web.api.strays import answer_strays
from screener.web.guard import Guard
from screener.web.headers import HEADERS, NAME, STRICT_TRANSPORT
from screener.web.measured import measure
from screener.web.origin import CSRF_HEADER, is_from_here, is_of_session
from screener.web.page import Page, User, Via, Visit
from screener.web.site import Site
from screener.web.strays import StrayPages

log = logging.getLogger("screener.web")

STATIC = Path(__file__).parent / "static"
LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request: a configuration file with its lists is the largest."""
LARGEST_OF_NOBODY = 16 * 1024
"""The same, of whoever is not signed in: a form with a password; its length must be told."""
ARRIVES_S = 120.0
"""How long a form may take to arrive: the largest over a slow line."""
ARRIVES_OF_NOBODY_S = 15.0
_FORMS = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})
SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


def make_app(site: Site, guard: Guard, pages: Iterable[Page]) -> web.Application:
    """Return the application that serves the pages of the site."""
    app = web.Application(
        client_max_size=LARGEST_BODY,
        middlewares=[answer_strays, StrayPages(site, guard).middleware],
    )
    app.on_response_prepare.append(_add_headers)
    measure(app)
    for page in pages:
        app.router.add_route(page.method, page.path, _Guarded(site, guard, page).answer)
    app.router.add_static("/static", STATIC)
    return app


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    # As the response begins, so that streams, static files and refusals have them, too.
    response.headers.update(HEADERS)
    if request.secure:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    response.headers[hdrs.SERVER] = NAME
    if not request.path.startswith("/static/"):
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


class _Guarded:
    """What aiohttp calls for one route."""

    def __init__(self, site: Site, guard: Guard, page: Page) -> None:
        self._site = site
        self._guard = guard
        self._page = page

    async def answer(self, request: web.Request) -> web.StreamResponse:
        page = self._page
        visit = Visit(request, self._site, None, tell=partial(self._guard.tell, request))
        try:
            refused = await self._enter(visit) or await self._refused(visit)
            response = refused or await page.handler(visit)
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

    async def _enter(self, visit: Visit) -> web.Response | None:
        try:
            entry = await self._guard.enter(visit.request, api=self._page.api)
        except ScreenerError as error:  # who it is cannot be found out now
            return _told(visit, self._page, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        visit.user, visit.csrf = entry.user, entry.csrf
        visit.still = partial(self._is_still, visit.request, entry.user)
        return None

    async def _is_still(self, request: web.Request, user: User | None) -> bool:
        try:
            return (await self._guard.enter(request, api=self._page.api)).user == user
        except ScreenerError:
            return False

    async def _refused(self, visit: Visit) -> web.Response | None:
        page, request = self._page, visit.request
        if page.role is not None and visit.user is None:
            return self._unknown(visit)
        if page.role is not None and not visit.may(page.role):
            return _told(visit, page, HTTPStatus.FORBIDDEN, f"this needs the role {page.role}")
        if request.method in SAFE or (visit.user and visit.user.via is Via.TOKEN):
            return None
        return await self._refused_change(visit)

    async def _refused_change(self, visit: Visit) -> web.Response | None:
        page, request = self._page, visit.request
        stranger = HTTPStatus.FORBIDDEN, "this did not come from a page of ours"
        if visit.user is None and not _is_small(request):
            return _told(visit, page, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large a form")
        if not is_from_here(request):
            return _told(visit, page, *stranger)
        # A program's body is read by its route, which knows how much it may be.
        by_form = not page.api or CSRF_HEADER not in request.headers
        if by_form and not await _has_arrived(visit):
            return _told(visit, page, HTTPStatus.REQUEST_TIMEOUT, "the form took too long to come")
        if not (page.open_to_forms or await is_of_session(request, visit.csrf)):
            return _told(visit, page, *stranger)
        return None

    def _unknown(self, visit: Visit) -> web.Response:
        if self._page.api:
            told = "a token or a login is needed"
            refused = _told(visit, self._page, HTTPStatus.UNAUTHORIZED, told)
            refused.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"  # RFC 9110, 11.6.1
            return refused
        place = "/setup" if self._guard.needs_setup else "/login"
        if visit.request.method in SAFE and visit.request.path_qs != "/":
            place += f"?{urlencode({'next': visit.request.path_qs})}"
        return visit.to(place)


def _is_small(request: web.Request) -> bool:
    told = request.content_length
    return told is not None and told <= LARGEST_OF_NOBODY


async def _has_arrived(visit: Visit) -> bool:
    """Read the body, which aiohttp keeps for the handler; say whether it came in time."""
    request = visit.request
    patience = ARRIVES_S if visit.user else ARRIVES_OF_NOBODY_S
    try:
        async with asyncio.timeout(patience):
            await (request.post() if request.content_type in _FORMS else request.read())
    except TimeoutError:
        return False
    except ValueError:  # no text in the letters that it says it is in: the handler's to tell
        pass
    return True


def _log_fault(page: Page, error: Exception) -> None:
    # The stack without the message: a message may quote caller data.
    stack = "".join(traceback.format_tb(error.__traceback__))
    log.error("WEB-FAULT page=%s error=%s\n%s", page.path, type(error).__name__, stack)


def _told(visit: Visit, page: Page, status: HTTPStatus, text: str) -> web.Response:
    if page.api:
        return web.json_response({"error": text}, status=status)
    return visit.page("refused.html", status=status, title=status.phrase, text=text)
