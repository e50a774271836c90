"""A real Kamailio before the real Asterisk refuses whom the agent would refuse, and no other.

`pytest --log-cli-level=INFO` prints the figures.
"""

import json
import logging
import time
from collections import Counter

import pytest

from screener.lab.sipp import wait_all
from tests.e2e.fronted_site import FrontedSite
from tests.e2e.screened_site import PATIENCE_S, STEADY, numbers, rows, served_before, until

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("operators")]

PEST, STRANGER, KNOWN = numbers(3, 300)
FEW_MS = 100
CAP = 10
"""Calls a second; an Asterisk that gets a sixth of a machine can do as many."""
CAPPED = f"admission: {{calls_per_second: {CAP}}}\n"
LISTS = f'lists: [{{name: pest, action: deny, entries: ["{PEST}", "+4479*"]}}]\n'

log = logging.getLogger("e2e.kamailio")


def test_who_is_denied_never_reaches_asterisk_and_others_have_whole_calls(
    fronted: FrontedSite,
) -> None:
    fronted.start_fronted(STEADY + LISTS)
    assert fronted.settled(2)
    pest = fronted.inward("pest", rows([PEST] * 30 + ["+447911123456"] * 5), rate=100)
    other = fronted.inward("other", rows([STRANGER] * 3))
    leaving = fronted.inward("leaving", rows([KNOWN], hold_ms=FEW_MS))
    denied, served, left = wait_all([pest, other, leaving], PATIENCE_S)

    assert (denied.code(603), denied.failed) == (35, 0)
    assert (served.code(200), served.received["BYE"], served.failed) == (3, 3, 0)
    assert (left.code(200), left.failed) == (1, 0)
    assert until(lambda: fronted.front().get("refused_list") == 35)
    assert fronted.decisions("pest") == []
    rows_told = _refused_rows(fronted, 2)
    assert rows_told[0]["reasons"] == ["refused-in-front", "front-list"]
    assert until(lambda: sum(map(_told, _refused_rows(fronted, 2))) + _untold(fronted) == 35)
    fronted.agent.stop()  # what is untold is told at the end
    logged = json.loads(fronted.command("log", "--verdict", "drop", "--output", "json"))
    kept = Counter({"valid": 0, "absent": 0})
    for row in logged:
        kept[str(row["caller_class"])] += _told(row)
    assert kept == {"valid": 30, "absent": 5}


def test_an_allow_and_a_pause_open_the_front(fronted: FrontedSite) -> None:
    fronted.start_fronted(STEADY + LISTS)
    fronted.command("deny", STRANGER, "--reason", "pest")
    assert until(lambda: fronted.held(STRANGER) == 60301)
    assert fronted.inward("denied", rows([STRANGER])).wait().code(603) == 1

    fronted.command("allow", STRANGER, "--reason", "was wrong")
    assert until(lambda: fronted.held(STRANGER) is None)
    assert fronted.inward("allowed", rows([STRANGER])).wait().received["BYE"] == 1

    assert fronted.held(PEST) == 60302
    fronted.command("pause", "10m", "--reason", "trouble")
    assert until(lambda: fronted.held(PEST) is None)


def test_a_kamailio_that_was_killed_is_told_all_again_and_no_count_is_doubled(
    fronted: FrontedSite,
) -> None:
    fronted.start_fronted(STEADY + LISTS)
    assert fronted.settled(2)
    fronted.inward("before", rows([PEST] * 10)).wait()
    assert until(lambda: fronted.front()["refused"] == 10)
    fronted.proxy.kill()
    assert until(lambda: fronted.front()["state"] == "down")
    fronted.proxy.start()
    assert until(lambda: fronted.held(PEST) == 60302)
    fronted.inward("after", rows([PEST] * 7)).wait()
    assert until(lambda: fronted.front()["refused"] == 17)
    time.sleep(1.2)  # another poll changes nothing
    assert fronted.front()["refused"] == 17


