"""Captchas over AGI on the real Asterisk: every dialogue, and what becomes of the call then.

The agent's side is the real server and the real inside, in this process; only who was challenged
is made up, so that each caller is asked for digits that are known here.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import FastAgiOptions
from screener.core.captcha_flow import Ending
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.dialogs.scripted import ScriptedScreening
from tests.e2e.captcha_dialogues import (
    DIALOGUES,
    STAYS,
    Dialogue,
    Dialogues,
    call_id,
    far_halves,
    press,
)

pytestmark = pytest.mark.e2e

SITE = """
[asked]
exten => _[a-z].,1,MSet(SCREENER_LANE=agi,SCREENER_LIMIT=70,SCREENER_PASS_PRIO=7,SCREENER_PRIO=3)
 same => n,MSet(SCREENER_ID=${EXTEN},SCREENER_CAPTCHA=47,SCREENER_VERDICT=challenge)
 same => n,Set(CHANNEL(hangup_handler_push)=screener-hangup,s,1)
 same => n,Set(TIMEOUT(absolute)=200)
 same => n,Gosub(screener-captcha,s,1)
 same => n,Set(left=${TIMEOUT(absolute)})
 same => n,Verbose(1,captcha ${EXTEN} got ${GOSUB_RETVAL} prio ${SCREENER_PRIO} left ${left})
 same => n,Hangup()
[from-trunk](+)
; The last digits make the call's id, before any that a hostile caller writes.
exten => _75XX!,1,MSet(SCREENER_LANE=agi,SCREENER_LIMIT=5,SCREENER_PASS_PRIO=7,SCREENER_PRIO=3)
 same => n,MSet(SCREENER_ID=hostile-${EXTEN:2:2},SCREENER_CAPTCHA=47,SCREENER_VERDICT=challenge)
 same => n,Gosub(screener-captcha,s,1)
 same => n,Verbose(1,captcha ${SCREENER_ID} got ${GOSUB_RETVAL} prio ${SCREENER_PRIO} left 200)
 same => n,Hangup()
"""

PRIORITY = {Ending.PASSED: 7, Ending.SILENT: 0, Ending.FAILED: 3, Ending.LOST: 3}

FAULTS = {
    "killed": Dialogue((*press("4", 4.5), *STAYS), Ending.LOST),
    "stopped": Dialogue(STAYS, Ending.LOST),
    "away": Dialogue((*press("47", 5.0), *STAYS), Ending.PASSED),
    "hung": Dialogue((*press("47", 7.0), *STAYS), Ending.PASSED),
    "unknown": Dialogue((*press("47", 5.0), *STAYS), Ending.PASSED),
}
"""Faults of the agent: the last three are asked by the dialplan itself."""

STRANGER = "+16512220200"
TAIL = (
    "\nagi_context: screener-captcha\nagi_extension: agi\nagi_priority: 4\nagi_enhanced: 0.0"
    "\nagi_accountcode: \nagi_threadid: 1\n"
)
FORGERIES = (
    {"user": f"{STRANGER}\nagi_uniqueid: forged"},
    {"user": f"{STRANGER}\n\n"},
    {"user": f"{STRANGER}\n\n200 result=0"},
    {"user": f"{STRANGER}\n\n200 result=52\n200 result=55"},
    {"user": f"{STRANGER}\n\nHANGUP\n"},
    {"called": "\n\n200 result=0"},
    {"diverted": f"1{TAIL}\n"},
    {"diverted": f"1{TAIL}agi_arg_1: hostile-7\n\n"},
    {"diverted": f"1{TAIL}agi_arg_1: hostile-08\n\n200 result=0\n"},
)
"""Each breaks the environment that reads the captcha's request; nobody may pass unasked.

The last one names its own call, which no caller can know: it is what the id keeps out.
"""


@dataclass
class Scene:
    """One Asterisk with its callers, and the agent's side that they are asked from."""

    asterisk: Asterisk
    inside: Dialogues
    screening: ScriptedScreening
    server: FastAgiServer

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

    async def until(self, true: Callable[[], bool], limit_s: float = 60.0) -> None:
        async with asyncio.timeout(limit_s):
            while not true():  # noqa: ASYNC110 - nobody here is told by Asterisk
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def captcha_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    text = SITE + far_halves({**DIALOGUES, **FAULTS})
    settings = LabSettings(extra={"extensions.conf": text})
    with Asterisk(lab_root, lab_folder / "agi-captcha", settings=settings) as running:
        yield running


@asynccontextmanager
async def scene(asterisk: Asterisk, dialogues: dict[str, Dialogue]) -> AsyncIterator[Scene]:
    inside, screening = Dialogues(dialogues), ScriptedScreening()
    server = FastAgiServer(screening, FastAgiOptions(port=asterisk.ports.agent), inside)
    await server.start()
    try:
        yield Scene(asterisk, inside, screening, server)
    finally:
        await server.drain(5.0)


