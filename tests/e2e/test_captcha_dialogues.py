"""Every dialogue of a captcha on the real Asterisk, over AGI and over ARI, and where its call goes.

What is AGI's own stands in `test_agi_captcha`, what is ARI's own in `test_ari_captcha`.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.adapters.agi_line import AgiLine
from screener.adapters.ari_line import AriLine
from screener.core.captcha_flow import Ending
from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from tests.e2e.asked_site import PRIORITY, Scene, asking, scene
from tests.e2e.captcha_dialogues import DIALOGUES, PLAYS, WAYS, call_id

pytestmark = pytest.mark.e2e

LINES = {"agi": AgiLine, "ari": AriLine}


@pytest.fixture(scope="module")
def played(lab_root: LabRoot, lab_folder: Path) -> Iterator[Scene]:
    """Play all dialogues at once, over both ways: the longest takes 21 s."""

    async def play(asterisk: Asterisk) -> Scene:
        async with scene(asterisk, PLAYS, ari=True) as one:
            for kind in PLAYS:
                await one.call(kind)
            await one.until(lambda: len(one.inside.endings) == len(PLAYS))
            await one.until(lambda: asterisk.channels() == 0)
            await one.until(lambda: one.client.snapshot()["asking"] == 0)
            return one

    with asking(lab_root, lab_folder / "dialogues", PLAYS) as asterisk:
        yield asyncio.run(play(asterisk))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", DIALOGUES)
def test_a_dialogue_ends_as_it_must(played: Scene, kind: str, way: str) -> None:
    wanted, name = DIALOGUES[kind].over(way), call_id(f"{way} {kind}")

    assert played.inside.lines[name] is LINES[way]
    assert played.inside.endings[name] is wanted.ending
    assert played.inside.events[name] == [wanted.told]
    if wanted.ending is Ending.ABANDONED:
        assert name not in played.results()
    else:
        assert played.results()[name] == (wanted.ending.value, PRIORITY[wanted.ending])


def test_the_hangup_handler_tells_only_of_those_who_went_on(played: Scene) -> None:
    told = Counter(one for one in played.screening.asked if one.startswith("report "))
    went_on = {Ending.PASSED, Ending.SILENT}

    assert told == {
        f"report {call_id(kind)} abandoned 0": 1
        for kind, dialogue in PLAYS.items()
        if dialogue.ending in went_on
    }
    assert played.screening.failures == []
    assert len(played.server.captchas) == 0
    assert played.inside.given_up == set()


def test_the_link_was_whole_all_the_time(played: Scene) -> None:
    told = played.client.snapshot()

    counts = ("reclaimed", "released", "reconnects", "misshaped")
    assert {name: told[name] for name in counts} == dict.fromkeys(counts, 0)
    assert told["missing_sounds"] == []
