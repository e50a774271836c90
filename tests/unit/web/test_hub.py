"""The hub: what it makes of events and looks, over a real control socket, with an injected time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screener.adapters.control import ControlServer
from screener.core.incident import Ruled
from screener.core.settings import Action, Level
from screener.service.feed import Feed
from screener.web.hub import FRESH_S, RECENT, TICK_S, UNWATCHED_S, Hub, ruled_of
from tests.unit.web.test_hub_status import TELLING

PATIENCE_S = 10.0
NOW = 1_800_000_000.0


def a_decision(number: int = 1, **changes: object) -> dict[str, object]:
    plain = {
        "id": f"call-{number}",
        "at": NOW,
        "verdict": "drop",
        "would": "drop",
        "treatment": "busy",
        "reasons": ["score"],
        "latency_ms": 0.5,
        "queue_waiting": 7,
        "channels_in_use": 40,
    }
    return {**plain, **changes}


class World:
    """A hub, its clock, and an agent that comes and goes."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.path = folder / "s"
        self.hub = Hub(lambda: str(self.path), lambda: self.now, rest=self._rest)
        self.rests: list[float] = []
        self.asked = 0
        self.refuses = False
        self.feed = Feed()
        self._stirred = asyncio.Event()

    async def _rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self._stirred.set()
        await asyncio.sleep(0.001)

    def _status(self, _request: dict[str, object]) -> dict[str, object]:
        self.asked += 1
        if self.refuses:
            raise KeyError
        return dict(TELLING)

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[None]:
        server = ControlServer(self.path, {"status": self._status}, self.feed.subscribe)
        await server.start()
        try:
            yield
        finally:
            await server.close()

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not met():
                self._stirred.clear()
                await self._stirred.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.hub.run())
            yield
            task.cancel()


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(
    ("verdict", "treatment", "ruled"),
    [
        ("admit", None, Ruled.ADMIT),
        ("challenge", None, Ruled.CHALLENGE),
        ("drop", "busy", Ruled.BUSY),
        ("drop", "refuse", Ruled.REFUSE),
        ("drop", "announce", Ruled.REFUSE),
        ("?", None, Ruled.ADMIT),
    ],
)
def test_a_verdict_is_told_as_what_is_done(
    verdict: str, treatment: str | None, ruled: Ruled
) -> None:
    assert ruled_of({"verdict": verdict, "treatment": treatment}) is ruled


def test_events_are_counted_and_the_last_calls_kept_newest_first(world: World) -> None:
    for number in range(RECENT + 5):
        world.hub.took(a_decision(number))
    world.hub.took({"id": f"call-{RECENT + 4}", "outcome": "hangup"})
    world.hub.took({"id": "unknown", "outcome": "hangup"})
    world.hub.took({"lost": 3})
    world.now += 1
    snapshot = world.hub.snapshot()
    assert snapshot.last.calls is not None
    assert snapshot.last.calls.ruled == {Ruled.BUSY: RECENT + 5}
    assert snapshot.last.calls.would == {Action.DROP: RECENT + 5}
    newest = [f"call-{RECENT + 4}", f"call-{RECENT + 3}"]
    assert [one["id"] for one in snapshot.recent][:2] == newest
    assert len(snapshot.recent) == RECENT
    assert [one["outcome"] for one in snapshot.recent][:2] == ["hangup", ""]
    assert snapshot.missed == 3


def test_what_a_call_told_of_the_site_counts_while_it_is_fresh(world: World) -> None:
    world.hub.took(a_decision())
    snapshot = world.hub.snapshot()
    assert (snapshot.waiting, snapshot.channels) == (7, 40)
    world.now += FRESH_S + 1
    snapshot = world.hub.snapshot()
    assert (snapshot.waiting, snapshot.channels) == (None, None)


@pytest.mark.parametrize(
    "event", [{}, {"verdict": 3}, a_decision(would=None, latency_ms="x"), {"outcome": None}]
)
def test_an_event_of_another_version_breaks_nothing(world: World, event: dict[str, object]) -> None:
    world.hub.took(event)
    assert world.hub.snapshot().missed == 0


async def test_an_agent_is_followed_asked_and_missed(world: World) -> None:
    async with world.running():
        await world.until(lambda: "not running" in world.hub.snapshot().trouble)
        world.now += 60
        async with world.agent():
            await world.until(lambda: world.hub.snapshot().status is not None)
            snapshot = world.hub.snapshot()
            assert (snapshot.trouble, snapshot.since) == ("", NOW + 60)
            assert snapshot.status is not None
            assert snapshot.status.level is Level.FULL
            world.feed._pass_on(a_decision())
            await world.until(lambda: bool(world.hub.snapshot().recent))
            assert world.hub.snapshot().waiting == 7  # the queue is watched: its word counts
            world.now += 60
        await world.until(lambda: world.hub.snapshot().trouble != "")
        snapshot = world.hub.snapshot()
        assert (snapshot.since, snapshot.status) == (NOW + 120, None)


async def test_an_agent_that_cannot_tell_its_status_is_as_good_as_away(world: World) -> None:
    async with world.agent(), world.running():
        await world.until(lambda: world.hub.snapshot().status is not None)
        world.refuses = True
        world.now += 60
        await world.until(lambda: world.hub.snapshot().trouble != "")
        assert world.hub.snapshot().since == NOW + 60
        world.refuses = False
        await world.until(lambda: world.hub.snapshot().trouble == "")


async def test_the_agent_is_asked_often_only_while_somebody_watches(world: World) -> None:
    async with world.agent(), world.running():
        await world.until(lambda: world.rests.count(UNWATCHED_S) > 2)
        with world.hub.board("x", lambda: {"x": str(world.asked)}).join():
            before = world.rests.count(UNWATCHED_S)
            asked = world.asked
            await world.until(lambda: world.asked > asked + 10)
            assert world.rests.count(UNWATCHED_S) <= before + 2
        assert TICK_S in world.rests


async def test_one_follower_and_one_render_serve_any_number_of_viewers(world: World) -> None:
    renders = 0

    def render() -> dict[str, str]:
        nonlocal renders
        renders += 1
        return {"x": str(renders)}

    async with world.agent(), world.running():
        await world.until(lambda: world.hub.snapshot().status is not None)
        board = world.hub.board("x", render)
        assert world.hub.board("x", render) is board
        with board.join() as (viewer, _), board.join(), board.join():
            await viewer.next()
            assert len(world.feed._lost) == 1
        world.hub.close()


async def test_a_fault_of_one_page_is_told_without_its_words_and_costs_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    number = "+1651" + "5550142"

    def broken() -> dict[str, str]:
        if not world.rests:
            return {}
        raise KeyError(number)

    with (
        world.hub.board("broken", broken).join(),
        world.hub.board("whole", lambda: {"x": str(len(world.rests))}).join() as (viewer, _),
    ):
        async with world.agent(), world.running():
            await world.until(lambda: "WEB-FAULT" in caplog.text)
            ticks = len(world.rests)
            await world.until(lambda: len(world.rests) > ticks + 20)
            assert await viewer.next()
    assert "KeyError" in caplog.text
    assert number not in caplog.text
    assert [one.levelno for one in caplog.records] == [logging.ERROR]
