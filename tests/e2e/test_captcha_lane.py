"""Whole calls through the captcha lane: a real agent, Asterisk, operators, and people who listen.

The people hear the prompt in the sound that Asterisk sends, and press what it asks for, as a bot
made for the purpose could. How every single dialogue goes is left to
`test_captcha_dialogues`; here it is what becomes of calls, over both ways to ask.
"""

import asyncio
import logging
import os
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.agent_process import over_ari
from screener.lab.asterisk import Asterisk
from screener.lab.ear import Templates
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.e2e.hostile_calls import CONTROL, FORGERIES, INERT, STRANGER, VIP, row
from tests.e2e.screened_site import STEADY, UNHURRIED, ScreenedSite, numbers, rows, until

pytestmark = pytest.mark.e2e

log = logging.getLogger("e2e.captcha_lane")

CALLERS = 20
CROWD = 200
NOBODY = 0
"""The media port of callers who hear nothing."""

EVERYBODY = (
    STEADY
    + """\
signals:
  new-caller: {points: 6}
captcha:
  kinds: [repeat, sum]
  places: 1000
"""
)
"""Whoever is new is challenged."""

WHOEVER = """\
  tries: 1
  key_wait: 2s
  places_per_number: 1000
  silent_places: 1000
policy:
  thresholds:
    calm: {challenge: -100, drop: 100}
    rising: {challenge: -100, drop: 100}
    full: {challenge: -100, drop: 100}
  malformed: challenge
"""
"""Whatever a caller says of itself, it is challenged; an end of the section `captcha`."""


