"""One challenged caller's line over ARI: the `Line` port for one channel.

Commands become requests; what the channel's events tell comes in by `press`, `played` and `end`,
in the order in which Asterisk sent it. A command may be cancelled at any wait: what it left
sounding is ended before anything else is done. What is asked is left to `service.challenging`,
which channel an event is of to `ari_client`.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from screener.adapters.ari_link import AriLink, AriStatusError
from screener.core.captcha_flow import Answer, AwaitKey, Command, Ending, Say, Wait
from screener.core.settings import Hold
from screener.errors import CallerGoneError, LineLostError, ScreenerError
from screener.protocol import ari_requests as ari
from screener.protocol.ari_requests import Request

CONTEXT = "screener-captcha"
"""Where in the dialplan a call goes on: its extensions are the endings."""

STOPPING_S = 1.0
"""For Asterisk to say that a playback which was stopped is over (0.7 ms, measured), seconds."""

HANGUP_S = 0.5
"""After a failed playback, for the event that tells a caller who is gone from a missing sound."""

KEYS_KEPT = 32
"""Keys that wait for being asked for: many more than any answer has."""

_GONE = frozenset({404, 409})
_HOLDS: dict[Hold, tuple[Callable[[str], Request], Callable[[str], Request]]] = {
    Hold.MUSIC: (ari.music, ari.stop_music),
    Hold.RINGING: (ari.ring, ari.stop_ring),
}


class AriLine:
    """The line of one channel over one link."""

    def __init__(self, link: AriLink, channel: str) -> None:
        self.link = link
        self._channel = channel
        self._playback = f"screener-{channel}"
        self._keys: deque[str] = deque(maxlen=KEYS_KEPT)
        self._listening = False
        self._playing = False
        self._play_failed = False
        self._silencing: list[Request] = []
        self._ended: ScreenerError | None = None
        self._stirred = asyncio.Event()

    def press(self, key: str) -> None:
        """Take a key that the caller pressed."""
        if self._listening and len(self._keys) < KEYS_KEPT:
            self._keys.append(key)
            self._stirred.set()

    def played(self, playback: str, *, failed: bool) -> None:
        """Take that a playback is over."""
        if playback == self._playback:
            self._playing, self._play_failed = False, failed
            self._listening = True
            self._stirred.set()

    def end(self, why: ScreenerError) -> None:
        """Take that nothing more can be done on this line; the first reason counts."""
        self._ended = self._ended or why
        self._stirred.set()

    async def perform(self, command: Command) -> str:
        """Carry out one command; return the keys that it heeds.

        Raises:
            CallerGoneError: The caller has hung up.
            LineLostError: The link is gone, a request is not answered, or a prompt not played.
        """
        await self._hush()
        match command:
            case Answer():
                await self._do(ari.answer(self._channel))
            case Wait(how, seconds):
                await self._wait(how, seconds)
            case Say(sounds, heed_keys):
                return await self._say(sounds, heed_keys=heed_keys)
            case AwaitKey(seconds):
                return await self._next_key(seconds)
        return ""

    async def quiet(self) -> None:
        """End whatever sounds on a channel that was another line's before; raises as `perform`."""
        self._playing = True
        self._silencing = [
            ari.stop_playing(self._playback),
            ari.stop_music(self._channel),
            ari.stop_ring(self._channel),
        ]
        await self._hush()

    async def leave(self, ending: Ending) -> None:
        """Send the call back into the dialplan, to the extension of that ending.

        Raises as `perform`, whatever the line was ended with before: the channel may be there.
        """
        self._ended = None
        await self._hush()
        await self._do(ari.leave(self._channel, CONTEXT, ending.value))

    async def _wait(self, how: Hold, seconds: float) -> None:
        self._forget_keys()
        if seconds <= 0:
            return
        if how in _HOLDS:
            start, stop = _HOLDS[how]
            self._silencing = [stop(self._channel)]
            await self._do(start(self._channel))
        await self._until(lambda: False, seconds)
        await self._hush()

    async def _say(self, sounds: tuple[str, ...], *, heed_keys: bool) -> str:
        self._forget_keys()
        self._listening = heed_keys
        self._playing, self._play_failed = True, False
        self._silencing = [ari.stop_playing(self._playback)]
        await self._do(ari.play(self._channel, self._playback, sounds))
        await self._until(lambda: not self._playing or bool(self._keys))
        if not self._playing:
            self._silencing = []
        if self._play_failed:
            await self._until(lambda: False, HANGUP_S)  # raises, where the caller hung up
            raise LineLostError("a prompt could not be played")
        await self._hush()
        return self._keys.popleft() if heed_keys and self._keys else ""

    async def _next_key(self, seconds: float) -> str:
        await self._until(lambda: bool(self._keys), seconds)
        return self._keys.popleft() if self._keys else ""

    def _forget_keys(self) -> None:
        self._keys.clear()
        self._listening = False

    async def _hush(self) -> None:
        """End what a command left sounding, such as one that was cancelled."""
        if not self._silencing:
            return
        for request in tuple(self._silencing):
            found = await self._do(request, absent_is_fine=request.method == "DELETE")
            if request.target.startswith("/ari/playbacks/") and found:
                await self._until(lambda: not self._playing, STOPPING_S)
        self._silencing, self._playing = [], False

    async def _do(self, request: Request, *, absent_is_fine: bool = False) -> bool:
        """Send a request; return whether there was what it is about."""
        self._check()
        try:
            await self.link.request(request)
        except AriStatusError as error:
            if absent_is_fine and error.status in _GONE:
                return False
            if error.status in _GONE:
                raise CallerGoneError("the channel is gone") from error
            raise LineLostError(str(error)) from error
        return True

    async def _until(self, met: Callable[[], bool], seconds: float | None = None) -> None:
        """Wait until something is met, or for so long; raises what ended the line."""
        try:
            async with asyncio.timeout(seconds):
                while not met():
                    self._check()
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            return

    def _check(self) -> None:
        if self._ended is not None:
            raise self._ended
