"""The asking side of the control channel for a program that does more than wait: on asyncio.

`ask_agent` asks once; `AgentFollower` takes the agent's events as they come, begins anew whenever
they end, and says whether an agent is there. The blocking side is `control_client`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from screener.adapters.control_client import SilentAgentError, is_our_own, socket_address
from screener.errors import MissingPartError, RemoteProtocolError, ScreenerError
from screener.protocol.control import REPLY_LIMIT, REQUEST_LIMIT, decode, encode

if TYPE_CHECKING:
    import socket

PAUSES_S = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Before each new attempt to follow; the last one again and again."""

NOT_LOOKED = "not looked yet"
"""The trouble of a follower that has not tried."""

Message = dict[str, object]


async def ask_agent(path: str, request: Mapping[str, object], timeout_s: float = 5.0) -> Message:
    """Send one request to the agent and return its reply; raises as `control_client.ask`."""
    try:
        async with asyncio.timeout(timeout_s), _connected(path) as (reader, writer):
            writer.write(encode(request, REQUEST_LIMIT))
            return _checked(path, await _line(path, reader))
    except TimeoutError:
        raise SilentAgentError(f"the agent at {path} did not answer in time") from None


class AgentFollower:
    """Hands each event of the agent to `took`, until cancelled.

    `path` returns the control socket, `changed` is called when an agent is there, and when none
    is any more. What `took` raises is a bug and ends the run.
    """

    def __init__(
        self,
        path: Callable[[], str],
        took: Callable[[Message], None],
        changed: Callable[[], None] = lambda: None,
        *,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout_s: float = 5.0,
    ) -> None:
        self.trouble = NOT_LOOKED
        """Why no agent is followed; empty while one is."""
        self._path = path
        self._took = took
        self._changed = changed
        self._rest = rest
        self._timeout_s = timeout_s

    @property
    def is_there(self) -> bool:
        """Say whether an agent is followed just now."""
        return not self.trouble

    async def run(self) -> None:
        """Follow, and begin anew whenever that ends."""
        failures = 0
        while True:
            try:
                await self._follow()
            except ScreenerError as error:
                why = str(error)
            except TimeoutError:
                why = f"the agent at {self._path()} did not answer in time"
            failures = 0 if self.is_there else failures + 1
            self._say(why)
            await self._rest(PAUSES_S[min(failures, len(PAUSES_S) - 1)])

    async def _follow(self) -> None:
        """Follow one connection; raises what ends it."""
        path = self._path()
        async with _connected(path, self._timeout_s) as (reader, writer):
            async with asyncio.timeout(self._timeout_s):
                writer.write(encode({"op": "follow"}))
                _checked(path, await _line(path, reader))
            self._say("")
            while True:
                self._took(decode(await _line(path, reader), REPLY_LIMIT))

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._changed()


@asynccontextmanager
async def _connected(
    path: str, timeout_s: float = 5.0
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    address = socket_address(path)
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(address, limit=REPLY_LIMIT)
    except PermissionError:
        raise ScreenerError(
            f"not permitted to talk to the agent at {path}: run this as the user it runs as"
        ) from None
    except BlockingIOError:  # a full backlog: it runs and takes nobody
        raise SilentAgentError(f"the agent at {path} did not answer in time") from None
    except OSError:
        raise MissingPartError(
            f"the agent is not running: nothing answers at {path}; start it with `screener serve`"
        ) from None
    try:
        # What asyncio hands out for the socket behaves like one as far as this goes.
        if not is_our_own(cast("socket.socket", writer.get_extra_info("socket"))):
            raise ScreenerError(f"who answers at {path} is another user and not the agent")
        yield reader, writer
    finally:
        writer.close()


async def _line(path: str, reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readline()
    except ValueError:
        raise RemoteProtocolError(f"the agent at {path} sent too long a line") from None
    except OSError:
        line = b""
    if not line.endswith(b"\n"):
        raise MissingPartError(f"the agent at {path} has ended")
    return line


def _checked(path: str, line: bytes) -> Message:
    reply = decode(line, REPLY_LIMIT)
    if reply.get("ok") is not True:
        raise ScreenerError(str(reply.get("error", f"the agent at {path} refused")))
    return reply
