"""Agents under one name are told of, restarts and edges of other names are not."""

import logging

import pytest

from screener.service.shared_feed import SharedFeed
from screener.service.shared_presence import BEAT_S, KIND, PRESENT_S, SharedPresence
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_seal import BodySealer
from tests.builders import HandClock


class Edges:
    """Runs of agents over one store, whose time passes as they beat."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.store = SharedMemory(self.clock)

    def run(self, name: str, run: str, place: str = "") -> SharedPresence:
        feed = SharedFeed(self.store, BodySealer(b"s" * 32), name, KIND, run=run)
        return SharedPresence(feed, place or f"{run}, pid 1")

    async def beats(self, *several: SharedPresence, times: int = 1) -> None:
        for _ in range(times):
            for one in several:
                await one.step()
            self.clock.now += BEAT_S


@pytest.fixture
def edges(caplog: pytest.LogCaptureFixture) -> Edges:
    caplog.set_level(logging.INFO, "screener.sharing")
    return Edges()


async def test_two_of_one_name_are_told_at_both_once_and_where_the_other_is(
    edges: Edges, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (
        edges.run("north", "aa", "pbx-1, pid 7"),
        edges.run("north", "bb", "pbx-2, pid 9"),
    )
    await edges.beats(first, second, times=3)
    assert (first.namesakes, second.namesakes) == (["pbx-2, pid 9"], ["pbx-1, pid 7"])
    await edges.beats(first, second, times=20)
    assert caplog.text.count("EDGE-DOUBLE") == 2
    assert "edge=north at='pbx-2, pid 9'" in caplog.text


async def test_edges_of_other_names_are_none_of_its_own(edges: Edges) -> None:
    several = [edges.run(name, run) for name, run in (("north", "a"), ("north-2", "b"), ("n", "c"))]
    await edges.beats(*several, times=5)
    assert [one.namesakes for one in several] == [[], [], []]


async def test_a_restart_is_no_double_however_soon_it_comes(
    edges: Edges, caplog: pytest.LogCaptureFixture
) -> None:
    await edges.beats(edges.run("north", "aa"), times=5)
    edges.clock.now -= BEAT_S
    for run in ("bb", "cc", "dd"):  # and started anew before any mark has ended
        again = edges.run("north", run)
        await edges.beats(again, times=3)
        assert again.namesakes == []
    assert "EDGE-" not in caplog.text


async def test_one_that_ends_is_told_as_gone_and_a_mark_alone_keeps_nothing_up(
    edges: Edges, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = edges.run("north", "aa"), edges.run("north", "bb")
    await edges.beats(first, second, times=3)
    await edges.beats(first, times=int(PRESENT_S / BEAT_S) + 1)
    assert first.namesakes == []
    assert caplog.text.count("EDGE-SINGLE") == 1
    await edges.beats(first, second, times=3)
    assert len(first.namesakes) == 1


async def test_a_third_one_is_told_too_and_one_that_ends_leaves_the_other(
    edges: Edges, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, third = (edges.run("north", run) for run in ("aa", "bb", "cc"))
    await edges.beats(first, second, third, times=3)
    assert first.namesakes == ["bb, pid 1", "cc, pid 1"]
    await edges.beats(first, third, times=8)
    assert first.namesakes == ["cc, pid 1"]
    assert "EDGE-SINGLE" not in caplog.text


async def test_while_the_store_is_away_nobody_comes_or_goes(
    edges: Edges, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = edges.run("north", "aa"), edges.run("north", "bb")
    await edges.beats(first, second, times=3)
    edges.store.answers = False
    await edges.beats(first, second, times=50)
    assert len(first.namesakes) == 1
    edges.store.answers = True
    await edges.beats(first, second, times=3)
    assert len(first.namesakes) == 1
    assert caplog.text.count("EDGE-") == 2


@pytest.mark.parametrize("told", [None, {}, [], [1], ["1", "x"], [True, "x"], [1.5, "x"], [1, 2]])
async def test_what_is_no_mark_is_refused(
    edges: Edges, caplog: pytest.LogCaptureFixture, told: object
) -> None:
    first = edges.run("north", "aa")
    stranger = SharedFeed(edges.store, BodySealer(b"s" * 32), "north", KIND, run="bb")
    await stranger.keep(told, ttl=60.0)
    await edges.beats(first, times=3)
    assert first.namesakes == []
    assert caplog.text.count("SHARED-REFUSED") == (1 if told is not None else 0)


async def test_a_place_is_one_short_line_of_the_log(
    edges: Edges, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = edges.run("north", "aa"), edges.run("north", "bb", "a\nb\x1b[2J" + "c" * 500)
    await edges.beats(first, second, times=3)
    (place,) = first.namesakes
    assert place.isprintable()
    assert len(place) <= 80
    assert "\x1b" not in caplog.text
