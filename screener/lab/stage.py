"""The stage of a trial: agent and web admin, Asterisk, phones and ears, set up together.

A context manager: whatever of it started is stopped at the end, however the end comes. Who calls
is left to `play`.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from screener.lab.agent_process import AgentProcess, over_ari
from screener.lab.asterisk import Asterisk, choose_ports
from screener.lab.child import Child
from screener.lab.ear import Templates
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from screener.lab.web_process import WebProcess

T = TypeVar("T")

OPERATORS = 8
TALK_S = 4.0
"""Seconds that an operator talks with whoever comes: short, so that a minute shows a day."""

_STOP_AGAIN_S = 0.05


class Stage:
    """Everything that a trial needs, up and running between entering and leaving."""

    def __init__(self, root: LabRoot, say: Callable[[str], None], *, enforce: bool) -> None:
        self.root = root
        self.ports = choose_ports()
        self._say = say
        self._enforce = enforce
        self._stack = AsyncExitStack()
        self.folder: Path
        self.agent: AgentProcess
        self.web: WebProcess
        self.asterisk: Asterisk
        self.listener: Listener

    async def __aenter__(self) -> Self:
        """Start it all; raises MissingPartError, with everything stopped again.

        So it is when this is cancelled, which does not wait for what is starting to be up.
        """
        try:
            await self._set_up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it all and remove its folder."""
        await self._stack.aclose()

    def callers(
        self,
        mark: str,
        rows: Sequence[Sequence[str]],
        rate: float,
        limit_s: float,
        *,
        listens: bool,
    ) -> Sipp:
        """Start callers over real SIP: rows as `scenarios/caller.xml` wants them.

        `rate` is calls a second; those who listen hear a captcha's digits and press them.
        """
        media = self.listener.ports[0] if listens else 0
        load = Load(
            calls=len(rows), rate=rate, rows=rows, limit_s=limit_s, mark=mark, media_port=media
        )
        run = Sipp(self.root, self.folder / mark, "caller.xml", load, target=self.ports.sip)
        run.start()
        self._stack.callback(run.stop)
        return run

    def part_that_died(self) -> str:
        """Name a part that has ended by itself; empty while all are up."""
        if not self.agent.running:
            return "agent"
        if not self.web.running:
            return "web admin"
        return "" if self.asterisk.running else "Asterisk"

    async def _set_up(self) -> None:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-lab-"))
        self.folder = Path(folder)
        self._say(f"Starting Asterisk {self.root.version}")
        settings = LabSettings(operators=OPERATORS, ari_secret=secrets.token_hex(16))
        self.asterisk = Asterisk(self.root, self.folder / "asterisk", self.ports, settings)
        self._stack.callback(self.asterisk.stop)
        await _or_stop(self.asterisk, self.asterisk.start)
        self._say("Starting the agent")
        self.agent = AgentProcess(
            self.folder,
            self.ports.agent,
            enforce=self._enforce,
            extra=over_ari(self.asterisk),
        )
        self._stack.callback(self.agent.stop)
        await _or_stop(self.agent, self.agent.start)
        self._say("Starting the web admin")
        self.web = WebProcess(self.agent.config, self.folder / "web.log")
        self._stack.callback(self.web.stop)
        await _or_stop(self.web, self.web.start)
        self._say(f"  watch it at {self.web.address}/setup, secret {self.web.secret}")
        templates = await _or_stop(self.asterisk, self._learn_prompts)
        self._say(f"Starting {OPERATORS} operators and people who listen")
        self.listener = await self._stack.enter_async_context(Listener(LOOPBACK, (0,), templates))
        phones = Sipp(
            self.root,
            self.folder / "operators",
            "operator.xml",
            Load(hold_ms=int(TALK_S * 1000)),
            port=self.ports.operators,
        )
        phones.start()
        self._stack.callback(phones.stop)

    def _learn_prompts(self) -> Templates:
        """Have Asterisk itself convert the digits' prompts to what a telephone hears."""
        heard = self.folder / "prompts"
        heard.mkdir()
        for command in Templates.conversions(self.root.data / "sounds/en", heard):
            self.asterisk.rx(command)
        return Templates.load(heard)


async def _or_stop(part: Child, work: Callable[[], T]) -> T:
    """Do work that waits for a part, in a thread; once cancelled, stop the part: that ends it.

    Again and again, since the thread may be about to start the part.
    """
    doing = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        while not doing.done():
            await asyncio.to_thread(part.stop)
            await asyncio.wait((doing,), timeout=_STOP_AGAIN_S)
        doing.exception()  # that it did not come up is no news
        raise
