"""What the agent says is what the caller gets: real agent, real dialplan, real SIP calls."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.ear import Templates
from screener.lab.listener import Listener
from screener.lab.ports import LOOPBACK
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import SCENARIOS, Load, Sipp
from tests.e2e.screened_site import (
    STEADY,
    UNHURRIED,
    ScreenedSite,
    numbers,
    rows,
    served_before,
    until,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators")]

KNOWN, STRANGER, BEFORE = numbers(3)
TALK_MS = 4_000
"""Long enough for two calls to come meanwhile, on a machine under load too."""

LISTS = """\
lists:
  - {name: vip, action: allow, entries: ["%s"]}
  - {name: pest, action: deny, entries: ["%s"]}
"""
TWO_LIMITS = """\
limits:
  - {name: burst, key: [number], windows: [{calls: 4, per: 10m}], points: 4}
  - {name: flood, key: [number], windows: [{calls: 10, per: 10m}], points: 10}
"""
CODED = "policy: {refuse_code: %d}\n"
DOUBT_STRANGERS = """\
signals:
  new-caller: {points: 4}
"""
"""A stranger is doubted, but not enough to be challenged."""
CHALLENGE_STRANGERS = """\
policy:
  thresholds: {calm: {challenge: 1}, rising: {challenge: 1}, full: {challenge: 1}}
"""
BUSY_THEN_HOPELESS = """\
limits:
  - {name: burst, key: [number], windows: [{calls: 2, per: 10m}], points: 6}
  - {name: surge, key: [prefix], windows: [{calls: 4, per: 10m}], points: 8}
policy:
  thresholds: {calm: {drop: 7}, rising: {drop: 7}, full: {drop: 7}}
