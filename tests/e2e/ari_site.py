"""An agent's ARI side in this process beside a real Asterisk, with callers on Local channels.

The near half of a Local channel is the challenged call, the far half presses the keys. Where the
dialplan sends a call after the captcha is logged by Asterisk, and read from there.
"""

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from screener.adapters.ari_client import AriClient
from screener.config.options import AriOptions
from screener.core.call import Facts
from screener.core.engine import Engine
from screener.core.outcome import Outcome
from screener.core.settings import (
    CaptchaSettings,
    Level,
    Mode,
    PolicySettings,
    Settings,
    Site,
    Thresholds,
)
from screener.lab.asterisk import Asterisk
from screener.service.challenging import Challenges
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from tests.builders import a_memory

APP = "screener"
ANSWER = "44"
PATIENCE_S = 60.0

DIALPLAN = """
[ari-test]
exten => _cX!,1,Set(SCREENER_ID=${EXTEN})
 same => n,Set(TIMEOUT(absolute)=60)
 same => n,Stasis(screener,${SCREENER_ID})
 same => n,Verbose(1,ari ${SCREENER_ID} got back-${STASISSTATUS}.)
 same => n,Hangup()
exten => _wX!,1,Set(SCREENER_ID=${EXTEN})
 same => n,Set(TIMEOUT(absolute)=4)
 same => n,Stasis(screener,${SCREENER_ID})
 same => n,Hangup()
exten => _hX!,1,Set(SCREENER_ID=${EXTEN})
 same => n,Set(CALLERID(name)=${FILE(${ASTETCDIR}/hostile,0,60)})
 same => n,Set(CALLERID(num)=${FILE(${ASTETCDIR}/hostile,0,60)})
 same => n,Stasis(screener,${SCREENER_ID})
 same => n,Hangup()
exten => T,1,Verbose(1,ari ${SCREENER_ID} got watchdog.)
 same => n,Wait(1)
 same => n,Hangup()
[ari-back]
exten => _[a-z][a-z]!,1,Verbose(1,ari ${SCREENER_ID} got ${EXTEN}.)
 same => n,Hangup()
[ari-keys]
exten => right,1,Wait(4.5)
 same => n,SendDTMF(44,150)
 same => n,Wait(60)
exten => later,1,Wait(7.5)
 same => n,SendDTMF(44,150)
 same => n,Wait(60)
exten => none,1,Wait(60)
"""

QUICK = CaptchaSettings(
    hold_for=0.0, key_wait=2.0, places=1_000, places_per_number=1_000, share_of_channels=1.0
)


def ask_everybody(captcha: CaptchaSettings) -> Settings:
    always = {level: Thresholds(-1_000.0, 1_000.0) for level in Level}
    return Settings(
        mode=Mode.ENFORCE,
        captcha=captcha,
        policy=PolicySettings(thresholds=always),
        site=Site(channels=100_000),
    )


@dataclass
class Agent:
    """What an agent has of captchas, with calls of its own making."""

    asterisk: Asterisk
    captcha: CaptchaSettings = QUICK
    url: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    ids: Callable[[], str] = field(default_factory=lambda: next_id)

    def __post_init__(self) -> None:
        engine = Engine(ask_everybody(self.captcha), a_memory())
        self.service = ScreeningService(
            engine,
            time.time,  # noqa: TID251 - a whole agent reads the clock
            Tally(),
            outcome_sinks=[self._note],
            new_id=self.ids,
        )
        self.challenges = Challenges(self.service, pick=lambda below: min(4, below - 1))
        self.client = self.new_client()

    def new_client(self) -> AriClient:
        options = AriOptions(
            url=self.url or self.asterisk.ari_url,
            secret_file=str(self.asterisk.ari_secret_file),
            app=APP,
        )
        return AriClient(options, self.challenges, lambda: self.service.engine.settings.captcha)

    def challenge(self) -> str:
        """Screen a call; return its id, whose captcha is open now."""
        said = self.service.screen(Facts(number="+16515550142"))
        assert said["SCREENER_VERDICT"] == "challenge", said
        return said["SCREENER_ID"]

    async def call(self, keys: str, prefix: str = "") -> str:
        """Place a challenged call whose far half does as `keys` has it."""
        call_id = self.challenge()
        await self.dial(call_id, keys, prefix)
        return call_id

    async def dial(self, call_id: str, keys: str, prefix: str = "") -> None:
        await rx(
            self.asterisk,
            f"channel originate Local/{prefix or call_id}@ari-test/n extension {keys}@ari-keys",
        )

    def _note(self, call_id: str, outcome: Outcome, /) -> None:
        self.outcomes[call_id] = outcome.event.value


_ids = itertools.count(1)


def next_id() -> str:
    return f"c{next(_ids)}"


async def rx(asterisk: Asterisk, command: str) -> str:
    return await asyncio.to_thread(asterisk.rx, command)


async def until(met: Callable[[], bool], limit_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(limit_s):
        while not met():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.02)


def ends(asterisk: Asterisk) -> dict[str, list[str]]:
    """Return where the dialplan went on with each call, as often as it did."""
    found: dict[str, list[str]] = {}
    text = asterisk.log.read_text(errors="replace")
    for call_id, end in re.findall(r"ari (\w+) got ([\w-]+)\.", text):
        found.setdefault(call_id, []).append(end)
    return found


async def end_of(asterisk: Asterisk, call_id: str, limit_s: float = PATIENCE_S) -> str:
    """Wait until a call has gone on; return where to."""
    await until(lambda: call_id in ends(asterisk), limit_s)
    (end,) = ends(asterisk)[call_id]
    return end


@asynccontextmanager
async def running(agent: Agent, *, up: bool = True) -> AsyncIterator[AriClient]:
    """Run the agent's client; it is up when the block begins."""
    client = agent.client
    task = asyncio.get_running_loop().create_task(client.run())
    try:
        if up:
            await until(lambda: client.is_up)
        yield client
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=PATIENCE_S)
