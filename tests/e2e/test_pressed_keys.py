"""Which keys a real Asterisk hears: as telephone events in the sound, and by SIP INFO.

The sample trunk has to take both, as callers' telephones send either. The dialplan here only
reads keys; what a captcha makes of them is tested elsewhere.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.ports import LOOPBACK
from screener.lab.presser import Press, Presser
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp

pytestmark = pytest.mark.e2e

CALLS = 5
STAYS_MS = 30_000

SITE = """
[from-trunk](+)
exten => _75XX,1,Answer()
 same => n,Playback(silence/1)
 same => n,Read(pressed,,4,,1,4)
 same => n,Verbose(1,caller ${CALLERID(num)} pressed [${pressed}])
 same => n,Hangup()
"""
"""Keys are read for four seconds after the last one, four at most; heard from the answer on."""


@pytest.fixture(scope="module")
def reading(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    settings = LabSettings(extra={"extensions.conf": SITE})
    with Asterisk(lab_root, lab_folder / "keys", settings=settings) as running:
        yield running


def heard(asterisk: Asterisk, sipp: Sipp) -> Counter[str]:
    """Wait for the calls to end; return what Asterisk heard, and from how many."""
    read = asterisk.log.stat().st_size
    with sipp:
        counts = sipp.wait()
    assert (counts.received["BYE"], counts.failed) == (CALLS, 0)
    said = re.findall(
        r"caller \S+ pressed \[(.*)\]", asterisk.log.read_text(errors="replace")[read:]
    )
    assert len(said) == CALLS
    return Counter(said)


def numbers() -> list[str]:
    return [f"+1218555{n:04}" for n in range(CALLS)]


async def test_keys_in_the_sound_are_heard(
    lab_root: LabRoot, reading: Asterisk, tmp_path: Path
) -> None:
    rows = [(number, "", "7500", str(STAYS_MS)) for number in numbers()]
    script = [Press(2.5, "4"), Press(2.8, "7"), Press(3.4, "*", 200)]
    async with Presser(LOOPBACK, [script]) as presser:
        load = Load(CALLS, 10.0, rows, limit_s=30.0, media_port=presser.port)
        sipp = Sipp(lab_root, tmp_path, "caller.xml", load, target=reading.ports.sip)
        keys = await asyncio.to_thread(heard, reading, sipp)
        assert (presser.calls, presser.pressed) == (CALLS, 3 * CALLS)
    assert keys == {"47*": CALLS}


async def test_each_call_presses_its_own_script(
    lab_root: LabRoot, reading: Asterisk, tmp_path: Path
) -> None:
    rows = [(number, "", "7500", str(STAYS_MS)) for number in numbers()]
    scripts = [[Press(2.5, key)] for key in "12345"]
    async with Presser(LOOPBACK, scripts) as presser:
        load = Load(CALLS, 10.0, rows, limit_s=30.0, media_port=presser.port)
        sipp = Sipp(lab_root, tmp_path, "caller.xml", load, target=reading.ports.sip)
        keys = await asyncio.to_thread(heard, reading, sipp)
    assert keys == dict.fromkeys("12345", 1)


def test_keys_by_info_are_heard(lab_root: LabRoot, reading: Asterisk, tmp_path: Path) -> None:
    rows = [(number, "", "7500", "2500", "4", "300", "7", str(STAYS_MS)) for number in numbers()]
    load = Load(CALLS, 10.0, rows, limit_s=30.0)
    sipp = Sipp(lab_root, tmp_path, "info.xml", load, target=reading.ports.sip)
    assert heard(reading, sipp) == {"47": CALLS}
    assert sipp.counts().sent["INFO"] == CALLS
