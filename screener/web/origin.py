"""Whether a request that changes something comes from a page of ours, for the person it names.

Two proofs are asked: the browser's own word on where the request comes from (Origin, or
Sec-Fetch-Site of the Fetch Metadata draft), and the session's secret in the form or a header.
"""

import hmac

from aiohttp import hdrs, web

CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF"


def is_from_here(request: web.Request) -> bool:
    """Say whether the browser tells that a page of this server sent it.

    A request without both headers is refused: every browser that we support sends one.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None:
        ours = ("https",) if request.secure else ("https", "http")  # a proxy may speak TLS for us
        return origin.lower() in {f"{scheme}://{request.host.lower()}" for scheme in ours}
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


async def is_of_session(request: web.Request, csrf: str) -> bool:
    """Say whether the request carries the secret of the session, in its form or its header."""
    if not csrf:
        return False
    told = request.headers.get(CSRF_HEADER)
    if told is None:
        try:
            form = await request.post()
        except ValueError:  # no text in the letters that it says it is in
            return False
        field = form.get(CSRF_FIELD)
        told = field if isinstance(field, str) else ""
    return hmac.compare_digest(told.encode(errors="replace"), csrf.encode())
