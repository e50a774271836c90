"""Captchas over ARI: keeps a link to Asterisk up until cancelled, and comes back by itself.

Nothing here raises into the agent or makes it wait: while the link is down, `is_up` says so and
calls are asked in another way. What is done with each call is left to `ari_calls`.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from screener.adapters.ari_calls import AriCalls
from screener.adapters.ari_link import AriLink, AriStatusError
from screener.adapters.ari_prompts import missing_sounds
from screener.adapters.secret_file import read_secret
from screener.config.options import AriOptions
from screener.core.settings import CaptchaSettings
from screener.errors import LineLostError, ScreenerError
from screener.ports import Asking
from screener.protocol import ari_requests
from screener.protocol.ari import Replaced, read_sounds

log = logging.getLogger("screener.ari")

FIRST_PAUSE_S = 0.5
LINK_PAUSE_S = 4.0
REFUSED_PAUSE_S = 30.0
"""The longest pause before a new attempt: the first, after a lost link, after what a person must
mend. Another agent that took the application's name is left alone for the last at least."""

SOUNDS_EVERY_S = 60.0
"""How often to look again for sounds while some are missing."""

CLOSE_S = 1.5
"""For releasing all calls when the agent ends."""

MOST_TOLD = 20
"""Missing sounds named in one line of the log."""

_REFUSALS = {
    401: "the login was refused: compare user and password with ari.conf",
    403: "the user may only read (read_only = no is needed)",
    404: "there is no ARI (http.conf, ari.conf, res_ari)",
}


_PARTS = ("channels", "playbacks")
"""Modules of Asterisk's own that may lack; each call would then look like one that hung up."""


class RefusedError(ScreenerError):
    """Something that a person must mend: trying again at once would be of no use."""


class ReplacedError(ScreenerError):
    """Somebody else registered under the application's name."""


class Fault(NamedTuple):
    """What ended a link, and the least and the longest pause that this deserves, seconds."""

    why: str
    least: float
    most: float


