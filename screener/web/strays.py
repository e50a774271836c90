"""What no route of the pages takes: an address, a method. Refused as a page that leads on.

What stands below `/api/` is `api.strays`'s, a file that is not there stays aiohttp's.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Middleware

from screener.errors import ScreenerError
from screener.web.guard import Guard
from screener.web.page import Visit
from screener.web.site import Site

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OTHERS = ("/api/", "/static/")
_TOLD = {
    HTTPStatus.NOT_FOUND: "There is no page at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address takes a form and is no page.",
}


class StrayPages:
    """Answers whoever asks for a page that is none, with the navigation of who is signed in."""

    def __init__(self, site: Site, guard: Guard) -> None:
        self._site = site
        self._guard = guard

    @property
    def middleware(self) -> Middleware:
        """Return what aiohttp calls around each request."""

        @web.middleware
        async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
                if request.path.startswith(_OTHERS):
                    raise
                refused = await self._page(request, HTTPStatus(error.status))
                if isinstance(error, web.HTTPMethodNotAllowed):
                    refused.headers["Allow"] = error.headers["Allow"]
                return refused

        return answer

    async def _page(self, request: web.Request, status: HTTPStatus) -> web.Response:
        visit = Visit(request, self._site, None, tell=partial(self._guard.tell, request))
        try:
            entry = await self._guard.enter(request, api=False)
        except ScreenerError:  # who it is cannot be found out now; the page says the same
            pass
        else:
            visit.user, visit.csrf = entry.user, entry.csrf
        return visit.page("refused.html", status, title=status.phrase, text=_TOLD[status])
