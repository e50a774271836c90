"""An `Asking` for tests: asks one thing, passes whoever presses 4, and notes what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from screener.adapters.ari_client import AriClient
from screener.config.options import AriOptions
from screener.core.captcha_flow import Answer, AwaitKey, Ending, Say
from screener.core.settings import CaptchaSettings
from screener.errors import CallerGoneError, LineLostError
from screener.ports import Line
from tests.unit.adapters.an_ari import Ari


@dataclass
class Desk:
    """Which captchas are open, who was asked how often, and what came of it."""

    open: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    ended: list[tuple[str, Ending]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    fault: Exception | None = None

    def is_open(self, call_id: str) -> bool:
        return call_id in self.open

    async def ask(self, call_id: str, line: Line) -> Ending:
        self.asked.append(call_id)
        if self.fault:
            raise self.fault
        try:
            ending = await self._talk(line)
        except CallerGoneError:
            ending = Ending.ABANDONED
        except LineLostError:
            ending = Ending.LOST
        if ending is not Ending.LOST:
            self.open.discard(call_id)
        self.ended.append((call_id, ending))
        return ending

    def give_up(self, call_id: str) -> None:
        self.given_up.append(call_id)
        self.open.discard(call_id)

    async def _talk(self, line: Line) -> Ending:
        await line.perform(Answer())
        await line.perform(Say(("vm-press",), heed_keys=False))
        key = await line.perform(AwaitKey(60))
        return Ending.PASSED if key == "4" else Ending.FAILED


@dataclass
class AtWork:
    """A client at work, and the pauses that it made between its attempts."""

    ari: Ari
    desk: Desk
    client: AriClient
    task: asyncio.Task[None]
    pauses: list[float]

    async def until_up(self) -> None:
        await until(lambda: self.client.is_up)

    async def call(self, channel: str, call_id: str) -> None:
        """Let a challenged call come in, and wait until its prompt plays."""
        self.desk.open.add(call_id)
        await self.ari.enter(channel, call_id)
        await until(lambda: channel in self.ari.playing)

    async def answer(self, channel: str, keys: str) -> None:
        """Let the prompt end and the caller press keys."""
        await self.ari.end_playback(channel)
        await self.ari.press(channel, keys)


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.002)


@asynccontextmanager
async def working(
    ari: Ari,
    secret: str,
    desk: Desk | None = None,
    *,
    captcha: Callable[[], CaptchaSettings] = CaptchaSettings,
    chance: float = 1.0,
) -> AsyncIterator[AtWork]:
    """Run a client against a served ARI."""
    options = AriOptions(url=ari.url, secret_file=secret)
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0.001)

    desk = desk or Desk()
    client = AriClient(options, desk, captcha, rest=rest, chance=lambda: chance)
    task = asyncio.get_running_loop().create_task(client.run())
    try:
        yield AtWork(ari, desk, client, task, pauses)
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=10)
        assert task.done()
