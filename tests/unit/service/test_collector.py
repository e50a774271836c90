"""What sessions and rules leave to the collector: nothing that grows with the calls."""

import asyncio
import gc
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
import uvloop

from screener.adapters.fastagi import FastAgiServer
from screener.adapters.fastagi_options import FastAgiOptions
from screener.core.engine import Engine
from screener.core.outcome import Event, Outcome
from screener.core.settings import Mode, Settings, TableSizes
from screener.service.collector import (
    FEW,
    MANY,
    THRESHOLDS,
    Steps,
    collect_rarely,
    keep_what_is,
    keep_without_a_look,
)
from screener.service.feed import Feed
from screener.service.screening import ScreeningService
from screener.service.tally import Tally
from screener.storage.new_memory import new_memory
from tests.builders import HandClock
from tests.unit.fastagi_client import question, screened

SIZES = TableSizes(counters=300, callers=100, known=50, calls=100, busied=50, prefixes=50)
SETTINGS = replace(Settings(mode=Mode.ENFORCE), tables=SIZES)
FIRST, SECOND = 150, 600
SERVED, FAILED = Outcome(Event.ANSWERED, 60.0), Outcome(Event.CHALLENGE_FAILED)
SPARE = 40
"""Objects in cycles that may come and go by chance; a session would leave thousands."""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)
    gc.enable()


def number_of(place: int) -> str:
    return f"+1651{place * 7_919 % 10**7:07}" if place % 3 else "+16515550142"


def agent() -> tuple[ScreeningService, HandClock]:
    clock = HandClock()
    memory = new_memory(SETTINGS, largest=64)
    return ScreeningService(Engine(SETTINGS, memory), clock, Tally(), (Feed(),)), clock


def play(port: int, service: ScreeningService, clock: HandClock, places: range) -> None:
    """Play calls as they come: answered, hung up on, cut in the middle, full of nonsense."""
    for place in places:
        clock.now += 0.2
        number = number_of(place)
        match place % 10:
            case 7 | 8:
                with socket.create_connection(("127.0.0.1", port)) as broken:
                    whole = question(number)
                    broken.sendall(whole[:90] if place % 10 == 7 else b"nonsense\n\n")
            case _:
                told = screened(port, number)
                outcome = SERVED if place % 2 else FAILED
                service.report(told["SCREENER_ID"], outcome)


def garbage(sessions: range, service: ScreeningService, clock: HandClock) -> int:
    """Return how many objects in cycles those sessions left behind."""

    async def serve() -> int:
        server = FastAgiServer(service, FastAgiOptions(port=0))
        await server.start()
        await asyncio.to_thread(play, server.port, service, clock, range(30))
        gc.collect()
        await asyncio.to_thread(play, server.port, service, clock, sessions)
        found = gc.collect()
        await server.drain(5.0)
        return found

    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve())


def test_what_a_session_leaves_is_freed_without_the_collector() -> None:
    service, clock = agent()
    few = garbage(range(FIRST), service, clock)
    many = garbage(range(FIRST, FIRST + SECOND), service, clock)
    assert few < SPARE
    assert many < SPARE
    assert gc.garbage == []


def test_full_tables_are_nothing_to_the_collector() -> None:
    memory = new_memory(replace(SETTINGS, tables=TableSizes()), largest=64)
    engine, clock = Engine(SETTINGS, memory), HandClock()
    gc.collect()
    before = len(gc.get_objects())
    for place in range(2_000):
        number = f"+1651{place:07}"
        memory.counters.put(f"number\x1f{number}", (clock.now + place, clock.now))
        engine.learn(number, SERVED, at=clock.now - 9e5, trunk="trunk-a")
        engine.learn(number, SERVED, at=clock.now, trunk="trunk-a")
        memory.busied.put(number, (clock.now + place,))
    gc.collect()
    assert (len(memory.counters), len(memory.callers), len(memory.busied)) == (2_000, 2_000, 2_000)
    assert len(gc.get_objects()) - before < SPARE


def test_what_is_kept_is_looked_at_no_more_and_what_is_new_is_collected() -> None:
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    collect_rarely()
    assert gc.get_threshold() == THRESHOLDS
    kept = [[place] for place in range(1_000)]
    keep_what_is()
    assert not any(one is kept[0] for one in gc.get_objects())
    Ring()
    assert gc.collect() > 0
    late = [[place] for place in range(10)]
    keep_without_a_look()
    assert not any(one is late[0] for one in gc.get_objects())


def test_steps_meet_little_at_a_time_of_what_comes_as_other_things_go() -> None:
    met: dict[int, list[int]] = {0: [], 1: [], 2: []}

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            generation = info["generation"]
            met[generation].append(sum(len(gc.get_objects(it)) for it in range(generation + 1)))

    collect_rarely()
    cached = dict(enumerate([place] for place in range(8_000)))
    keep_what_is()
    steps = Steps()
    gc.callbacks.append(note)
    try:
        for place in range(40_000):
            cached.pop(place)
            cached[place + 8_000] = [place]
            if place % 100 == 0:
                steps.take()
    finally:
        gc.callbacks.remove(note)
    assert len(met[0]) > 10
    assert len(met[1]) > 2
    assert max(met[0]) < FEW + 300
    assert max(met[1]) < MANY + 1_500
    assert met[2] == []


def test_a_step_with_little_to_look_at_does_nothing_and_one_finds_a_cycle() -> None:
    gc.disable()
    gc.collect()
    before = gc.get_stats()[0]["collections"]
    steps = Steps()
    steps.take()
    assert gc.get_stats()[0]["collections"] == before
    rings: list[list[object]] = [[] for _ in range(2 * FEW)]
    for ring in rings:
        ring.append(ring)
    gone = gc.get_stats()[0]["collected"]
    del ring
    rings.clear()
    steps.take()
    assert gc.get_stats()[0]["collected"] - gone >= 2 * FEW


def test_steps_come_to_a_look_at_everything_as_the_collector_would() -> None:
    """What leaks in cycles that are old is found then, and not before."""
    gc.disable()
    gc.collect()
    gc.set_threshold(0)
    before = gc.get_stats()[2]["collections"]
    steps = Steps()
    try:
        for looked in range(1, THRESHOLDS[2] + 2):
            steps.stayed = MANY
            new = [[place] for place in range(FEW)]
            steps.take()
            del new
            assert gc.get_stats()[2]["collections"] - before == (looked > THRESHOLDS[2])
    finally:
        collect_rarely()
