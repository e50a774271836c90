"""The agent's status read for the pages: the real one, a poor one, a hostile one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.config.load import parse_config
from screener.core.settings import Level, Mode
from screener.daemon import Agent
from screener.web.hub_status import QueueView, SharingView, read_status

TELLING = {
    "version": "1",
    "mode": "enforce",
    "config": "abc",
    "up_since": 5.5,
    "paused_until": 9.0,
    "pressure": {"level": "full", "value": 0.9, "queue": 0.9, "channels": 0.1, "arrivals": 0},
    "queue_feed": {
        "state": "fresh",
        "waiting": 7,
        "longest_wait_s": 42,
        "logged_in": 5,
        "ready": 1,
    },
    "captchas": {"asking": 2, "taken": 3, "places": 32},
    "incident": {
        "state": "active",
        "id": "20261122-080012",
        "began": 4.5,
        "calls": 10,
        "unwanted": 8,
        "peak_per_minute": 6,
        "excess_per_s": 1.25,
        "marks": "new numbers (80%); prefix +1651 (20%)",
        "done": "asks a captcha of new numbers: 8 calls",
    },
    "faults": {"deadline": 2, "invalid": 1},
    "decision_log": {"not_recorded": 4},
    "site": {"state": "open"},
    "sharing": {
        "edge": "north",
        "state": "alone",
        "why": "Connection refused",
        "alone_since": 7.5,
        "waiting_to_tell": 12,
        "namesakes": ["north2 (process 17)"],
    },
}
KEYS = [
    *TELLING,
    *("level", "value", "state", "waiting", "taken", "places", "marks", "began", "not_recorded"),
    *("namesakes", "alone_since", "edge"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
)


def test_all_that_a_full_status_tells_is_read() -> None:
    read = read_status(TELLING)
    assert (read.version, read.mode, read.config) == ("1", Mode.ENFORCE, "abc")
    assert (read.up_since, read.paused_until, read.site) == (5.5, 9.0, "open")
    assert (read.level, read.pressure) == (Level.FULL, 0.9)
    assert read.parts == {"queue": 0.9, "channels": 0.1, "arrivals": 0.0}
    assert (read.queue.waiting, read.queue.longest_wait_s, read.queue.busy) == (7, 42, 4)
    assert (read.taken, read.places, read.faults, read.not_recorded) == (3, 32, 3, 4)
    attack = read.attack
    assert attack is not None
    assert (attack.number, attack.began, attack.calls, attack.unwanted) == (
        *("20261122-080012", 4.5, 10, 8),
    )
    assert (attack.peak_per_minute, attack.excess_per_s) == (6, 1.25)
    assert attack.marks == ("new numbers (80%)", "prefix +1651 (20%)")
    assert attack.done == ("asks a captcha of new numbers: 8 calls",)
    assert read.sharing == SharingView(
        edge="north",
        is_alone=True,
        alone_since=7.5,
        why="Connection refused",
        waiting=12,
        namesakes=("north2 (process 17)",),
    )
    assert (read.gauge.waiting, read.gauge.taken, read.gauge.level) == (7, 3, Level.FULL)


def test_what_is_not_told_is_unknown() -> None:
    read = read_status({})
    assert (read.mode, read.attack, read.taken, read.queue) == (None, None, None, QueueView())
    assert (read.queue.busy, read.faults, read.sharing) == (None, 0, None)


def test_an_edge_whose_store_answers_is_not_alone() -> None:
    sharing = read_status({"sharing": {"edge": "north", "state": "up", "alone_since": 0.0}}).sharing
    assert sharing == SharingView(
        "north", is_alone=False, alone_since=0.0, why="", waiting=0, namesakes=()
    )


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_reply_can_break_a_page(told: dict[str, object]) -> None:
    assert read_status(told).gauge.pressure is not None


def test_a_real_agent_tells_its_mode_its_lane_and_its_pressure(tmp_path: Path) -> None:
    text = f"version: 1\nstorage: {{folder: {tmp_path}, keys: {tmp_path}/keys, log: false}}\n"
    agent = Agent(parse_config(text, "x", tmp_path), None, lambda: 1_800_000_000.0)
    read = read_status(agent._status({}))
    assert (read.mode, read.level, read.queue.state) == (Mode.OBSERVE, Level.CALM, "off")
    assert (read.taken, read.places) == (0, agent.service.engine.lane.places)
    assert read.attack is None


@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan")])
def test_figures_beyond_all_sense_are_none(value: float) -> None:
    assert read_status({"up_since": value, "pressure": {"value": value}}).up_since == 0.0
