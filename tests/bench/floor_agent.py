"""The floor: a FastAGI server that does nothing but set the verdict's variables, on uvloop.

Nothing is parsed, checked, decided, limited or logged, and no wait has a deadline; what a session
costs here is the event loop's and the kernel's. Words: the port on loopback, and `asyncio` for
that loop in uvloop's place.
"""

import asyncio
import sys
from typing import cast

import uvloop

COMMAND = (
    b'EXEC MSet "SCREENER_VERDICT=admit,SCREENER_WOULD=admit,SCREENER_SCORE=1.00,'
    b'SCREENER_REASON=score.new-caller,SCREENER_ID=0123456789abcdef,SCREENER_PRIO=4"\n'
)
"""As long as the agent's own answer to an ordinary call."""


class FloorSession(asyncio.Protocol):
    """One connection: environment in, command out, any reply, the end."""

    __slots__ = ("_asked", "_data", "_transport")

    def __init__(self) -> None:
        self._data = b""
        self._asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._asked:
            self._transport.close()
            return
        self._data += data
        if self._data.endswith(b"\n\n"):
            self._asked = True
            self._transport.write(COMMAND)


async def serve(port: int) -> None:
    """Serve for ever, after a word on standard output."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(FloorSession, "127.0.0.1", port, backlog=1_024)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    factory = None if "asyncio" in sys.argv[2:] else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(int(sys.argv[1])))
