"""Cards, minutes and calls of the live page, and the banner, from made-up snapshots."""

from dataclasses import replace

import pytest

from screener.adapters.control_follow import NOT_LOOKED
from screener.config.load import Config, load_config
from screener.core.incident import Ruled
from screener.core.settings import Action, Level, Mode
from screener.web.hub import Snapshot
from screener.web.hub_seconds import Calls, Column, Gauge
from screener.web.hub_status import AgentStatus, read_status
from screener.web.live_banner import Notice, notices
from screener.web.live_cards import Card, cards, span
from screener.web.live_view import call_lines, charts, is_observing, minutes
from tests.unit.web.test_hub_status import TELLING

NOW = 1_800_000_000.0
CONFIG: Config = load_config(None)
HASH = CONFIG.settings.config_hash


def a_column(seconds: int = 10, *, would: Action = Action.ADMIT, **counts: int) -> Column:
    calls = Calls()
    for name, count in counts.items():
        for _ in range(count):
            calls.add(Ruled(name), would, 0.001)
    return Column(NOW, seconds, calls, None)


def a_status(**changes: object) -> AgentStatus:
    plain = read_status({**TELLING, "config": HASH, "paused_until": 0.0, "incident": {}})
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def a_snapshot(**changes: object) -> Snapshot:
    plain = Snapshot(
        NOW, "", NOW - 60, a_status(), a_column(admit=20), a_column(60, admit=9), 7, 40, (), 0
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def card(snapshot: Snapshot, name: str) -> Card:
    return next(one for one in cards(snapshot, CONFIG) if one.name.startswith(name))


def kinds(told: list[Notice]) -> list[str]:
    return [one.kind for one in told]


def test_calls_are_told_a_second_and_by_what_was_done() -> None:
    snapshot = a_snapshot(last=a_column(admit=20, busy=5, refuse=1))
    assert card(snapshot, "Calls").value == "2.6"
    assert card(snapshot, "Let in").value == "2.0"
    assert card(snapshot, "Told busy").value == "0.5"
    assert (card(snapshot, "Refused").value, card(snapshot, "Refused").kind) == ("0.1", "drop")


def test_what_enforcing_would_do_is_told_where_it_is_not_done() -> None:
    assert (
        "enforcing would drop 2.0"
        in card(a_snapshot(last=a_column(would=Action.DROP, admit=20)), "Calls").more
    )
    assert (
        "would"
        not in card(a_snapshot(last=a_column(would=Action.DROP, busy=10, refuse=10)), "Calls").more
    )


def test_the_site_s_figures_have_meters_and_words() -> None:
    snapshot = a_snapshot()
    assert card(snapshot, "Waiting") == Card("Waiting for an operator", "7", "longest wait 42 s")
    assert card(snapshot, "Operators").value == "4 of 5"
    channels = card(snapshot, "Channels")
    assert channels.value == f"40 of {CONFIG.settings.site.channels}"
    assert channels.meter is not None
    assert (channels.meter.value, channels.meter.label) == (
        40,
        f"Channels in use: {channels.value}",
    )
    assert card(snapshot, "Captcha").value == "3 of 32"
    pressure = card(snapshot, "Pressure")
    assert (pressure.value, pressure.kind) == ("full", "drop")
    assert "best scores first" in pressure.more
    assert "queue 0.90" in pressure.more
    assert card(snapshot, "Let through after a fault").value == "3"
    assert card(snapshot, "Calls not recorded").value == "4"


def test_the_latency_of_the_last_minute_is_told() -> None:
    told = card(a_snapshot(), "Verdict within")
    assert told.value.endswith(" ms")
    assert 1.0 <= float(told.value.split()[0]) <= 1.2


def test_what_is_not_known_is_said_and_not_made_up() -> None:
    away = a_snapshot(
        status=None,
        waiting=None,
        channels=None,
        last=Column(NOW, 1, None, None),
        minute=Column(NOW, 1, None, None),
    )
    assert [one.value for one in cards(away, CONFIG)] == ["not known"]
    unseen = a_snapshot(waiting=None, channels=None, status=a_status(taken=None, faults=0))
    names = [one.name for one in cards(unseen, CONFIG)]
    assert card(unseen, "Waiting").value == "not known"
    assert not {"Channels in use", "Captcha lane", "Let through after a fault"} & {*names}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (95, "1 min 35 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_times_are_told_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_minutes_are_the_charts_figures_newest_first() -> None:
    gauge = Gauge(Level.RISING, 0.5, 3, 61)
    columns = [
        *(Column(float(at), 5, None, None) for at in range(0, 60, 5)),
        *(replace(a_column(5, busy=10), at=float(at), gauge=gauge) for at in range(60, 120, 5)),
    ]
    newest, oldest = minutes(columns)
    assert (newest.at, newest.calls) == (60.0, ("0.0", "0.0", "2.0", "0.0"))
    assert (newest.waiting, newest.longest, newest.pressure) == ("3", "61", "0.50 rising")
    assert (oldest.calls, oldest.waiting, oldest.pressure) == (("",) * 4, "", "")


def test_the_longest_wait_is_drawn_only_where_a_queue_is_watched() -> None:
    names = [one.name for one in charts(a_snapshot(), [], CONFIG)]
    assert names == ["calls", "waiting", "pressure"]
    watching = replace(CONFIG, ami=replace(CONFIG.ami, host="127.0.0.1"))
    assert "longest" in [one.name for one in charts(a_snapshot(), [], watching)]


def test_a_call_is_told_with_what_would_have_been() -> None:
    event = {
        "id": "ab",
        "at": NOW,
        "verdict": "admit",
        "would": "drop",
        "reasons": ["observe", "score"],
        "caller": "+1***42",
        "did": "100",
        "trunk": "t",
        "outcome": "challenge_passed",
    }
    line, bare = call_lines(a_snapshot(recent=(event, {"verdict": "drop", "would": "drop"})))
    assert (line.ruled, line.kind, line.would) == ("let in", "admit", "would drop")
    assert (line.reasons, line.outcome) == ("observe score", "challenge passed")
    assert (bare.ruled, bare.kind, bare.would, bare.call_id, bare.at) == (
        *("refused", "drop", "", "", 0.0),
    )


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
