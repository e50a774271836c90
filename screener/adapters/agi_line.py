"""One challenged caller's telephone line over one FastAGI connection: the `Line` port.

Performs a captcha's commands one AGI command at a time. A command that has gone out cannot be
taken back, so where `perform` is cancelled the reply is still awaited before the next one goes
out. Asterisk drops keys that are pressed while no command runs. Which call it is and what comes
after is `agi_captchas`'; the grammar is `protocol`'s.
"""

import asyncio
from math import ceil

from screener.core.captcha_flow import Answer, AwaitKey, Command, Say, Wait
from screener.core.settings import Hold
from screener.errors import CallerGoneError, LineLostError, RemoteProtocolError
from screener.protocol.agi_command import (
    ANSWER,
    MUSIC_OFF,
    MUSIC_ON,
    RING,
    play_sound,
    wait_for_key,
)
from screener.protocol.agi_reply import HungUp, Refused, ReplyReader, Result

LONGEST_STEP_S = 3.0
"""Longer waits are cut into steps, so that a captcha whose time is over can be ended soon. A key
that comes just between two steps is lost (a gap of 1 ms or less, measured), so they are few."""

QUIET_S = 0.15
"""Keys pressed before are over when none came for so long.

Asterisk gives out keys that came faster than people press them (SIP INFO, a machine) at least
80 ms apart, 101 ms at most (measured), so some come out after the sound in which they were
pressed. Nobody who waits for the end of a sound answers it within this time.
"""

REPLY_S = 5.0
"""For the reply to a command, beyond the time that the command itself takes."""

SOUND_S = 60.0
"""No sound of a captcha takes longer."""

HANGUP_S = 0.5
"""After a result of -1, for the line that tells a caller who is gone from a fault."""

_DEAD_CHANNEL = 511


class AgiLine(asyncio.Protocol):
    """Takes a connection over from the session that read its environment.

    `rest` is what came behind the environment.
    """

    def __init__(self, transport: asyncio.Transport, rest: bytes = b"") -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._replies = ReplyReader()
        self._reply: asyncio.Future[Result | Refused | None] | None = None
        self._gone = asyncio.Event()
        self._lost = ""
        self.lacks_sound = False
        """Whether Asterisk, with the caller still there, could not play what was to be said."""
        self._music = False
        transport.set_protocol(self)
        if rest:
            self.data_received(rest)

    async def perform(self, command: Command) -> str:
        """Carry out one command of a captcha; see `ports.Line`."""
        match command:
            case Answer():
                await self._do(ANSWER)
            case Wait(how, seconds):
                await self._hold(how, seconds)
            case Say(sounds, heed_keys):
                return await self._say(sounds, heed_keys=heed_keys)
            case AwaitKey(seconds):
                return await self._await_key(seconds)
        return ""

    async def send(self, command: bytes) -> None:
        """Have Asterisk carry out a command that asks for no key; raises as `perform`."""
        await self._do(command)

    async def stop_music(self) -> None:
        """End the music of a wait that was cut short; raises as `perform`."""
        if self._music:
            await self._do(MUSIC_OFF)
            self._music = False

    @property
    def is_lost(self) -> bool:
        """Whether the way to the telephone is gone, or was given up."""
        return bool(self._lost)

    def lose(self, why: str) -> None:
        """Give the line up: what is being performed fails, and the connection ends."""
        if not self._lost:
            self._lost = why
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(None)
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what Asterisk says."""
        try:
            event = self._replies.receive(data)
            while event is not None:
                self._take(event)
                event = self._replies.receive(b"")
        except RemoteProtocolError as error:
            self.lose(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        del exc  # a reset at the end is Asterisk's ordinary way to close
        self.lose("Asterisk ended the session")

    def _take(self, event: Result | Refused | HungUp) -> None:
        if isinstance(event, HungUp):
            self._gone.set()
            if self._reply is not None and not self._reply.done():
                self._reply.set_result(None)
        elif self._reply is not None and not self._reply.done():
            self._reply.set_result(event)

    async def _hold(self, how: Hold, seconds: float) -> None:
        if how is Hold.RINGING:
            await self._do(RING)
        elif how is Hold.MUSIC:
            self._music = True
            await self._do(MUSIC_ON)
        until = self._loop.time() + seconds
        while (left := until - self._loop.time()) > 0 and await self._await_key(left):
            pass  # that key is dropped
        await self.stop_music()

    async def _say(self, sounds: tuple[str, ...], *, heed_keys: bool) -> str:
        for sound in sounds:
            if code := await self._play(sound, heed_keys=heed_keys):
                return chr(code)
        while not heed_keys and await self._key(QUIET_S):
            pass
        return ""

    async def _play(self, sound: str, *, heed_keys: bool) -> int:
        try:
            return await self._do(play_sound(sound, heed_keys=heed_keys), SOUND_S)
        except LineLostError as error:
            if self.is_lost:
                raise
            self.lacks_sound = True
            raise LineLostError(f"Asterisk could not play {sound}") from error

    async def _await_key(self, seconds: float) -> str:
        while seconds > 0.0:
            step = min(seconds, LONGEST_STEP_S)
            if key := await self._key(step):
                return key
            seconds -= step
        return ""

    async def _key(self, seconds: float) -> str:
        code = await self._do(wait_for_key(ceil(seconds * 1000.0)), seconds)
        return chr(code) if code else ""

    async def _do(self, command: bytes, seconds: float = 0.0) -> int:
        """Send one command, which takes so long at most, and return its result."""
        if self._reply is not None:  # of a command whose `perform` was cancelled
            await self._await_reply(LONGEST_STEP_S + REPLY_S)
        self._check()
        self._reply = self._loop.create_future()
        self._replies.command_sent()
        self._transport.write(command)
        reply = await self._await_reply(seconds + REPLY_S)
        if isinstance(reply, Refused):
            if reply.code == _DEAD_CHANNEL:
                raise CallerGoneError("the channel is gone")
            raise LineLostError(f"Asterisk refused a command ({reply.code})")
        if reply.code < 0:
            await self._tell_gone_from_failed()
        return reply.code

    async def _await_reply(self, seconds: float) -> Result | Refused:
        reply = self._reply
        if reply is None:
            raise LineLostError("no reply is awaited")
        await asyncio.wait([reply], timeout=seconds)
        if not reply.done():
            self.lose("Asterisk did not reply in time")
        event = reply.result()
        if event is None:
            self._check()
            raise LineLostError("the reply never came")
        self._reply = None
        return event

    async def _tell_gone_from_failed(self) -> None:
        try:
            async with asyncio.timeout(HANGUP_S):
                await self._gone.wait()
        except TimeoutError:
            self._check()
            raise LineLostError("Asterisk could not carry out a command") from None
        self._check()

    def _check(self) -> None:
        if self._gone.is_set():
            raise CallerGoneError("the caller has hung up")
        if self._lost:
            raise LineLostError(self._lost)