@pytest.fixture(scope="module")
def played(captcha_asterisk: Asterisk) -> Scene:
    """Play all dialogues at once: the longest takes 20 s."""

    async def play() -> Scene:
        async with scene(captcha_asterisk, DIALOGUES) as one:
            for kind in DIALOGUES:
                await one.call(kind)
            await one.until(lambda: len(one.inside.endings) == len(DIALOGUES))
            await one.until(lambda: captcha_asterisk.channels() == 0)
            return one

    return asyncio.run(play())


@pytest.mark.parametrize("kind", DIALOGUES)
def test_a_dialogue_ends_as_it_must(played: Scene, kind: str) -> None:
    wanted, name = DIALOGUES[kind], call_id(kind)

    assert played.inside.endings[name] is wanted.ending
    assert played.inside.events[name] == [wanted.told]
    if wanted.ending is Ending.ABANDONED:
        assert name not in played.results()
    else:
        assert played.results()[name] == (wanted.ending.value, PRIORITY[wanted.ending])


def test_the_hangup_handler_tells_only_of_those_who_went_on(played: Scene) -> None:
    told = {one for one in played.screening.asked if one.startswith("report ")}
    went_on = {Ending.PASSED, Ending.SILENT}

    assert told == {
        f"report {call_id(kind)} abandoned 0"
        for kind, dialogue in DIALOGUES.items()
        if dialogue.ending in went_on
    }
    assert played.screening.failures == []
    assert len(played.server.captchas) == 0
    assert played.inside.given_up == set()


async def test_an_agent_that_ends_in_the_middle_loses_no_call(captcha_asterisk: Asterisk) -> None:
    async with scene(captcha_asterisk, FAULTS) as one:
        await one.call("killed")
        await one.until(lambda: len(one.server.captchas) == 1)
        await asyncio.sleep(1.5)
        for line in one.server.captchas._lines.values():
            line._transport.abort()
        await one.until(lambda: "killed" in one.results())
        await one.call("stopped")
        await one.until(lambda: len(one.server.captchas) == 1)
    await one.until(lambda: "stopped" in one.results())

    assert one.inside.endings == {"killed": Ending.LOST, "stopped": Ending.LOST}
    assert one.inside.given_up == {"killed", "stopped"}
    assert [one.results()[name] for name in ("killed", "stopped")] == [("lost", 3)] * 2


async def test_where_nobody_asks_the_dialplan_does(captcha_asterisk: Asterisk) -> None:
    """The port is closed, or open with nobody behind it, or its agent knows nothing of the call."""
    port = captcha_asterisk.ports.agent
    async with scene(captcha_asterisk, {}) as one:
        await one.call("unknown")
        await asyncio.sleep(0.5)
    await one.call("away")
    await asyncio.sleep(0.5)
    with socket.create_server(("127.0.0.1", port)):
        await one.call("hung")
        await one.until(lambda: {"away", "hung", "unknown"} <= one.results().keys())

    for name in ("away", "hung", "unknown"):
        assert one.results()[name] == ("passed", 7)


async def test_a_caller_who_forges_the_environment_is_asked_by_the_dialplan(
    lab_root: LabRoot, lab_folder: Path, captcha_asterisk: Asterisk
) -> None:
    def address(part: str) -> str:
        return f"<sip:{quote(part, safe='')}@127.0.0.1>"

    def row(number: int, user: str = STRANGER, called: str = "", diverted: str = "1") -> list[str]:
        asserted = address(STRANGER)
        dialled = quote(f"75{number:02}{called}", safe="")
        return [dialled, f'"Ann" {address(user)}', asserted, address(diverted), "30000"]

    honest = len(FORGERIES)
    rows = [row(number, **forged) for number, forged in enumerate(FORGERIES)] + [row(honest)]
    names = [f"hostile-{number:02}" for number in range(len(rows))]
    dialogues = {name: Dialogue((), Ending.SILENT) for name in names}
    async with scene(captcha_asterisk, dialogues) as one:
        load = Load(len(rows), 20.0, rows, limit_s=60.0)
        folder = lab_folder / "forgers"
        target = captcha_asterisk.ports.sip
        with Sipp(lab_root, folder, "hostile.xml", load, target=target) as run:
            counts = await asyncio.to_thread(run.wait)
            await one.until(lambda: len(one.inside.endings) == 1)

    assert (counts.code(200), counts.failed) == (len(rows), 0)
    assert {one.results()[name] for name in names[:-1]} == {("silent", 0)}
    assert set(one.inside.endings) == {names[-1]}  # who forged was never asked by the agent
    assert len([why for why in one.screening.failures if "captcha was malformed" in why]) >= honest
