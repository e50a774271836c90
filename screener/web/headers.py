"""What every response says to the browser: run nothing of others, be framed by nobody."""

from collections.abc import Mapping

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Content Security Policy (W3C, level 3): no inline script or style, nothing of other sites."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
NAME = "Screener"
"""What the server calls itself: not which version of what to attack."""
STRICT_TRANSPORT = "max-age=31536000"
"""Strict-Transport-Security (RFC 6797), where TLS is spoken here."""
