"""A peer: panoramisk's FastAGI application, which sends the one MSet of the floor.

It finds a route by the whole script name, which is another one for each call of the sample
dialplan, so the table of routes answers to any. Words: the port on loopback, and `uvloop` for
that loop in asyncio's place. (panoramisk 1.4 spins for ever where a client connects and ends
without a word: no port check may look at it.)
"""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop
from panoramisk import fast_agi  # type: ignore[import-untyped]  # it has no types

from tests.bench.floor_agent import COMMAND

Endpoint = Callable[[Any], Awaitable[None]]
_COMMAND = COMMAND.decode().rstrip("\n")


class _AnyRoute(OrderedDict[str, Endpoint]):
    """One endpoint for every script."""

    def get(self, _path: str, _default: object = None) -> Endpoint:
        return _answer


async def _answer(request: Any) -> None:  # noqa: ANN401 - panoramisk has no types
    await request.send_command(_COMMAND)


async def serve(port: int) -> None:
    """Serve for ever, after a word on standard output."""
    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application._route = _AnyRoute()
    server = await asyncio.start_server(application.handler, "127.0.0.1", port, backlog=1_024)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    factory = uvloop.new_event_loop if "uvloop" in sys.argv[2:] else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(int(sys.argv[1])))
