"""The web admin's own figures: requests by route and how they ended, how long, who watches live.

Counted by the pattern of a route, never by what stands in its place: no call, no user, no address
is a label. Telling them is `metrics_page`'s.
"""

import time
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

STREAM = "text/event-stream"
NO_ROUTE = "none"
"""The route of what is not there."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Edges of the latencies; a page is to take no longer than the sixth."""

_METHODS = hdrs.METH_ALL
_IS_STREAM = web.RequestKey("is_stream", bool)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Figures:
    """What was counted since the process began, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._requests = Counter(
            "screener_web_requests",
            "Requests of the web admin by route and how they ended.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "screener_web_request_seconds",
            "Time to a whole answer, streams left out.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._viewers = Gauge(
            "screener_web_viewers", "Live streams that are open.", registry=self.registry
        )

    async def prepared(self, request: web.Request, response: web.StreamResponse) -> None:
        """Take note of a response that begins."""
        if response.content_type == STREAM:
            request[_IS_STREAM] = True
            self._viewers.inc()

    @web.middleware
    async def measured(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count one request, however it ends."""
        began, status = time.perf_counter(), 0
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        else:
            return response
        finally:
            self._count(request, status, time.perf_counter() - began)

    def _count(self, request: web.Request, status: int, seconds: float) -> None:
        route = _route_of(request)
        method = request.method if request.method in _METHODS else "other"
        # Without a status the browser went away before there was an answer.
        ended = f"{status // 100}xx" if status else "gone"
        self._requests.labels(route, method, ended).inc()
        if request.get(_IS_STREAM):
            self._viewers.dec()
        else:
            self._seconds.labels(route).observe(seconds)


FIGURES = web.AppKey("figures", Figures)
"""Where the page finds them."""


def measure(app: web.Application) -> None:
    """Have every request of the application counted, refused ones too."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's; nobody asks for them
    app[FIGURES] = figures = Figures()
    app.on_response_prepare.append(figures.prepared)
    app.middlewares.insert(0, figures.measured)


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else NO_ROUTE
