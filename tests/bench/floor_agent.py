"""The floor: a FastAGI server on uvloop that does nothing but set the verdict's variables.

Nothing is parsed, checked, decided, limited or logged, and no wait has a deadline; what a session
costs here is uvloop's and the kernel's. Run it with the port on loopback as its one argument.
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


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(FloorSession, "127.0.0.1", port, backlog=1_024)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