def test_without_the_agent_calls_go_on_and_blocks_end_by_themselves(fronted: FrontedSite) -> None:
    fronted.ttl = "10s"
    fronted.start_fronted(STEADY + LISTS)
    assert fronted.settled(2)
    fronted.agent.stop()
    assert fronted.inward("pest", rows([PEST])).wait().code(603) == 1
    assert fronted.inward("other", rows([STRANGER])).wait().received["BYE"] == 1
    assert until(lambda: fronted.held(PEST) is None)
    assert fronted.inward("again", rows([PEST])).wait().received["BYE"] == 1


@pytest.mark.alone
def test_over_the_cap_strangers_are_shed_in_front_and_the_known_get_through(
    fronted: FrontedSite,
) -> None:
    known = numbers(10, 400)
    fronted.start_fronted(STEADY + CAPPED)
    fronted.agent.teach(served_before(known))
    assert until(lambda: fronted.front()["let_through"] == 14)  # and four short numbers
    before = fronted.results()
    flood = fronted.inward("flood", rows(numbers(400, 1000), hold_ms=FEW_MS), rate=50)
    time.sleep(3)
    people = fronted.inward("people", rows(known), rate=3)
    served, strangers = people.wait(), flood.wait()
    shed = strangers.code(503)
    log.info("of 400 strangers %d were shed in front", shed)

    assert (served.received["BYE"], served.failed) == (10, 0)
    assert strangers.failed == 0
    assert shed > 100
    # One who asks again before the answer is there is counted twice.
    assert until(lambda: int(str(fronted.front().get("refused_shed"))) >= shed)
    # Every other one reached the dialplan: none was lost on the way.
    assert until(lambda: sum((fronted.results() - before).values()) == 410 - shed)
    found = fronted.results() - before
    log.info("the others: %s", found)
    assert found["error"] == 0
    assert found["drop"] == strangers.code(486)


@pytest.mark.alone
def test_without_a_kamailio_the_agent_alone_keeps_to_the_cap(fronted: FrontedSite) -> None:
    known = numbers(10, 400)
    site = fronted
    site.start_agent(STEADY + CAPPED)
    site.agent.teach(served_before(known))
    flood = site.call("flood", rows(numbers(200, 3000), hold_ms=FEW_MS), rate=50)
    people = site.call("people", rows(known), rate=3)
    served, strangers = people.wait(), flood.wait()
    said = site.decisions("flood", 200)
    busy = [one for one in said if one["reasons"] == ["over-capacity"]]
    moments = [float(str(one["at"])) for one in said]
    seconds = max(moments) - min(moments)
    log.info("of 200 strangers in %.1f s %d were told busy", seconds, len(busy))

    assert (served.received["BYE"], served.failed) == (10, 0)
    assert (strangers.failed, strangers.code(486)) == (0, len(busy))
    # However late the calls came: a burst of a second and what the cap gives.
    assert 0 < len(said) - len(busy) <= CAP * (seconds + 1.0) + 1
    assert busy


def _refused_rows(fronted: FrontedSite, count: int) -> list[dict[str, object]]:
    def found() -> list[dict[str, object]]:
        fronted.heard += fronted.agent.events()
        return [one for one in fronted.heard if "refused-in-front" in str(one.get("reasons"))]

    assert until(lambda: len(found()) >= count)
    return found()


def _told(row: dict[str, object]) -> int:
    """Return how many calls a row tells of: `30 calls refused in front of Asterisk, by list`."""
    signals = row["signals"]
    assert isinstance(signals, list)
    count, words = str(signals[0]["reason"]).split(" ", 1)
    assert words.removeprefix("calls").removeprefix("call") == (
        " refused in front of Asterisk, by list"
    )
    return int(count)


def _untold(fronted: FrontedSite) -> int:
    untold = fronted.front()["untold"]
    assert isinstance(untold, int)
    return untold
