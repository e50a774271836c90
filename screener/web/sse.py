"""Server-sent events (WHATWG HTML, section 9.2): one source, many viewers, none of whom waits.

Each viewer has a bounded queue: who does not keep up loses the newest events and is told how
many; it can slow down neither the source nor the others. What is pushed is the pages' business.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

from aiohttp import web

from screener.errors import MissingPartError

QUEUE_SIZE = 64
"""Events that wait for a viewer; at one or two a second it is half a minute behind by then."""

MOST_VIEWERS = 250
"""Viewers of one source at a time."""

HEARTBEAT_S = 15.0
"""After so long without an event a comment is sent: proxies and gone viewers are found by it."""

LONGEST_S = 300.0
"""A stream ends after so long; the browser opens it again, and who it is is looked at anew."""

STUCK_S = 30.0
"""A viewer that takes nothing for so long is let go."""

LOOK_S = 10.0
"""How often it is looked whether the viewer may still watch."""

RETRY_MS = 2_000
HEARTBEAT = b":\n\n"


def event(data: str, name: str = "", number: str = "") -> bytes:
    """Return one event; `name` is its type, `number` what the browser asks to go on from.

    Any text may be data. Raises ValueError where a name or number holds a line end or a NUL.
    """
    if any(sign in f"{name}{number}" for sign in "\r\n\0"):
        raise ValueError("an event's name and number stand on one line")
    lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = (f"event: {name}\n" if name else "") + (f"id: {number}\n" if number else "")
    return (head + "".join(f"data: {line}\n" for line in lines) + "\n").encode()


class Viewer:
    """The events that wait for one viewer."""

    def __init__(self, size: int = QUEUE_SIZE) -> None:
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(size)
        self._lost = 0

    def offer(self, message: bytes) -> None:
        """Queue an event, after a word on those lost before it; lose it where there is no room."""
        if self._waiting.maxsize - self._waiting.qsize() < 1 + bool(self._lost):
            self._lost += 1
            return
        if self._lost:
            self._waiting.put_nowait(event(str(self._lost), "lost"))
            self._lost = 0
        self._waiting.put_nowait(message)

    def end(self) -> None:
        """End the stream; what still waits is not sent."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def next(self) -> bytes | None:
        """Return the next event, with all that wait behind it; None at the end."""
        parts = [await self._waiting.get()]
        while not self._waiting.empty():
            parts.append(self._waiting.get_nowait())
        return None if None in parts else b"".join(filter(None, parts))


class Viewers:
    """Everybody who watches one source."""

    def __init__(self, most: int = MOST_VIEWERS) -> None:
        self._most = most
        self._viewers: set[Viewer] = set()
        self._closed = False

    def __len__(self) -> int:
        """Return how many watch."""
        return len(self._viewers)

    @contextmanager
    def join(self) -> Iterator[Viewer]:
        """Watch while the context is open; raises MissingPartError where too many do."""
        if self._closed or len(self._viewers) >= self._most:
            raise MissingPartError("too many pages are live just now: reload this one by hand")
        viewer = Viewer()
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    def publish(self, message: bytes) -> None:
        """Offer an event to all."""
        for viewer in self._viewers:
            viewer.offer(message)

    def close(self) -> None:
        """End all streams; nobody may join any more."""
        self._closed = True
        for viewer in self._viewers:
            viewer.end()


async def stream(
    request: web.Request,
    viewer: Viewer,
    first: Iterable[bytes] = (),
    *,
    heartbeat_s: float = HEARTBEAT_S,
    longest_s: float = LONGEST_S,
    stuck_s: float = STUCK_S,
    still: Callable[[], Awaitable[bool]] | None = None,
) -> web.StreamResponse:
    """Send `first` and then what the viewer is offered, until it leaves, or `longest_s` is over.

    It ends, too, where `still` says that the viewer may watch no more.
    """
    response = web.StreamResponse(headers={"Cache-Control": "no-store"})
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
    loop = asyncio.get_running_loop()
    ends, looked = loop.time() + longest_s, loop.time()
    try:
        async with asyncio.timeout(stuck_s) as patience:
            await response.prepare(request)
            message: bytes | None = f"retry: {RETRY_MS}\n\n".encode() + b"".join(first)
            while message is not None:
                patience.reschedule(loop.time() + stuck_s)
                await response.write(message)
                patience.reschedule(None)
                message = await _next(viewer, min(heartbeat_s, ends - loop.time()))
                if loop.time() >= ends:
                    break
                if still is not None and loop.time() - looked >= LOOK_S:
                    if not await still():
                        break
                    looked = loop.time()
    except ConnectionResetError:
        pass  # the viewer left
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    return response


async def _next(viewer: Viewer, patience_s: float) -> bytes | None:
    try:
        async with asyncio.timeout(patience_s):
            return await viewer.next()
    except TimeoutError:
        return HEARTBEAT
