"""The cookie that holds a session, and the text that its forms must carry.

SameSite is Lax: with Strict, who follows a link from a chat or an alert would land on the login
page although signed in. A link changes nothing here, as every change is a POST that carries the
session's text and comes from a page of ours (`origin`).
"""

import hashlib
import hmac
import secrets

from aiohttp import web

SECURE_NAME = "__Host-screener"
"""Browsers take it over TLS only, for this very host and all of its paths (RFC 6265bis, 4.1.3)."""
PLAIN_NAME = "screener"


def new_secret() -> str:
    """Return what a new session's cookie carries: 256 bits."""
    return secrets.token_urlsafe(32)


def read(request: web.Request, *, secure: bool) -> str:
    """Return what the cookie of a request carries; empty where there is none."""
    return request.cookies.get(SECURE_NAME if secure else PLAIN_NAME, "")


def give(response: web.Response, secret: str, lasts_s: float, *, secure: bool) -> None:
    """Have the browser keep the session's cookie for so many seconds."""
    name = SECURE_NAME if secure else PLAIN_NAME
    response.set_cookie(
        name,
        secret,
        max_age=int(lasts_s),
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def take(response: web.Response, *, secure: bool) -> None:
    """Have the browser forget the session's cookie."""
    give(response, "", 0, secure=secure)


def csrf_of(secret: str) -> str:
    """Return what the forms of a session carry; the cookie cannot be told from it."""
    return hmac.digest(secret.encode(errors="surrogatepass"), b"forms", hashlib.sha256).hex()
