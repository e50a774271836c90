"""One connection to Kamailio's RPC socket: requests in datagrams, a few under way at a time.

Kamailio answers to the address that asked. Ours is one of Linux's own name space for sockets,
which no file stands for: nothing is to be cleaned up, and Kamailio needs no right to our folder.
What is asked, and what follows from a fault, is left to `kamailio_client`.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Self

from screener.errors import RemoteProtocolError
from screener.protocol.kamailio_rpc import LARGEST, Reply, Request, decode, encode

TIMEOUT_S = 2.0
"""For a handful of requests and their answers; one takes 60 us."""

_UNDER_WAY = 8
"""Requests sent before an answer is read: a datagram socket queues as few as 10."""

_RETRY_S = 0.002


class KamailioLink:
    """A socket that is bound and connected; `close` ends it."""

    def __init__(self, path: str) -> None:
        """Connect; raises OSError where nobody listens there."""
        self._number = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.bind("")
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End it at once."""
        self._socket.close()

    async def ask(self, request: Request) -> Reply:
        """Send one request and return its reply; raises as `ask_all`."""
        return (await self.ask_all([request]))[0]

    async def ask_all(self, requests: Sequence[Request]) -> list[Reply]:
        """Send requests in order and return their replies in that order.

        Raises OSError, TimeoutError where Kamailio is gone or silent, ProtocolError.
        """
        replies: list[Reply] = []
        for start in range(0, len(requests), _UNDER_WAY):
            async with asyncio.timeout(TIMEOUT_S):
                replies += await self._ask_few(requests[start : start + _UNDER_WAY])
        return replies

    async def _ask_few(self, requests: Sequence[Request]) -> list[Reply]:
        first = self._number + 1
        for request in requests:
            self._number += 1
            await self._send(encode(request, self._number))
        found: dict[int, Reply] = {}
        loop = asyncio.get_running_loop()
        while len(found) < len(requests):
            data = await loop.sock_recv(self._socket, LARGEST)
            if not data:
                raise RemoteProtocolError("an empty reply")
            reply = decode(data)
            if first <= reply.number <= self._number:  # else late, for who gave up
                found[reply.number] = reply
        return [found[number] for number in range(first, self._number + 1)]

    async def _send(self, data: bytes) -> None:
        while True:
            try:
                self._socket.send(data)
            except BlockingIOError:
                await asyncio.sleep(_RETRY_S)
            else:
                return
