"""The calls that an ARI application holds: each is asked, and sent back into the dialplan once.

Events find their call by its channel. A call that could not be asked or sent back because the
link was lost is taken up again over the next one: asked once more where its captcha is still
open, else released into the dialplan, which lets it through. Which link that is, and when a new
one is made, is left to `ari_client`; the dialplan's own watchdog frees what nobody comes for.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress

from screener.adapters.ari_line import AriLine
from screener.adapters.ari_link import AriLink, AriStatusError
from screener.core.captcha_flow import Ending
from screener.errors import CallerGoneError, LineLostError, ScreenerError
from screener.ports import Asking
from screener.protocol import ari_requests
from screener.protocol.ari import (
    Entered,
    Event,
    HungUp,
    Left,
    Played,
    Pressed,
    read_channels,
    read_variable,
)
from screener.service.journal import word

log = logging.getLogger("screener.ari")

ASKED_AGAIN = 1
"""How often a call is asked anew after a lost link; then it is released."""

TRY_AGAIN_S = 0.5
"""After a call could not be sent back, for a lost link to be noticed, or a fault to pass."""

SETTLE_S = 1.0
"""For what was under way to notice that the link is gone: it is told, so this takes no time."""

CALL_ID = "SCREENER_ID"


class AriCalls:
    """All calls of one application, over one link after another."""

    def __init__(self, asking: Asking, app: str) -> None:
        self.reclaimed = 0
        self.released = 0
        self._asking = asking
        self._app = app
        self._lines: dict[str, AriLine] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._owed: dict[str, tuple[str, Ending]] = {}
        self._asked_again: dict[str, int] = {}
        self._closing = False

    def __len__(self) -> int:
        """Return how many calls are attended to."""
        return len(self._lines)

    def take(self, event: Event, link: AriLink) -> None:
        """Take one event; never blocks, never raises."""
        match event:
            case Entered(channel, call_id):
                self._attend(link, channel, call_id)
            case Pressed(channel, key):
                if line := self._lines.get(channel):
                    line.press(key)
            case Played(channel, playback, failed):
                if line := self._lines.get(channel):
                    line.played(playback, failed=failed)
            case HungUp(channel):
                self._end(channel, CallerGoneError("the caller hung up"))
            case Left(channel):
                # A hangup is told before; without one the dialplan took the call back.
                self._end(channel, LineLostError("the dialplan took the call back"))
            case _:
                pass

    async def take_up(self, link: AriLink) -> None:
        """Take up what the application holds and nobody attends to.

        Raises as `AriLink.request`, and RemoteProtocolError.
        """
        held = read_channels(await link.request(ari_requests.list_channels(self._app)))
        for channel, (call_id, ending) in tuple(self._owed.items()):
            if channel not in held:
                self._forget(channel, call_id, ending)
        for channel in held:
            self._attend(link, channel)

    def lose(self, why: str) -> None:
        """Tell every call that its link is gone."""
        for line in self._lines.values():
            line.end(LineLostError(why))

    async def settle(self) -> None:
        """Wait until every call has taken note of that, for a while at most."""
        await self._wait(SETTLE_S)

    async def release(self, limit_s: float) -> None:
        """Release every call, those that still come included; takes so long at most."""
        self._closing = True
        self.lose("the agent ends")
        await self._wait(limit_s)

    async def _wait(self, limit_s: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=limit_s)

    def _end(self, channel: str, why: CallerGoneError | LineLostError) -> None:
        if line := self._lines.get(channel):
            line.end(why)
        elif owed := self._owed.get(channel):
            self._forget(channel, *owed)

    def _forget(self, channel: str, call_id: str, ending: Ending) -> None:
        self._owed.pop(channel, None)
        self._asked_again.pop(call_id, None)
        if ending is Ending.LOST:
            self._asking.give_up(call_id)

    def _attend(self, link: AriLink, channel: str, call_id: str | None = None) -> None:
        """Begin with a call, unless somebody has; without an id it is one that was left."""
        if channel in self._lines:
            return
        line = self._lines[channel] = AriLine(link, channel)
        work = (
            self._take_again(line, channel)
            if call_id is None
            else self._ask(line, channel, call_id)
        )
        task = asyncio.get_running_loop().create_task(self._guarded(work, line, channel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(
        self, work: Coroutine[None, None, None], line: AriLine, channel: str
    ) -> None:
        try:
            await work
        except CallerGoneError:
            if owed := self._owed.get(channel):
                self._forget(channel, *owed)
        except ScreenerError as error:
            if line.link.is_open:  # else the next one takes the call up
                self._stuck(channel, str(error))
        except Exception as error:  # noqa: BLE001 - one call's fault is not to end the others
            self._stuck(channel, f"a fault of ours ({type(error).__name__})")
        finally:
            del self._lines[channel]

    async def _ask(self, line: AriLine, channel: str, call_id: str) -> None:
        if not call_id or self._closing:
            await self._send_back(line, channel, call_id, Ending.LOST)
            return
        ending = await self._asking.ask(call_id, line)
        await self._send_back(line, channel, call_id, ending)

    async def _take_again(self, line: AriLine, channel: str) -> None:
        """Go on with a call that a lost link, or an agent before us, left behind."""
        owed = self._owed.get(channel)
        if owed and owed[1] is not Ending.LOST:
            await line.quiet()
            await self._send_back(line, channel, *owed)
            return
        call_id = owed[0] if owed else await self._read_id(line.link, channel)
        times = self._asked_again.get(call_id, 0)
        if not call_id or times >= ASKED_AGAIN or not self._asking.is_open(call_id):
            await line.quiet()
            await self._send_back(line, channel, call_id, Ending.LOST)
            return
        self._owed[channel] = (call_id, Ending.LOST)
        await line.quiet()
        self._asked_again[call_id] = times + 1
        self.reclaimed += 1
        log.info("ARI-RECLAIMED id=%s", word(call_id))
        await self._ask(line, channel, call_id)

    async def _send_back(self, line: AriLine, channel: str, call_id: str, ending: Ending) -> None:
        """Let the dialplan go on with the call: now, or over the next link."""
        if ending is not Ending.ABANDONED:
            self._owed[channel] = (call_id, ending)
            with suppress(CallerGoneError):
                await _leave(line, ending)
                if ending is Ending.LOST:
                    self.released += 1
                    log.warning("ARI-RELEASED id=%s", word(call_id))
        self._forget(channel, call_id, ending)

    async def _read_id(self, link: AriLink, channel: str) -> str:
        try:
            return read_variable(await link.request(ari_requests.get_variable(channel, CALL_ID)))
        except AriStatusError:
            return ""

    def _stuck(self, channel: str, why: str) -> None:
        call_id, _ = self._owed.get(channel, ("", Ending.LOST))
        log.warning("ARI-STUCK id=%s why=%s", word(call_id), word(why))


async def _leave(line: AriLine, ending: Ending) -> None:
    """Send the call back; tried once more while the link stands. Raises as `AriLine.leave`."""
    try:
        await line.leave(ending)
    except LineLostError:
        await asyncio.sleep(TRY_AGAIN_S)
        if not line.link.is_open:
            raise
        await line.leave(ending)
