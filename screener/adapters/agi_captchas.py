"""The captchas that are asked over FastAGI sessions: begun, asked, and told to the dialplan.

The dialplan looks at SCREENER_STAGE when its AGI() ends: `asked` is set first, how it ended last.
Whatever goes wrong between leaves `asked` there, and the call goes on as one that was lost; only
where a sound is missing the dialplan is told to ask, which has sounds of its own. What is said is
`core.captcha_flow`'s, how it is performed `agi_line`'s.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from screener.adapters.agi_line import AgiLine
from screener.core.captcha_flow import Ending
from screener.errors import CallerGoneError, LineLostError
from screener.protocol.agi_command import BEGIN_ASKING, set_variables

if TYPE_CHECKING:
    from screener.ports import Asking

MOST_CAPTCHAS = 1_024
"""At once, beside the sessions that ask for verdicts; one more is left to the dialplan."""

STILL_TO_ASK = "challenge"
"""The stage at which the dialplan asks by itself."""

_LOG = logging.getLogger("screener.fastagi")


class AgiCaptchas:
    """Every captcha that is asked over FastAGI now, at most one for a call."""

    def __init__(self, asking: "Asking | None") -> None:
        self._asking = asking
        self._lines: dict[str, AgiLine] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def __len__(self) -> int:
        """Return how many are asked now."""
        return len(self._lines)

    def take(self, call_id: str, transport: asyncio.Transport, rest: bytes) -> bool:
        """Take a connection over and ask its caller; False where that cannot be, untouched."""
        asking = self._asking
        if (
            asking is None
            or self._stopping
            or call_id in self._lines
            or len(self._lines) >= MOST_CAPTCHAS
            or not asking.is_open(call_id)
        ):
            return False
        line = self._lines[call_id] = AgiLine(transport, rest)
        task = asyncio.get_running_loop().create_task(self._ask(asking, call_id, line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def stop(self) -> None:
        """Take no more, and end those that run as lost: their calls go on at once."""
        self._stopping = True
        for line in tuple(self._lines.values()):
            line.lose("the agent is stopping")
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _ask(self, asking: "Asking", call_id: str, line: AgiLine) -> None:
        try:
            if not await _begin(line):
                return
            ending = await asking.ask(call_id, line)
            if ending is Ending.LOST and line.lacks_sound:
                await _tell(line, STILL_TO_ASK)  # its place is held meanwhile
                return
            if ending is Ending.LOST:
                asking.give_up(call_id)
            if ending is not Ending.ABANDONED:
                await _tell(line, ending.value)
        except Exception as error:  # noqa: BLE001 - the call goes on; the message may quote data
            _LOG.error("a captcha raised %s", type(error).__name__)
        finally:
            del self._lines[call_id]
            line.lose("the captcha is over")


async def _begin(line: AgiLine) -> bool:
    """Take the captcha over; False where that failed, so that the dialplan asks."""
    try:
        await line.send(BEGIN_ASKING)
    except CallerGoneError:
        return True  # asking is what tells the inside that the caller is gone
    except LineLostError as error:
        _LOG.warning("a captcha could not begin: %s", error)
        return False
    return True


async def _tell(line: AgiLine, stage: str) -> None:
    if line.is_lost:
        return
    try:
        await line.stop_music()
        await line.send(set_variables({"SCREENER_STAGE": stage}))
    except (CallerGoneError, LineLostError):
        return