class AriClient:
    """Keeps the application registered and its calls attended to."""

    def __init__(
        self,
        options: AriOptions,
        asking: Asking,
        captcha: Callable[[], CaptchaSettings],
        *,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._options = options
        self._captcha = captcha
        self._rest = rest
        self._chance = chance
        self._calls = AriCalls(asking, options.app)
        self._link: AriLink | None = None
        self._ready = False
        self._sounds: Mapping[str, frozenset[str]] | None = None
        self._checked: tuple[CaptchaSettings, Mapping[str, frozenset[str]]] | None = None
        self._missing: tuple[str, ...] = ()
        self._missing_told: tuple[str, ...] = ()
        self._why = ""
        self._links = 0
        self._failures = 0
        self._misshaped = 0
        self._closing = False

    @property
    def is_up(self) -> bool:
        """Whether a call that is sent to the application now would be attended to."""
        return self._ready and not self._closing

    @property
    def missing_sounds(self) -> tuple[str, ...]:
        """What captchas may need and Asterisk lacks, as `language:sound`.

        Empty as long as no link has told; stays known when the link is lost.
        """
        captcha, sounds, checked = self._captcha(), self._sounds, self._checked
        if sounds is not None and not (checked and checked[0] is captcha and checked[1] is sounds):
            self._missing = missing_sounds(captcha, sounds)
            self._checked = captcha, sounds
        return self._missing

    def snapshot(self) -> dict[str, object]:
        """Return, for the status, the link's state and what became of calls."""
        state = "up" if self.is_up else "down" if self._options.url else "off"
        return {
            "state": state,
            "why": "" if self.is_up else self._why,
            "asking": len(self._calls),
            "reclaimed": self._calls.reclaimed,
            "released": self._calls.released,
            "reconnects": max(self._links - 1, 0),
            "misshaped": self._misshaped,
            "missing_sounds": list(self.missing_sounds),
        }

    async def run(self) -> None:
        """Attend to calls, and after any fault begin anew; ends by cancelling or `close`."""
        while self._options.url and not self._closing:
            fault = await self._attend_until_fault()
            if not self._closing:
                self._down(fault.why)
                await self._rest(self._pause(fault))

    async def close(self) -> None:
        """Release every call into the dialplan and end the link; takes 3 s at most."""
        self._closing = True
        await self._calls.release(CLOSE_S)
        if self._link is not None:
            await self._link.close()

    async def _attend_until_fault(self) -> Fault:
        refused = 1.0, REFUSED_PAUSE_S
        lost = 0.0, LINK_PAUSE_S
        try:
            await self._attend_over_link()
        except TimeoutError:
            return Fault("Asterisk did not answer in time", *lost)
        except RefusedError as error:
            return Fault(str(error), *refused)
        except ReplacedError as error:
            return Fault(str(error), REFUSED_PAUSE_S, 2 * REFUSED_PAUSE_S)
        except ScreenerError as error:
            return Fault(str(error), *lost)
        except OSError as error:
            return Fault(error.strerror or type(error).__name__, *lost)
        except Exception as error:  # noqa: BLE001 - whatever it is, calls go on and so must this
            return Fault(f"a fault of ours ({type(error).__name__})", *refused)

    async def _attend_over_link(self) -> NoReturn:
        """Attend to calls over one connection; raises what ends it."""
        link = self._link = await self._open_link()
        looking: asyncio.Task[None] | None = None
        try:
            if self._closing:
                raise LineLostError("the agent ends")
            await self._register(link)
            await self._calls.take_up(link)
            await self._look_for_sounds(link)
            self._up()
            looking = asyncio.get_running_loop().create_task(self._keep_looking(link))
            while True:
                event = await link.receive()
                if isinstance(event, Replaced):
                    raise ReplacedError("another agent registered under the same name")
                if event is not None:
                    self._calls.take(event, link)
        finally:
            self._link, self._ready = None, False
            if looking is not None:
                looking.cancel()
            self._misshaped += link.misshaped
            link.shut()
            self._calls.lose("the link to Asterisk is gone")
            await link.close()
            await self._calls.settle()

    async def _open_link(self) -> AriLink:
        options = self._options
        try:
            secret = await asyncio.to_thread(read_secret, Path(options.secret_file))
        except ScreenerError as error:
            raise RefusedError(str(error)) from error
        try:
            return await AriLink.open(options.url, options.user, secret, options.app)
        except ssl.CertificateError as error:
            raise RefusedError("its certificate is not to be trusted") from error
        except AriStatusError as error:
            raise RefusedError(_REFUSALS.get(error.status) or str(error)) from error

    async def _register(self, link: AriLink) -> None:
        try:
            await link.request(ari_requests.ask_events(self._options.app))
        except AriStatusError as error:
            raise RefusedError(_REFUSALS.get(error.status) or str(error)) from error
        for part in _PARTS:
            try:
                await link.request(ari_requests.look_for(part))
            except AriStatusError as error:
                raise RefusedError(
                    f"Asterisk lacks res_ari_{part} (module show like ari)"
                ) from error

    async def _look_for_sounds(self, link: AriLink) -> None:
        try:
            self._sounds = read_sounds(await link.request(ari_requests.list_sounds()))
        except AriStatusError:  # 404: there are none at all
            self._sounds = {}
        missing = self.missing_sounds
        if missing and missing != self._missing_told:
            log.error("PROMPTS-MISSING %s", " ".join(missing[:MOST_TOLD]))
        self._missing_told = missing

    async def _keep_looking(self, link: AriLink) -> None:
        """Notice that sounds which were missing have been put there."""
        while True:
            await asyncio.sleep(SOUNDS_EVERY_S)
            if self.missing_sounds:
                with suppress(ScreenerError):
                    await self._look_for_sounds(link)

    def _pause(self, fault: Fault) -> float:
        """Return how long to wait, seconds: 0.5, 1, 2 ... at most, spread by chance."""
        longest = min(FIRST_PAUSE_S * 2.0 ** min(self._failures, 10), fault.most)
        self._failures += 1
        chance = self._chance()
        return max(longest * (0.5 + 0.5 * chance), fault.least * (1 + 0.2 * chance))

    def _up(self) -> None:
        self._ready = True
        self._links += 1
        self._failures = 0
        self._why = ""
        log.info("ARI-UP %s app=%s", self._options.url, self._options.app)

    def _down(self, why: str) -> None:
        if self._why != why:
            log.warning("ARI-DOWN %s: %s", self._options.url, why)
        self._why = why
