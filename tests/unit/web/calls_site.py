"""A web admin over a real log with a few calls: for the tests of the pages of calls."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from screener.web.calls_pages import PAGES
from screener.web.page import Page
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, a_log, at
from tests.unit.web.signed_in import SignedIn, signed_in

ALICE, BOB = "+16515550142", "+16515550143"
FIRST, SECOND, WITHHELD = "00000000000000a1", "00000000000000a2", "00000000000000b3"
"""Alice's call, Bob's, and one of Alice's with her number withheld, a minute apart each."""


class CallsSite:
    """The visitors, and the log that they read."""

    def __init__(self, admin: SignedIn, log: OpenLog) -> None:
        self.admin = admin
        self.viewer = admin.viewer
        self.reviewer = admin.reviewer
        self.log = log

    def came(self, call_id: str, number: str = ALICE, after_s: float = 0.0, **facts: str) -> None:
        """Have a call come and be recorded."""
        self.log.decisions(at(NOW + after_s, call_id, number, **facts))
        self.log.upkeep.step()


@asynccontextmanager
async def calls_site(folder: Path, pages: Iterable[Page] = PAGES) -> AsyncIterator[CallsSite]:
    with a_log(folder) as log:
        async with signed_in(folder, pages) as admin:
            site = CallsSite(admin, log)
            site.came(FIRST, ALICE, -180.0)
            site.came(SECOND, BOB, -120.0, trunk="trunk-b")
            site.came(WITHHELD, ALICE, -60.0, presentation="prohib")
            yield site
