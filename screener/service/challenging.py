"""Captchas as a service: one conversation for each challenged caller, over whatever line.

Performs what `core.captcha_flow` wants on a `Line`, within the time allowed, and has the outcome
learned. Which telephone that is, and where the call goes then, is left to the adapters.
"""

import asyncio
import secrets
from collections import Counter

from screener.core.captcha_flow import Conversation, Ending, TimeIsOver, converse
from screener.core.outcome import Event, Outcome
from screener.core.question import Pick
from screener.errors import CallerGoneError, LineLostError
from screener.ports import Line
from screener.service import journal
from screener.service.screening import ScreeningService

_TOLD = {
    Ending.PASSED: Event.CHALLENGE_PASSED,
    Ending.FAILED: Event.CHALLENGE_FAILED,
    Ending.SILENT: Event.CHALLENGE_SILENT,
    Ending.ABANDONED: Event.CHALLENGE_ABANDONED,
}


class Challenges:
    """The `Asking` port over one screening service."""

    def __init__(self, service: ScreeningService, pick: Pick = secrets.randbelow) -> None:
        self._service = service
        self._pick = pick
        self._running: set[str] = set()
        self._most = 0
        self._endings: Counter[Ending] = Counter()

    def is_open(self, call_id: str) -> bool:
        """Say whether the call was challenged and its captcha has not ended yet."""
        return self._service.engine.lane.holds(call_id)

    async def ask(self, call_id: str, line: Line) -> Ending:
        """Ask one caller, learn what came of it, and return how it ended; never raises."""
        if call_id in self._running or not self.is_open(call_id):
            journal.write_unasked(call_id)
            return Ending.LOST
        self._running.add(call_id)
        self._most = max(self._most, len(self._running))
        try:
            ending = await self._converse(call_id, line)
        finally:
            self._running.discard(call_id)
        self._endings[ending] += 1
        event = _TOLD.get(ending)
        if event is not None:
            self._service.report(call_id, Outcome(event))
        return ending

    def give_up(self, call_id: str) -> None:
        """Take it that nobody will be asked any more for this call: its place is free again."""
        self._service.engine.lane.free(call_id)
        self._service.challenge_over(call_id)

    def snapshot(self) -> dict[str, object]:
        """Return, for the status, how many are asked now, the most at once, and all endings.

        `taken` of the lane's `places` are held, by those asked and by those on their way to it.
        """
        ended = {ending.value: self._endings[ending] for ending in Ending}
        lane = self._service.engine.lane
        held = {"taken": min(len(lane), lane.places), "places": lane.places}
        return {"asking": len(self._running), "most": self._most, **held, **ended}

    async def _converse(self, call_id: str, line: Line) -> Ending:
        settings = self._service.engine.settings.captcha
        conversation = converse(settings, self._pick)
        try:
            async with asyncio.timeout(settings.seconds) as limit:
                return await _talk(conversation, line)
        except TimeoutError:
            if not limit.expired():
                journal.write_line_lost(call_id, "a wait of the line's own ran out")
                return Ending.LOST
            return _cut_short(conversation)
        except CallerGoneError:
            return Ending.ABANDONED
        except LineLostError as error:
            journal.write_line_lost(call_id, str(error))
            return Ending.LOST
        except Exception as error:  # noqa: BLE001 - no fault of ours may hold or end a call
            journal.write_line_lost(call_id, f"a fault of ours ({type(error).__name__})")
            return Ending.LOST
        finally:
            conversation.close()


async def _talk(conversation: Conversation, line: Line) -> Ending:
    try:
        command = next(conversation)
        while True:
            command = conversation.send(await line.perform(command))
    except StopIteration as end:
        return Ending(end.value)


def _cut_short(conversation: Conversation) -> Ending:
    try:
        conversation.throw(TimeIsOver())
    except StopIteration as end:
        return Ending(end.value)
    return Ending.LOST
