"""People before the live page, as a process of their own: they hold its stream and count bytes.

Started by `web_viewers` with the address and how many; their sessions' cookies come on standard
input, a tab apart. Says `ready` once all were sent something, and at the end of its input how many
bytes came to all of them since, and in how many seconds.
"""

import asyncio
import sys
import time

from aiohttp import ClientSession, TCPConnector


async def _watch(
    session: ClientSession, address: str, cookie: str, taken: list[int], at: int
) -> None:
    """Hold a stream as a browser does: opened again where it ends."""
    while True:
        async with session.get(
            f"{address}/live/stream", timeout=None, headers={"Cookie": cookie}
        ) as stream:
            stream.raise_for_status()
            async for data in stream.content.iter_any():
                taken[at] += len(data)


async def _main(address: str, viewers: int) -> None:
    loop = asyncio.get_running_loop()
    cookies = sys.stdin.readline().strip().split("\t")
    taken = [0] * viewers
    async with (
        ClientSession(connector=TCPConnector(limit=0)) as session,
        asyncio.TaskGroup() as group,
    ):
        watching = [
            group.create_task(_watch(session, address, cookies[at % len(cookies)], taken, at))
            for at in range(viewers)
        ]
        while not all(taken):  # noqa: ASYNC110 - what it waits for is the tasks'
            await asyncio.sleep(0.05)
        await asyncio.sleep(2.0)  # what is sent at the opening is not what goes on
        before, began = sum(taken), time.monotonic()
        print("ready", flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        print(sum(taken) - before, time.monotonic() - began, flush=True)
        for task in watching:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
