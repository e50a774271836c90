"""The web admin of a running site in a thread of its own, with a token for each role.

For tools that are no part of this process, and tests with an agent; others use `signed_in`.
"""

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from screener.storage.web_tokens import Token
from screener.web.accounts import TOKEN_MARK
from screener.web.page import Page, Role
from screener.web.site import Site
from tests.unit.web.signed_in import SignedIn, signed_in

HOUR_S = 3_600.0


@dataclass(frozen=True)
class Served:
    """Where it is, and what to say there."""

    url: str
    tokens: dict[str, str]

    def headers(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[role]}"}


async def tokens_of(at: SignedIn) -> dict[str, str]:
    """Make a token for each role."""
    now, found = at.site.wall(), dict[str, str]()
    for role in Role:
        found[role] = f"{TOKEN_MARK}{role}"
        token = Token(0, f"robot-{role}", role, "admin", now, now + HOUR_S, None)
        await at.accounts.run(at.accounts.tokens.add, found[role], token)
    return found


@contextmanager
def served(config: Path, pages: Iterable[Page]) -> Iterator[Served]:
    """Serve the pages of the site whose configuration that is, beside this thread."""
    loop, started, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found: list[Served] = []

    async def serve() -> None:
        # What was recorded just now is to be recent.
        site = Site(config, time.time)  # noqa: TID251
        async with signed_in(config.parent, pages, site=site) as at:
            found.append(Served(str(at.server.make_url("")).rstrip("/"), await tokens_of(at)))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10.0)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10.0)
        loop.close()
