"""A site for the reviewing commands' tests: a configuration, recorded calls, and who answers.

The agent's part is real, in a thread of this process: the control socket, and `Reviewing` over the
same file that the commands write.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from screener.adapters.control import ControlServer
from screener.core.call import Facts, read_call
from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.lists import ListAction
from screener.core.settings import Mode, Settings
from screener.service.feed import Feed
from screener.service.reviewing import Reviewing
from screener.steady_clock import SteadyClock
from screener.storage.new_memory import new_memory
from screener.storage.review_changes import ChangesReader
from screener.storage.review_file import REVIEW_FILE
from tests.unit.cli.command import Done, run_here
from tests.unit.storage.logs import a_log, decided

if TYPE_CHECKING:
    from screener.core.memory import Memory

ALICE, BOB, PARTNER = "+16515550142", "+16515550143", "+16515550199"
MASKED = "+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242"
"""Alice's number as it may be told."""

CALL, WITHHELD = "00000000000000a1", "00000000000000b2"
"""Two recorded calls of Alice's, the second with her number withheld."""

_CONFIG = """\
version: 1
mode: enforce
control: {{socket: {folder}/control.sock}}
storage: {{folder: {folder}/state, keys: {folder}/keys.json}}
lists:
- {{name: partners, action: allow, entries: ["{partner}"]}}
"""


class Site:
    """The files of a site, and commands run there in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.config = folder / "screener.yaml"
        self.log = folder / "state" / "decisions.db"
        self.memory: Memory = new_memory(Settings())
        self.engine = Engine(Settings(mode=Mode.ENFORCE), self.memory)
        self._capsys = capsys
        self.config.write_text(_CONFIG.format(folder=folder, partner=PARTNER))

    def run(self, *words: str) -> Done:
        return run_here(self._capsys, *words, "--config", str(self.config))

    def lines(self, *words: str) -> list[str]:
        """Run a command that must succeed, and return what it says."""
        done = self.run(*words)
        assert done.status == 0, done.err
        return done.out.splitlines()

    def refused(self, *words: str, status: int = 1) -> str:
        done = self.run(*words)
        assert done.status == status, (done.status, done.out, done.err)
        assert done.out == ""
        return done.err

    def decide(self, number: str) -> Decision:
        """Return what the running agent decides of a caller now."""
        call, load = read_call(
            Facts(number=number), self.engine.plan, call_id="x", now=SteadyClock()()
        )
        return self.engine.assess(call, load)

    def speaks(self, number: str) -> ListAction | None:
        """Return what a list says of a caller in the running agent, None where none does."""
        hit = self.decide(number).list_hit
        return hit.action if hit is not None else None

    @contextmanager
    def agent(self) -> Iterator[None]:
        """Answer on the control socket as the agent does, in a thread."""
        started, loop = threading.Event(), asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            clock = SteadyClock()
            keys, path = self.folder / "keys.json", self.folder / "state" / REVIEW_FILE
            read = ChangesReader(path, keys, lambda: self.engine.plan, clock)
            reviewing = Reviewing(
                lambda: self.engine, self.memory.reviews, read, clock, SteadyClock()
            )
            await reviewing.start()
            handlers = {"refresh": lambda _request: reviewing.refresh()}
            server = ControlServer(self.folder / "control.sock", handlers, Feed().subscribe)
            await server.start()
            started.set()
            await stop.wait()
            await server.close()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        assert started.wait(10.0)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10.0)
            loop.close()


@contextmanager
def a_site(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_log(folder) as log:
        log.decisions(decided(CALL, ALICE))
        log.decisions(decided(WITHHELD, ALICE, presentation="prohib"))
        log.upkeep.step()
    yield Site(folder, capsys)