"""


@pytest.fixture
def lone_operator(lab_root: LabRoot, lab_folder: Path) -> Iterator[ScreenedSite]:
    """A site where one operator serves everybody."""
    folder = lab_folder / "lone"
    folder.mkdir()
    settings = LabSettings(dialplan=UNHURRIED, operators=1)
    with Asterisk(lab_root, folder / "asterisk", settings=settings) as asterisk:
        phone = Sipp(
            lab_root,
            folder / "operator",
            "operator.xml",
            Load(hold_ms=TALK_MS),
            port=asterisk.ports.operators,
        )
        place = ScreenedSite(lab_root, asterisk, folder)
        with phone:
            try:
                yield place
            finally:
                place.close()


@pytest.fixture(scope="module")
def templates(lab_root: LabRoot, asterisk: Asterisk) -> Templates:
    folder = asterisk.folder / "prompts"
    folder.mkdir()
    for command in Templates.conversions(lab_root.data / "sounds/en", folder):
        asterisk.rx(command)
    return Templates.load(folder)


def test_who_is_doubted_is_served_after_a_later_known_caller_and_the_talk_is_told(
    lone_operator: ScreenedSite,
) -> None:
    site = lone_operator
    site.start_agent(STEADY + DOUBT_STRANGERS)
    site.agent.teach(served_before([KNOWN]))
    first = site.call("first", rows([BEFORE]))
    assert until(lambda: site.asterisk.channels() == 2)
    stranger = site.call("stranger", rows([STRANGER]))
    assert until(lambda: site.asterisk.waiting() == 1)
    known = site.call("known", rows([KNOWN]))
    assert until(lambda: site.asterisk.waiting() == 2)
    runs = [run.wait() for run in (first, known, stranger)]
    served = [site.outcomes(mark, 1)[0] for mark in ("first", "known", "stranger")]

    assert [run.received["BYE"] for run in runs] == [1, 1, 1]
    assert [site.decisions(mark)[0]["priority"] for mark in ("known", "stranger")] == [5, 3]
    assert site.all_outcomes() == served
    assert {str(one["outcome"]) for one in served} == {"answered"}
    # Whole seconds, as Asterisk counts.
    assert min(float(str(one["talk_s"])) for one in served) >= TALK_MS // 1000 - 1


def test_a_flood_from_one_number_is_admitted_challenged_and_refused_in_turn(
    site: ScreenedSite,
) -> None:
    site.start_agent(STEADY + TWO_LIMITS)
    counts = site.called("flood", rows([STRANGER] * 20, hold_ms=100), rate=10)
    said = site.decisions("flood", 20)

    assert [one["verdict"] for one in said] == ["admit"] * 4 + ["challenge"] * 6 + ["drop"] * 10
    assert (counts.code(200), counts.code(603), counts.failed) == (10, 10, 0)


def test_a_flood_is_told_busy_and_refused_for_good_once_it_is_hopeless(site: ScreenedSite) -> None:
    one, *others = (f"+1651222000{place}" for place in range(3))
    site.start_agent(STEADY + BUSY_THEN_HOPELESS)
    alone = site.called("alone", rows([one] * 5))
    with_others = site.called("others", rows(others))
    hopeless = site.called("hopeless", rows([one] * 3))

    assert (alone.code(200), alone.code(486), alone.code(603)) == (2, 3, 0)
    assert with_others.code(200) == 2
    assert (hopeless.code(200), hopeless.code(486), hopeless.code(603)) == (0, 0, 3)


@pytest.mark.parametrize("code", [603, 607, 608])
def test_a_number_on_the_deny_list_is_refused_with_the_configured_code(
    site: ScreenedSite, code: int
) -> None:
    site.start_agent(STEADY + LISTS % (KNOWN, STRANGER) + CODED % code)
    counts = site.called("denied", rows([STRANGER]))

    assert (counts.code(code), counts.code(200), counts.successful) == (1, 0, 1)


def test_a_permanent_allow_list_beats_a_flood_from_its_own_number(site: ScreenedSite) -> None:
    site.start_agent(STEADY + LISTS % (KNOWN, STRANGER))
    counts = site.called("vip", rows([KNOWN] * 15))
    said = site.decisions("vip", 15)

    assert (counts.code(200), counts.received["BYE"]) == (15, 15)
    assert {(one["verdict"], one["priority"]) for one in said} == {("admit", 10)}


def test_a_withheld_caller_is_admitted_when_calm(site: ScreenedSite, tmp_path: Path) -> None:
    """Its number stays between the carrier and the caller: the trunk says `anonymous`."""
    hidden = ("anonymous", "Anonymous", *rows([STRANGER])[0][2:])
    scenario = tmp_path / "withheld.xml"
    scenario.write_text(
        (SCENARIOS / "caller.xml")
        .read_text()
        .replace("[field0]@[local_ip]:[local_port]>;", "[field0]@anonymous.invalid>;")
        .replace("Allow: INVITE", "Privacy: id\n      Allow: INVITE", 1)
    )
    site.start_agent()
    counts = site.call("hidden", [hidden] * 2, scenario=scenario).wait()
    said = site.decisions("hidden", 2)

    assert counts.received["BYE"] == 2
    assert [(one["verdict"], one["caller_class"]) for one in said] == [("admit", "anonymous")] * 2


async def test_who_passes_the_captcha_is_not_asked_again_and_who_is_silent_is_served_last(
    site: ScreenedSite, templates: Templates
) -> None:
    people = rows(numbers(3, 50))
    site.start_agent(STEADY + CHALLENGE_STRANGERS)
    silent = site.call("silent", rows([STRANGER]))

    def call(mark: str, media_port: int) -> tuple[int, list[str]]:
        counts = site.call(mark, people, media_port=media_port).wait()
        verdicts = [str(one["verdict"]) for one in site.decisions(mark, 3)]
        return counts.received["BYE"], verdicts

    rng = random.Random(2016)  # noqa: S311 - the same people each time, no secret
    async with Listener(LOOPBACK, [0], templates, rng=rng) as listener:
        asked = await asyncio.to_thread(call, "asked", listener.ports[0])
        again = await asyncio.to_thread(call, "again", listener.ports[0])
    events = [one["outcome"] for one in site.outcomes("asked", 6)]

    assert asked == (3, ["challenge"] * 3)
    assert sorted(map(str, events)) == ["answered"] * 3 + ["challenge_passed"] * 3
    assert again == (3, ["admit"] * 3)
    assert listener.heard.prompts == 3
    assert silent.wait().received["BYE"] == 1  # an operator's: told apart by the outcomes
    assert [one["outcome"] for one in site.outcomes("silent", 2)] == [
        "challenge_silent",
        "answered",
    ]


def test_observing_admits_everybody_and_tells_what_it_would_have_done(site: ScreenedSite) -> None:
    many = "captcha: {places_per_number: 12}\n"  # who is only observed gives no place back
    site.start_agent(STEADY + TWO_LIMITS + many + LISTS % (KNOWN, BEFORE), enforce=False)
    flood = site.called("flood", rows([STRANGER] * 12))
    denied = site.called("denied", rows([BEFORE] * 2))
    would = [one["would"] for one in site.decisions("flood", 12)]
    (first, second) = site.decisions("denied", 2)

    assert (flood.received["BYE"], denied.received["BYE"]) == (12, 2)
    assert would == ["admit"] * 4 + ["challenge"] * 6 + ["drop"] * 2
    assert [(one["verdict"], one["would"]) for one in (first, second)] == [("admit", "drop")] * 2
    assert first["reasons"] == ["observe", "score", "deny-list", "new-caller"]
