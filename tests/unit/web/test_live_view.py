"""Minutes, charts and calls of the live page, from made-up snapshots."""

from dataclasses import replace

from screener.core.settings import Level
from screener.web.hub_seconds import Column, Gauge
from screener.web.live_view import call_lines, charts, minutes
from tests.unit.web.snapshots import CONFIG, NOW, a_column, a_snapshot


def test_minutes_are_the_charts_figures_newest_first() -> None:
    gauge = Gauge(Level.RISING, 0.5, 3, 61)
    columns = [
        Column(0.0, 60, None, None),
        replace(a_column(60, busy=120), at=60.0, gauge=gauge),
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
    assert (line.verdict, line.kind, line.would) == ("admit", "admit", "would drop")
    assert (line.reasons, line.outcome) == ("observe, score", "challenge passed")
    assert (bare.verdict, bare.kind, bare.would, bare.call_id, bare.at) == (
        *("drop", "drop", "", "", 0.0),
    )
