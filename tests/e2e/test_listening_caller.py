"""Real SIP calls whose callers listen to the captcha, and press what they heard.

The captcha is the dialplan's own, with the stock prompts of the lab's Asterisk; the sound goes
over real RTP to the listener in this process. This is how the lab's people pass; a bot made for
the purpose would pass just so.
"""

import asyncio
import random
import re
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.ear import Templates
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK, free_ports
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp

pytestmark = pytest.mark.e2e

CALLS = 20

SITE = """
[from-trunk](+)
exten => _74XX,1,Set(SCREENER_CAPTCHA=${EXTEN:2})
 same => n,Gosub(screener-captcha,s,1)
 same => n,Verbose(1,caller ${EXTEN} has ${GOSUB_RETVAL})
 same => n,Hangup()
"""
"""A caller who dials 7447 is asked for 47."""

CALLER = """<?xml version="1.0" encoding="us-ascii"?>
<!-- Fields: number, called number, port that the caller's sound is wanted at. Waits for BYE. -->
<scenario name="listening caller">
  <send retrans="500"><![CDATA[
      INVITE sip:[field1]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      To: <sip:[field1]@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:caller@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=caller 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [local_ip]
      t=0 0
      m=audio [field2] RTP/AVP 0 101
      a=rtpmap:0 PCMU/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
      a=sendrecv
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      [last_To:]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <recv request="BYE"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
</scenario>
"""


@pytest.fixture(scope="module")
def captcha_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    settings = LabSettings(extra={"extensions.conf": SITE})
    with Asterisk(lab_root, lab_folder / "captcha", settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def templates(lab_root: LabRoot, captcha_asterisk: Asterisk) -> Templates:
    """Let Asterisk itself convert its prompts, as the lab does."""
    folder = captcha_asterisk.folder / "prompts"
    folder.mkdir()
    for command in Templates.conversions(lab_root.data / "sounds/en", folder):
        captcha_asterisk.rx(command)
    return Templates.load(folder)


class Callers:
    """Calls with random codes, all up at once, and what the dialplan said of each."""

    def __init__(self, root: LabRoot, asterisk: Asterisk, folder: Path) -> None:
        self._root = root
        self._asterisk = asterisk
        self._folder = folder

    def call(self, media_port: int, seed: int, calls: int = CALLS) -> Counter[str]:
        rng = random.Random(seed)  # noqa: S311 - the same codes each time, no secret
        rows = [
            (f"+1218555{n:04}", f"74{rng.randrange(100):02}", str(media_port)) for n in range(calls)
        ]
        folder = self._folder / f"calls-{seed}"
        folder.mkdir()
        scenario = folder / "caller.xml"
        scenario.write_text(CALLER)
        load = Load(calls, 10.0, rows, limit_s=60.0, at_once=20)
        read = self._asterisk.log.stat().st_size
        with Sipp(self._root, folder, str(scenario), load, target=self._asterisk.ports.sip) as sipp:
            counts = sipp.wait()
        assert (counts.successful, counts.failed) == (calls, 0)
        log = self._asterisk.log.read_text()[read:]
        said = re.findall(r"caller (\d+) has (\w+)", log)
        assert sorted(called for called, _ in said) == sorted(row[1] for row in rows)
        return Counter(result for _, result in said)


@pytest.fixture
def callers(lab_root: LabRoot, captcha_asterisk: Asterisk, tmp_path: Path) -> Callers:
    return Callers(lab_root, captcha_asterisk, tmp_path)


async def test_callers_who_listen_all_pass(callers: Callers, templates: Templates) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    rng = random.Random(2016)  # noqa: S311 - the same people each time, no secret
    async with Listener(LOOPBACK, [0], templates, rng=rng) as listener:
        results = await asyncio.to_thread(callers.call, listener.ports[0], 1)
    used = resource.getrusage(resource.RUSAGE_SELF)
    assert results == {"passed": CALLS}
    assert listener.heard.prompts == CALLS
    assert listener.heard.pressed == 2 * CALLS
    assert (listener.heard.misheard, listener.heard.refused) == (0, 0)
    seconds = used.ru_utime - before.ru_utime + used.ru_stime - before.ru_stime
    # Measured: 0.02 s a prompt; ten times that would not keep up with the lab's traffic.
    assert seconds / CALLS < 0.2


def test_deaf_callers_pass_none(callers: Callers) -> None:
    nobody = free_ports(1)[0]
    assert callers.call(nobody, 2) == {"silent": CALLS}
