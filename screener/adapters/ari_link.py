"""One connection to Asterisk's REST interface: the event stream, and requests beside it.

The application is registered as long as the stream is open. Every wait is bounded, so is every
message; a stream that went dead without a word is found out by its heartbeat. What is done with
events, and what happens after a fault, is left to `ari_client`.
"""

import asyncio
from typing import Self

import aiohttp
from yarl import URL

from screener.errors import LineLostError, RemoteProtocolError, ScreenerError
from screener.protocol.ari import EVENT_LIMIT, REPLY_LIMIT, Event, read_event
from screener.protocol.ari_requests import Request, events_target

TIMEOUT_S = 5.0
"""For connecting, and for each request with all of its answer, seconds."""

HEARTBEAT_S = 3.0
"""Between two pings; a pong may take half of that. A dead link is noticed after 4.5 s."""

_AT_ONCE = 32
"""Requests under way; Asterisk's `sessionlimit` is 100, others may need it too."""

_IDLE_S = 10.0
"""How long a connection is kept for the next request; Asterisk closes it after 15 s."""

_GOODBYE_S = 1.0


class AriStatusError(ScreenerError):
    """Asterisk refused a request, or to register; `status` is that of HTTP."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"Asterisk answers {status} to {what}")
        self.status = status


class AriLink:
    """A registered application; made by `open`, ended by `close`."""

    def __init__(
        self, session: aiohttp.ClientSession, base: str, stream: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._base = base
        self._stream = stream
        self._open = True
        self.misshaped = 0
        """Events that were not as they should be."""

    @classmethod
    async def open(cls, url: str, user: str, secret: str, app: str) -> Self:
        """Connect, log in and register; raises AriStatusError, OSError, TimeoutError.

        Certificates of an https url are verified.
        """
        base = url.rstrip("/")
        session = aiohttp.ClientSession(
            headers={"Authorization": aiohttp.encode_basic_auth(user, secret)},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            connector=aiohttp.TCPConnector(limit=_AT_ONCE, keepalive_timeout=_IDLE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                stream = await session.ws_connect(
                    URL(base + events_target(app), encoded=True),
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=EVENT_LIMIT,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_GOODBYE_S),
                )
        except aiohttp.WSServerHandshakeError as error:
            await session.close()
            raise AriStatusError(error.status, "the registration") from error
        except BaseException as error:
            await session.close()
            if isinstance(error, aiohttp.ClientError) and not isinstance(error, OSError):
                raise RemoteProtocolError("the peer does not speak HTTP as it should") from error
            raise
        return cls(session, base, stream)

    @property
    def is_open(self) -> bool:
        """Whether requests may still reach Asterisk."""
        return self._open and not self._stream.closed

    def shut(self) -> None:
        """Send no more requests; those under way go on."""
        self._open = False

    async def close(self) -> None:
        """End stream and requests; whoever waits for one is told LineLostError."""
        self._open = False
        try:
            await self._stream.close()
        finally:
            await self._session.close()

    async def receive(self) -> Event | None:
        """Return the next event, None for one that is none of ours or misshaped.

        Raises RemoteProtocolError where no more will come.
        """
        message = await self._stream.receive()
        if message.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
            raise RemoteProtocolError("Asterisk closed the connection, or was silent for too long")
        try:
            return read_event(message.data)
        except RemoteProtocolError:
            self.misshaped += 1
            return None

    async def request(self, request: Request) -> bytes:
        """Send a request; return the reply's body.

        Raises:
            AriStatusError: Asterisk refuses it.
            LineLostError: No answer came in time, or the link is gone.
        """
        if not self._open:
            raise LineLostError("the link to Asterisk is gone")
        url = URL(self._base + request.target, encoded=True)
        headers = {"Content-Type": "application/json"} if request.body else None
        try:
            async with self._session.request(
                request.method,
                url,
                data=request.body or None,
                headers=headers,
                allow_redirects=False,
            ) as response:
                body = await _read(response)
                status = response.status
        except TimeoutError as error:
            raise LineLostError(f"no answer to a {request.method} in time") from error
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            # RuntimeError: the session was closed meanwhile.
            raise LineLostError("the link to Asterisk is gone") from error
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
            raise AriStatusError(status, f"a {request.method}")
        return body


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > REPLY_LIMIT:
            raise aiohttp.ClientPayloadError("a reply is larger than its limit")
    return bytes(body)
