"""A site where callers are asked for known digits over AGI or ARI, through the real dialplan.

The agent's side is the real server, the real ARI client and the real inside, in this process;
only who was challenged is made up. A call's id begins with the way that it is asked over.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from screener.adapters.ari_client import AriClient
from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import FastAgiOptions
from screener.config.options import AriOptions
from screener.core.captcha_flow import Ending
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from tests.dialogs.scripted import ScriptedScreening
from tests.e2e.captcha_dialogues import PLAIN, Dialogue, Dialogues, call_id, far_halves

APP = "screener"

SITE = f"""
[asked]
exten => _[a-z].,1,MSet(SCREENER_LANE=${{CUT(EXTEN,-,1)}},SCREENER_APP={APP},SCREENER_LIMIT=70)
 same => n,ExecIf($["${{EXTEN}}" = "agi-stalled"]?Set(SCREENER_LIMIT=3))
 same => n,MSet(SCREENER_PASS_PRIO=7,SCREENER_PRIO=3,SCREENER_CAPTCHA=47)
 same => n,MSet(SCREENER_ID=${{EXTEN}},SCREENER_VERDICT=challenge)
 same => n,Set(CHANNEL(hangup_handler_push)=screener-hangup,s,1)
 same => n,Set(TIMEOUT(absolute)=200)
 same => n,Gosub(screener-captcha,s,1)
 same => n,Set(had=prio ${{SCREENER_PRIO}} left ${{TIMEOUT(absolute)}})
 same => n,Verbose(1,captcha ${{EXTEN}} got ${{GOSUB_RETVAL}} ${{had}})
 same => n,Hangup()
"""

PRIORITY = {Ending.PASSED: 7, Ending.SILENT: 0, Ending.FAILED: 3, Ending.LOST: 3}
"""What the site's dialplan makes of an ending."""


@dataclass
class Scene:
    """One Asterisk with its callers, and the agent's side that they are asked from."""

    asterisk: Asterisk
    inside: Dialogues
    screening: ScriptedScreening
    server: FastAgiServer
    client: AriClient

    async def rx(self, command: str) -> str:
        return await asyncio.to_thread(self.asterisk.rx, command)

    async def call(self, kind: str) -> None:
        name = call_id(kind)
        await self.rx(f"channel originate Local/{name}@asked/n extension {name}@callers")

    def results(self) -> dict[str, tuple[str, int]]:
        """Return what the dialplan has of each call by now, and the priority that it gave."""
        log = self.asterisk.log.read_text(errors="replace")
        pattern = r"captcha ([\w-]+) got (\w+) prio (\d+) left (\d+)"
        found = re.findall(pattern, log)
        assert all(100 < int(left) <= 200 for *_, left in found), found
        return {name: (result, int(priority)) for name, result, priority, _ in found}

    async def until(self, true: Callable[[], bool], limit_s: float = 120.0) -> None:
        async with asyncio.timeout(limit_s):
            while not true():  # noqa: ASYNC110 - nobody here is told by Asterisk
                await asyncio.sleep(0.05)


def asking(
    root: LabRoot, folder: Path, dialogues: Mapping[str, Dialogue], extra: str = ""
) -> Asterisk:
    """Return an Asterisk, not started yet, with the far halves of these dialogues."""
    text = SITE + extra + far_halves(dialogues)
    settings = LabSettings(extra={"extensions.conf": text}, ari_secret=secrets.token_hex(24))
    return Asterisk(root, folder, settings=settings)


@asynccontextmanager
async def scene(
    asterisk: Asterisk, dialogues: Mapping[str, Dialogue], *, ari: bool = False
) -> AsyncIterator[Scene]:
    """Be the agent: over AGI, and over ARI where told so."""
    inside, screening = Dialogues(dialogues), ScriptedScreening()
    server = FastAgiServer(screening, FastAgiOptions(port=asterisk.ports.agent), inside)
    url, secret = asterisk.ari_url if ari else "", str(asterisk.ari_secret_file)
    client = AriClient(AriOptions(url=url, secret_file=secret, app=APP), inside, lambda: PLAIN)
    one = Scene(asterisk, inside, screening, server, client)
    await server.start()
    attending = asyncio.get_running_loop().create_task(client.run())
    try:
        if ari:
            await one.until(lambda: client.is_up)
        yield one
    finally:
        await asyncio.gather(server.drain(5.0), client.close())
        attending.cancel()
        await asyncio.wait([attending])
