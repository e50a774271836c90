"""Captchas over AGI on the real Asterisk: what becomes of a call when the agent fails or is fooled.

How each dialogue goes is left to `test_captcha_dialogues`.
"""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from screener.core.captcha_flow import Ending
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.sipp import Load, Sipp
from screener.protocol.agi_command import BEGIN_ASKING
from tests.e2e.asked_site import asking, scene
from tests.e2e.asterisk_log import logged
from tests.e2e.captcha_dialogues import STAYS, Dialogue, press
from tests.e2e.scripted_agent import ScriptedAgent, is_silent

pytestmark = pytest.mark.e2e

FORGERS = """
[from-trunk](+)
; The last digits make the call's id, before any that a hostile caller writes.
exten => _75XX!,1,MSet(SCREENER_LANE=agi,SCREENER_LIMIT=5,SCREENER_PASS_PRIO=7,SCREENER_PRIO=3)
 same => n,MSet(SCREENER_ID=hostile-${EXTEN:2:2},SCREENER_CAPTCHA=47,SCREENER_VERDICT=challenge)
 same => n,Gosub(screener-captcha,s,1)
 same => n,Verbose(1,captcha ${SCREENER_ID} got ${GOSUB_RETVAL} prio ${SCREENER_PRIO} left 200)
 same => n,Hangup()
"""

FAULTS = {
    "agi killed": Dialogue((*press("4", 4.5), *STAYS), Ending.LOST),
    "agi stopped": Dialogue(STAYS, Ending.LOST),
    "agi stalled": Dialogue(STAYS, Ending.LOST),
    "ari no app": Dialogue((*press("47", 5.5), *STAYS), Ending.PASSED),
    "agi away": Dialogue((*press("47", 5.5), *STAYS), Ending.PASSED),
    "agi hung": Dialogue((*press("47", 7.5), *STAYS), Ending.PASSED),
    "agi unknown": Dialogue((*press("47", 5.5), *STAYS), Ending.PASSED),
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
"""Each breaks the environment of the captcha's request; nobody may pass unasked.

The last one names its own call, which no caller but this one can know.
"""


@pytest.fixture(scope="module")
def captcha_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    with asking(lab_root, lab_folder / "agi-captcha", FAULTS, FORGERS) as running:
        yield running


async def test_an_agent_that_ends_in_the_middle_loses_no_call(captcha_asterisk: Asterisk) -> None:
    async with scene(captcha_asterisk, FAULTS) as one:
        await one.call("agi killed")
        await one.until(lambda: "agi-killed" in one.inside.lines)
        await asyncio.sleep(1.5)
        for line in one.server.captchas._lines.values():
            line._transport.abort()
        await one.until(lambda: "agi-killed" in one.results())
        await one.call("agi stopped")
        await one.until(lambda: "agi-stopped" in one.inside.lines)
    await one.until(lambda: "agi-stopped" in one.results())

    assert one.inside.endings == {"agi-killed": Ending.LOST, "agi-stopped": Ending.LOST}
    assert one.inside.given_up == {"agi-killed", "agi-stopped"}
    assert [one.results()[name] for name in ("agi-killed", "agi-stopped")] == [("lost", 3)] * 2


def test_an_agent_that_stalls_in_the_middle_is_left_by_the_watchdog(
    captcha_asterisk: Asterisk,
) -> None:
    port = captcha_asterisk.ports.agent
    with ScriptedAgent(port) as agent:

        def stall(peer: socket.socket) -> None:
            del agent.acts[""]  # whoever comes next only wants to tell an outcome
            peer.sendall(BEGIN_ASKING)
            is_silent(peer)

        agent.acts[""] = stall
        name = "agi-stalled"
        captcha_asterisk.rx(f"channel originate Local/{name}@asked/n extension {name}@callers")
        logged(captcha_asterisk, "captcha agi-stalled got lost prio 3")


async def test_where_the_stasis_application_is_not_there_the_agent_asks_over_agi(
    captcha_asterisk: Asterisk,
) -> None:
    async with scene(captcha_asterisk, FAULTS) as one:
        await one.call("ari no app")
        await one.until(lambda: "ari-no-app" in one.results())

    assert one.inside.endings == {"ari-no-app": Ending.PASSED}
    assert one.results()["ari-no-app"] == ("passed", 7)


async def test_where_nobody_asks_the_dialplan_does(captcha_asterisk: Asterisk) -> None:
    """The port is closed, or open with nobody behind it, or its agent knows nothing of the call."""
    port = captcha_asterisk.ports.agent
    async with scene(captcha_asterisk, {}) as one:
        await one.call("agi unknown")
        await asyncio.sleep(0.5)
    await one.call("agi away")
    await asyncio.sleep(0.5)
    with socket.create_server(("127.0.0.1", port)):
        await one.call("agi hung")
        await one.until(lambda: {"agi-away", "agi-hung", "agi-unknown"} <= one.results().keys())

    for name in ("agi-away", "agi-hung", "agi-unknown"):
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
