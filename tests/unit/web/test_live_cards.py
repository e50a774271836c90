"""Cards of the live page, from made-up snapshots."""

import pytest

from screener.core.settings import Action, Level
from screener.web.hub import Snapshot
from screener.web.hub_seconds import Column
from screener.web.hub_status import QueueView
from screener.web.live_cards import UNKNOWN, Card, Meter, cards, span
from tests.unit.web.snapshots import CONFIG, NOW, a_column, a_snapshot, a_status


def card(snapshot: Snapshot, name: str) -> Card:
    return next(one for one in cards(snapshot, CONFIG) if one.name.startswith(name))


def test_calls_are_told_a_second_and_by_what_was_done() -> None:
    snapshot = a_snapshot(last=a_column(admit=20, busy=5, refuse=1))
    assert card(snapshot, "Calls").value == "2.6"
    assert card(snapshot, "Admitted").value == "2.0"
    assert card(snapshot, "Dropped: busy").value == "0.5"
    assert (card(snapshot, "Dropped: refused").value, card(snapshot, "Dropped: refused").kind) == (
        "0.1",
        "drop",
    )


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


@pytest.mark.parametrize(
    ("level", "kind", "words"),
    [
        (Level.CALM, "", "almost all callers are let in"),
        (Level.RISING, "challenge", "unknown callers are challenged"),
        (Level.FULL, "drop", "places go to the best scores first"),
    ],
)
def test_pressure_is_told_in_words_and_by_what_it_comes_from(
    level: Level, kind: str, words: str
) -> None:
    parts = {"queue": 0.0, "channels": 0.25, "arrivals": 0.0}
    status = a_status(level=level, pressure=0.25, parts=parts)
    told = card(a_snapshot(status=status), "Pressure")
    assert (told.value, told.kind) == (level.value, kind)
    assert told.more == f"{words} (by channels 0.25)"
    marks = CONFIG.settings.pressure
    assert told.meter == Meter("Pressure", 0.25, 1.0, marks.rising_at, marks.full_at)


def test_a_queue_that_is_not_seen_says_why_and_none_logged_in_is_a_meter_all_the_same() -> None:
    blind = QueueView("stale", "the manager went away")
    told = card(a_snapshot(waiting=None, status=a_status(queue=blind)), "Waiting")
    assert (told.value, told.more) == (UNKNOWN, "the queues are not seen: the manager went away")
    nobody = QueueView("fresh", "", 0, None, logged_in=0, ready=0)
    told = card(a_snapshot(status=a_status(queue=nobody)), "Operators")
    assert (told.value, told.meter) == ("0 of 0", Meter("Operators busy: 0 of 0", 0, 1, 0.95, 1))
    assert "Operators busy" not in [
        one.name for one in cards(a_snapshot(status=a_status(queue=blind)), CONFIG)
    ]
