"""The banner above every page, from made-up snapshots."""

import re

import pytest

from screener.adapters.control_follow import NOT_LOOKED
from screener.core.settings import Mode
from screener.web.hub_status import Attack, SharingView, read_status
from screener.web.live_banner import Notice, notices
from screener.web.live_view import is_observing
from screener.web.rendering import fragment
from tests.unit.web.snapshots import CONFIG, NOW, a_snapshot, a_status
from tests.unit.web.test_hub_status import TELLING


def kinds(told: list[Notice]) -> list[str]:
    return [one.kind for one in told]


@pytest.mark.parametrize(("mode", "kind"), [(Mode.OBSERVE, "observe"), (Mode.ENFORCE, "enforce")])
def test_the_agent_s_own_mode_counts(mode: Mode, kind: str) -> None:
    told = a_snapshot(status=a_status(mode=mode))
    assert kinds(notices(told, CONFIG)) == [kind]
    assert is_observing(told, CONFIG) is (mode is Mode.OBSERVE)


def test_without_an_agent_the_mode_is_the_file_s_and_said_to_be() -> None:
    away = a_snapshot(status=None, trouble="the agent is not running: x")
    mode, trouble = notices(away, CONFIG)
    assert (mode.kind, trouble.kind, trouble.moment) == ("observe", "away", NOW - 60)
    assert mode.title.endswith("(as the configuration says)")
    assert trouble.lines[0] == "The agent is not running: x."
    for not_looked in (None, a_snapshot(status=None, trouble=NOT_LOOKED)):
        assert kinds(notices(not_looked, CONFIG)) == ["observe"]


def test_an_attack_says_what_marks_it_and_what_is_done_and_leads_to_it() -> None:
    attack = read_status(TELLING).attack
    told = notices(a_snapshot(status=a_status(attack=attack)), CONFIG)
    assert kinds(told) == ["enforce", "attack"]
    assert (told[1].moment, told[1].link) == (4.5, "/incidents/20261122-080012")
    assert "10 calls, 8 of them unwanted; now 1.2 unwanted calls a second." in told[1].lines
    assert told[1].more[0] == "What marks it: new numbers (80%); prefix +1651 (20%)."
    assert told[1].more[1].startswith("What is done: asks a captcha")


def test_a_pause_takes_the_place_of_the_mode_and_can_be_ended() -> None:
    (told,) = notices(a_snapshot(status=a_status(paused_until=NOW + 60)), CONFIG)
    assert (told.kind, told.moment, told.resumes) == ("paused", NOW + 60, True)
    assert "afterwards it enforces again" in told.lines[0]


def test_another_configuration_than_the_file_s_is_told() -> None:
    told = notices(a_snapshot(status=a_status(config="abc")), CONFIG)
    assert kinds(told) == ["enforce", "differs"]
    assert "It runs abc" in told[1].lines[0]


def test_an_edge_alone_and_one_of_its_name_are_told() -> None:
    sharing = read_status(TELLING).sharing
    _, alone, double = notices(a_snapshot(status=a_status(sharing=sharing)), CONFIG)
    assert (alone.kind, alone.moment) == ("alone", 7.5)
    assert "does not answer (Connection refused)" in alone.lines[0]
    assert alone.lines[2].startswith("12 things learned here")
    assert (double.kind, double.moment) == ("double", None)
    for known, told in ((0.0, ["enforce", "alone"]), (7.5, ["enforce", "alone"])):
        alone_now = SharingView(
            "north", is_alone=True, alone_since=known, why="", waiting=0, namesakes=()
        )
        assert kinds(notices(a_snapshot(status=a_status(sharing=alone_now)), CONFIG)) == told
    assert double.lines[0] == "Also at: north2 (process 17)."
    assert "this one is north" in double.lines[2]


def test_an_attack_of_which_little_is_known_says_so() -> None:
    attack = Attack("20261122-080012", NOW, 1_234, 0, 0, 0.0, (), ())
    _, told = notices(a_snapshot(status=a_status(attack=attack)), CONFIG)
    assert told.lines == ("1,234 calls, 0 of them unwanted; now 0.0 unwanted calls a second.",)
    assert told.more == ("What marks it: nothing yet.", "What is done: nothing yet.")


def test_all_that_is_wrong_is_told_at_once_in_its_order() -> None:
    attack = read_status(TELLING).attack
    status = a_status(mode=Mode.OBSERVE, paused_until=NOW + 60, attack=attack, config="abc")
    told = notices(a_snapshot(status=status, trouble="it is silent"), CONFIG)
    assert kinds(told) == ["paused", "away", "attack", "differs"]
    assert "afterwards it observes again" in told[0].lines[0]
    assert [one.kind for one in told if one.resumes] == ["paused"]


def test_an_agent_that_does_not_tell_its_mode_has_the_file_s() -> None:
    (told,) = notices(a_snapshot(status=a_status(mode=None)), CONFIG)
    assert told == Notice("observe", "Observing: every call is let in; nothing is refused")


def test_every_kind_of_notice_has_an_icon_of_its_own() -> None:
    attack, sharing = (getattr(read_status(TELLING), name) for name in ("attack", "sharing"))
    status = a_status(attack=attack, sharing=sharing, config="abc")
    told = notices(a_snapshot(status=status, trouble="it is silent"), CONFIG)
    shown = fragment("banner.html", notices=told, resume=False, whole=True)
    drawn = re.findall(r'<path d="([^"]*)"', shown)
    assert len(told) == len(drawn) == len(set(drawn) - {""}) == 6
