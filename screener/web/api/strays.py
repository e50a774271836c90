"""What no route of the API takes: a path, a method. Refused in the API's own shape.

What a route refuses itself is `serving`'s.
"""

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from screener.web.api.serving import JSON
from screener.web.api.shapes import Refused

BELOW = "/api/"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def answer_strays(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what aiohttp itself refuses below `/api/` into JSON."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if not request.path.startswith(BELOW):
            raise
        kept = {name: error.headers[name] for name in (hdrs.ALLOW,) if name in error.headers}
        text = Refused(error=f"{error.status}: {error.reason}").model_dump_json()
        return web.Response(text=text, status=error.status, content_type=JSON, headers=kept)
