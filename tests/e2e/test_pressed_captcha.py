"""Captchas answered by real telephones: keys as telephone events in the sound, and by SIP INFO.

Over AGI and over ARI, through the sample trunk. What keys a captcha takes at all is left to
`test_captcha_dialogues`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from screener.core.captcha_flow import Ending
from screener.lab.asterisk import Asterisk
from screener.lab.ports import LOOPBACK
from screener.lab.presser import Press, Presser
from screener.lab.root import LabRoot
from screener.lab.sipp import Counts, Load, Sipp
from tests.e2e.asked_site import PRIORITY, Scene, asking, scene
from tests.e2e.captcha_dialogues import PLAIN, WAYS, Dialogue, call_id

pytestmark = pytest.mark.e2e

ONE_TRY = replace(PLAIN, tries=1)
STAYS_MS = 30_000
APART_S = 0.4


class Pressed(NamedTuple):
    """Two keys, the first so many seconds after the answer, and how the captcha ends."""

    keys: str
    after_s: float
    ending: Ending


KINDS = {
    "right": Pressed("47", 5.0, Ending.PASSED),
    "wrong": Pressed("48", 5.0, Ending.FAILED),
    "early": Pressed("47", 1.0, Ending.SILENT),
}
"""The prompt is spoken until 3.6 s after the answer; 6 s more are left to press the first key."""

TELEPHONES = ("sound", "info")

CALLED = {
    f"{way} {telephone} {kind}": f"76{place}{number}{of_way}"
    for of_way, way in enumerate(WAYS)
    for place, telephone in enumerate(TELEPHONES)
    for number, kind in enumerate(KINDS)
}
"""The number that each call dials, by its name."""

SITE = "[from-trunk](+)\n" + "".join(
    f"exten => {number},1,Goto(asked,{call_id(name)},1)\n" for name, number in CALLED.items()
)


class Telephones:
    """Places all calls, with a SIPp for each script of keys in the sound, and one for INFO."""

    def __init__(self, root: LabRoot, folder: Path, asterisk: Asterisk) -> None:
        self._root = root
        self._folder = folder
        self._asterisk = asterisk

    async def call_all(self) -> None:
        async with AsyncExitStack() as open_ones, asyncio.TaskGroup() as group:
            group.create_task(self._by_info())
            for kind, (keys, after_s, _) in KINDS.items():
                script = [Press(after_s + APART_S * place, key) for place, key in enumerate(keys)]
                presser = await open_ones.enter_async_context(Presser(LOOPBACK, [script]))
                group.create_task(self._in_the_sound(kind, presser))

    async def _in_the_sound(self, kind: str, presser: Presser) -> None:
        rows = [self._row(way, "sound", kind, str(STAYS_MS)) for way in WAYS]
        await self._run("caller.xml", rows, f"sound-{kind}", presser.port)
        assert (presser.calls, presser.pressed) == (len(WAYS), 2 * len(WAYS))

    async def _by_info(self) -> None:
        rows = []
        for way in WAYS:
            for kind, (keys, after_s, _) in KINDS.items():
                times = str(round(1000 * after_s)), str(round(1000 * APART_S)), str(STAYS_MS)
                pressed = times[0], keys[0], times[1], keys[1], times[2]
                rows.append(self._row(way, "info", kind, *pressed))
        counts = await self._run("info.xml", rows, "info", 0)
        assert counts.sent["INFO"] == len(rows)

    def _row(self, way: str, telephone: str, kind: str, *more: str) -> tuple[str, ...]:
        return ("+12185550142", "", CALLED[f"{way} {telephone} {kind}"], *more)

    async def _run(
        self, scenario: str, rows: list[tuple[str, ...]], name: str, media_port: int
    ) -> Counts:
        load = Load(len(rows), 10.0, rows, limit_s=40.0, media_port=media_port)
        target = self._asterisk.ports.sip
        with Sipp(self._root, self._folder / name, scenario, load, target=target) as run:
            counts = await asyncio.to_thread(run.wait)
        assert (counts.received["BYE"], counts.failed) == (len(rows), 0)
        return counts


@pytest.fixture(scope="module")
def pressed(lab_root: LabRoot, lab_folder: Path) -> Iterator[Scene]:
    """Place all calls at once: the longest takes 10 s."""
    folder = lab_folder / "pressed"
    dialogues = {name: Dialogue((), KINDS[name.split()[2]].ending, ONE_TRY) for name in CALLED}

    async def play(asterisk: Asterisk) -> Scene:
        async with scene(asterisk, dialogues, ari=True) as one:
            await Telephones(lab_root, folder / "calls", asterisk).call_all()
            await one.until(lambda: asterisk.channels() == 0)
            return one

    with asking(lab_root, folder / "asterisk", {}, SITE) as asterisk:
        yield asyncio.run(play(asterisk))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("telephone", TELEPHONES)
@pytest.mark.parametrize("kind", KINDS)
def test_keys_pressed_on_a_telephone_end_the_captcha(
    pressed: Scene, kind: str, telephone: str, way: str
) -> None:
    name, ending = call_id(f"{way} {telephone} {kind}"), KINDS[kind].ending

    assert pressed.inside.endings[name] is ending
    assert pressed.results()[name] == (ending.value, PRIORITY[ending])
