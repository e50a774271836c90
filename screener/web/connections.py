"""The connections of browsers: how many, how long one may be silent, what garbage is answered.

Beneath `app`, which sees whole requests only. aiohttp itself would hold a silent connection for an
hour, any number of them, and would quote malformed requests in its log and to their sender.
"""

import asyncio
import logging
import ssl
from http import HTTPStatus

from aiohttp import hdrs, web

from screener.web.headers import HEADERS, NAME

MOST_CONNECTIONS = 800
"""Open at once: with the files of the site fewer than the 1,024 that a process usually may have."""

SILENT_S = 20.0
"""Until a connection's first request, or its next one, must have come as a whole, body apart."""

LINGERING_S = 2.0
"""How long the rest of a refused body is read, so that the answer is not lost to a reset."""

_quiet = logging.Logger("screener.web.aiohttp")  # noqa: LOG001 - in no hierarchy: it is to tell nobody
_quiet.addHandler(logging.NullHandler())
log = logging.getLogger("screener.web")


class Connection(web.RequestHandler):
    """One connection of a browser."""

    __slots__ = ()

    @property
    def is_idle(self) -> bool:
        """Say whether no request of it is under way."""
        return self._current_request is None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it may quote the request, so nobody is told it
    ) -> web.StreamResponse:
        """Answer what is no request, or what failed past all handlers; quote nothing of it."""
        if exc is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("WEB-FAULT page=none error=%s", type(exc).__name__)
        if request.writer.output_size > 0:  # a response began: there is no place for another one
            raise ConnectionError("the response had begun")
        phrase = HTTPStatus(status).phrase
        response = web.Response(status=status, text=f"{phrase}\n", headers=HEADERS)
        response.headers[hdrs.SERVER] = NAME
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        response.force_close()
        return response


class Connections:
    """All connections of one server; made in its loop."""

    def __init__(
        self,
        runner: web.AppRunner,
        *,
        most: int = MOST_CONNECTIONS,
        silent_s: float = SILENT_S,
    ) -> None:
        """Serve the application of a runner that is set up."""
        self._runner = runner
        self._most = most
        self._silent_s = silent_s

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> asyncio.Server:
        """Listen until the server is closed; raises OSError."""
        loop = asyncio.get_running_loop()
        handshake = None if tls is None else self._silent_s
        return await loop.create_server(
            self._accept, host, port, ssl=tls, ssl_handshake_timeout=handshake
        )

    def _accept(self) -> asyncio.Protocol:
        server = self._runner.server
        if server is None:
            return _Refused()
        opened = [one for one in server.connections if one.transport is not None]
        if len(opened) >= self._most:
            idle = next(
                (one for one in opened if isinstance(one, Connection) and one.is_idle), None
            )
            if idle is None:
                return _Refused()
            idle.force_close()  # the one that came first: a browser opens another when it needs one
        return Connection(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=self._silent_s,
            lingering_time=LINGERING_S,
            auto_decompress=False,  # no browser packs a form; small ones could unpack to megabytes
            logger=_quiet,
            access_log=None,  # type: ignore[arg-type]  # as aiohttp's own runner hands it over
        )


class _Refused(asyncio.Protocol):
    """A connection more than are taken."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()
