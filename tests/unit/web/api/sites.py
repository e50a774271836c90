"""A site with recorded calls for tests of the API and of pages: the log, and the web beside it."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from screener.core.outcome import Event, Outcome
from screener.web.page import Page
from screener.web.site import Site
from tests.builders import NOW
from tests.unit.storage.logs import OpenLog, a_log, at, refused
from tests.unit.web.signed_in import SignedIn, Time, signed_in

ALICE, BOB, PARTNER = "+16515550142", "+16515550143", "+16515550199"
FIRST, WITHHELD, DROPPED = "00000000000000a1", "00000000000000b2", "00000000000000c3"

_CONFIG = """\
version: 1
mode: enforce
control: {{socket: {folder}/control.sock}}
storage: {{folder: {folder}/state, keys: {folder}/keys.json}}
lists:
- {{name: partners, action: allow, entries: ["{partner}"], reason: they pay}}
"""


@contextmanager
def recorded(folder: Path) -> Iterator[OpenLog]:
    """Record Alice's call, one of hers with her number withheld, and a dropped one of Bob's."""
    (folder / "screener.yaml").write_text(_CONFIG.format(folder=folder, partner=PARTNER))
    with a_log(folder) as log:
        log.decisions(at(NOW - 60.0, FIRST, ALICE))
        log.decisions(at(NOW - 50.0, WITHHELD, ALICE, presentation="prohib"))
        log.decisions(refused(at(NOW - 40.0, DROPPED, BOB, trunk="trunk-b")))
        log.decisions.outcome(FIRST, Outcome(Event.ANSWERED, 30.0))
        log.upkeep.step()
        yield log


@asynccontextmanager
async def calls_served(folder: Path, pages: Iterable[Page]) -> AsyncIterator[SignedIn]:
    """Serve the pages of a site with those calls; no agent runs."""
    with recorded(folder):
        time = Time()
        site = Site(folder / "screener.yaml", time)
        async with signed_in(folder, pages, site=site, time=time) as served:
            yield served