@pytest.fixture(scope="module")
def lane_asterisk(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    settings = LabSettings(dialplan=UNHURRIED, operators=20, ari_secret=secrets.token_hex(16))
    with Asterisk(lab_root, lab_folder / "lane", settings=settings) as running:
        yield running


@pytest.fixture
def lane_operators(lab_root: LabRoot, lab_folder: Path, lane_asterisk: Asterisk) -> Iterator[Sipp]:
    """Phones that answer at once, talk for half a second and hang up."""
    folder = lab_folder / "lane-operators"
    port = lane_asterisk.ports.operators
    with Sipp(lab_root, folder, "operator.xml", Load(hold_ms=500), port=port) as phones:
        yield phones


@pytest.fixture(scope="module")
def templates(lab_root: LabRoot, lane_asterisk: Asterisk) -> Templates:
    folder = lane_asterisk.folder / "prompts"
    folder.mkdir()
    for command in Templates.conversions(lab_root.data / "sounds/en", folder):
        lane_asterisk.rx(command)
    return Templates.load(folder)


@pytest.fixture
def lane(lab_root: LabRoot, lab_folder: Path, lane_asterisk: Asterisk) -> Iterator[ScreenedSite]:
    place = ScreenedSite(lab_root, lane_asterisk, lab_folder)
    try:
        yield place
    finally:
        place.close()


def begin(lane: ScreenedSite, way: str, extra: str = "") -> None:
    """Start an agent that asks over ARI or over AGI, and wait until it can."""
    over = over_ari(lane.asterisk) if way == "ari" else ""
    lane.start_agent(EVERYBODY + extra + over)
    if way == "ari":
        assert until(lambda: status(lane, "ari")["state"] == "up")


def status(lane: ScreenedSite, part: str) -> dict[str, object]:
    told = lane.agent.ask({"op": "status"})[part]
    assert isinstance(told, dict)
    return told


def events(lane: ScreenedSite, mark: str, count: int) -> Counter[str]:
    """Wait for so many outcomes of the calls of a mark, having joined the queue among them."""

    def found() -> list[str]:
        ids = {one["id"] for one in lane.decisions(mark)}
        return [str(one["outcome"]) for one in lane.heard if "outcome" in one and one["id"] in ids]

    until(lambda: len(found()) >= count)
    return Counter(found())


def all_events(lane: ScreenedSite, count: int, last: str) -> Counter[str]:
    """Wait for so many outcomes `last` of any calls: those of a malformed caller have no mark."""

    def found() -> Counter[str]:
        lane.heard += lane.agent.events()
        return Counter(str(one["outcome"]) for one in lane.heard if "outcome" in one)

    until(lambda: found()[last] >= count)
    return found()


@pytest.mark.usefixtures("lane_operators")
@pytest.mark.parametrize("way", ["ari", "agi"])
async def test_who_listens_passes_and_reaches_an_operator(
    lane: ScreenedSite, templates: Templates, way: str
) -> None:
    begin(lane, way)
    async with Listener(LOOPBACK, [0], templates) as listener:
        fields = rows(numbers(CALLERS, start=100))
        run = lane.call(f"hear-{way}", fields, rate=10.0, media_port=listener.ports[0])
        counts = await asyncio.to_thread(run.wait)
    assert (counts.received["BYE"], counts.failed) == (CALLERS, 0)
    captchas = status(lane, "captchas")
    assert captchas["passed"] == CALLERS, (captchas, listener.heard)
    assert listener.heard.misheard == 0, listener.heard
    told = await asyncio.to_thread(events, lane, f"hear-{way}", 3 * CALLERS)
    assert told == {
        "challenge_passed": CALLERS,
        "queue_joined": CALLERS,
        "answered": CALLERS,
    }


@pytest.mark.alone
@pytest.mark.usefixtures("lane_operators")
async def test_two_hundred_are_asked_at_once(lane: ScreenedSite, templates: Templates) -> None:
    begin(lane, "ari", "  hold: music\n  hold_for: 10s\n  seconds: 60s\n")
    async with Listener(LOOPBACK, [0], templates) as listener:
        fields = rows(numbers(CROWD, start=200))
        run = lane.call("crowd", fields, rate=30.0, media_port=listener.ports[0])
        counts = await asyncio.to_thread(run.wait)
    assert (counts.received["BYE"], counts.failed) == (CROWD, 0)
    captchas = status(lane, "captchas")
    assert captchas["most"] == CROWD
    # Whoever listens passes; that the one who listens for all of them keeps up is not asserted.
    log.info("of %d who were asked at once %s passed", CROWD, captchas["passed"])
    ended = {one: int(str(captchas[one])) for one in ("passed", "failed", "silent")}
    assert ended["passed"] > 0
    assert sum(ended.values()) == CROWD
    assert await asyncio.to_thread(lane.is_quiet)


@pytest.mark.usefixtures("lane_operators")
@pytest.mark.parametrize("way", ["ari", "agi"])
def test_who_presses_nothing_waits_last_in_line_and_not_without_end(
    lane: ScreenedSite, way: str
) -> None:
    begin(lane, way, "  silent_places: 1\n  tries: 1\n  key_wait: 2s\n")
    counts = lane.call(f"deaf-{way}", rows(numbers(4, start=500)), media_port=NOBODY).wait()
    assert counts.received["BYE"] == 4
    told = events(lane, f"deaf-{way}", 4 + 1)
    assert told["challenge_silent"] == 4
    assert told["queue_joined"] >= 1
    assert status(lane, "captchas")["silent"] == 4


@pytest.mark.usefixtures("lane_operators")
@pytest.mark.parametrize("way", ["ari", "agi"])
async def test_an_agent_killed_while_it_asks_costs_no_call(
    lane: ScreenedSite, templates: Templates, way: str
) -> None:
    begin(lane, way, "  hold_for: 5s\n  seconds: 15s\n")
    async with Listener(LOOPBACK, [0], templates) as listener:
        fields = rows(numbers(CALLERS, start=600))
        run = lane.call(f"kill-{way}", fields, rate=20.0, media_port=listener.ports[0])
        asked = lambda: int(str(status(lane, "captchas")["asking"])) == CALLERS  # noqa: E731 - read again and again
        assert await asyncio.to_thread(until, asked)
        os.kill(lane.agent.pid, signal.SIGKILL)
        await asyncio.to_thread(lane.agent.stop)
        await asyncio.to_thread(lane.agent.start)
        counts = await asyncio.to_thread(run.wait)
    # An operator, not the caller's patience, ended every call.
    assert (counts.received["BYE"], counts.failed) == (CALLERS, 0)
    assert await asyncio.to_thread(lane.is_quiet)


@pytest.mark.usefixtures("lane_operators")
@pytest.mark.parametrize("way", ["ari", "agi"])
def test_whatever_a_caller_calls_itself_it_is_asked_like_anybody_and_not_told_of(
    lane: ScreenedSite, way: str
) -> None:
    """Over AGI the dialplan itself asks those whose number breaks the agent's request.

    Nor can it tell the agent on such a channel what came of that; the hangup handler can.
    """
    begin(lane, way, WHOEVER)
    texts = [*FORGERIES.values(), *INERT.values()]
    callers = [row(text, name="Zebedee", diverted=text) for text in texts]
    callers += [row(name=f"Zebedee{INERT[one]}") for one in ("bidi", "shell")]
    mark = f"odd-{way}"
    counts = lane.call(mark, callers, scenario="hostile.xml").wait()
    told = all_events(lane, len(callers), "answered")
    captchas, log = status(lane, "captchas"), lane.agent.log.read_text(errors="replace")

    assert (counts.received["BYE"], counts.failed) == (len(callers), 0)
    by_dialplan = len(FORGERIES) if way == "agi" else 0
    assert told["queue_joined"] == told["answered"] == len(callers)
    assert told["challenge_silent"] == captchas["silent"] == len(callers) - by_dialplan
    assert log.count("captcha_was_malformed") == 2 * by_dialplan  # the captcha and its outcome
    assert [captchas[one] for one in ("passed", "failed", "abandoned", "lost")] == [0] * 4
    assert not CONTROL.search(log)
    assert not [said for said in ("Zebedee", VIP[2:], STRANGER[2:], "SHELL") if said in log]
    assert lane.is_quiet()


@pytest.mark.parametrize("way", ["ari", "agi"])
async def test_at_closing_time_who_is_asked_may_finish_and_who_talks_is_not_touched(
    lab_root: LabRoot, lane: ScreenedSite, templates: Templates, way: str
) -> None:
    begin(lane, way, "  hold_for: 4s\n")
    phones = Sipp(
        lab_root,
        lane.folder / f"slow-operators-{way}",
        "operator.xml",
        Load(hold_ms=12_000),
        port=lane.asterisk.ports.operators,
    )
    with phones:
        async with Listener(LOOPBACK, [0], templates) as listener:
            port = listener.ports[0]
            early = lane.call(f"early-{way}", rows(numbers(2, start=700)), media_port=port)
            talking = await asyncio.to_thread(
                until, lambda: status(lane, "captchas")["passed"] == 2
            )
            assert talking
            late = lane.call(f"late-{way}", rows(numbers(2, start=710)), media_port=port)
            asked = await asyncio.to_thread(until, lambda: status(lane, "captchas")["asking"] == 2)
            assert asked
            closed = 'hours: {openings: ["mon 00:00-00:01"], closed_on: []}\n'
            lane.agent.config.write_text(closed + lane.agent.config.read_text())
            lane.agent.ask({"op": "reload"})
            after = await asyncio.to_thread(
                lane.called, f"after-{way}", rows(numbers(3, start=720))
            )
            counts = [await asyncio.to_thread(run.wait) for run in (early, late)]
    assert [one.received["BYE"] for one in counts] == [2, 2]
    assert await asyncio.to_thread(events, lane, f"late-{way}", 6) == {
        "challenge_passed": 2,
        "queue_joined": 2,
        "answered": 2,
    }
    assert (after.code(603), after.code(200)) == (3, 0)
