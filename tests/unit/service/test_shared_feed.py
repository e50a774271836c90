import logging

import pytest

from screener.errors import ScreenerError, SharedStoreError
from screener.service.shared_feed import SharedFeed
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_seal import BodySealer
from tests.builders import HandClock


def feed_of(store: SharedMemory, edge: str, secret: bytes = b"s" * 32) -> SharedFeed:
    return SharedFeed(store, BodySealer(secret), edge, "kind")


@pytest.fixture
def store() -> SharedMemory:
    return SharedMemory(HandClock())


async def test_what_one_posts_all_read_once_and_in_order(store: SharedMemory) -> None:
    east, north = feed_of(store, "east"), feed_of(store, "north")
    for told in (1, 2, 3):
        await east.post({"told": told})
    assert [one.told for one in await north.news(2)] == [{"told": 1}, {"told": 2}]
    assert [one.told for one in await north.news(2)] == [{"told": 3}]
    assert await north.news(2) == []
    assert {one.edge for one in await east.news(9)} == {"east"}


async def test_each_keeps_one_thing_and_gets_those_of_the_others(store: SharedMemory) -> None:
    east, north = feed_of(store, "east"), feed_of(store, "north")
    await east.keep("old", ttl=60.0)
    await east.keep("new", ttl=60.0)
    await north.keep("north's", ttl=60.0)
    assert await north.kept() == {"east": "new"}
    assert await east.kept() == {"north": "north's"}


async def test_runs_under_one_name_keep_theirs_beside_one_another(store: SharedMemory) -> None:
    def run_of(edge: str, run: str) -> SharedFeed:
        return SharedFeed(store, BodySealer(b"s" * 32), edge, "kind", run=run)

    first, second, other = run_of("east", "aa"), run_of("east", "bb"), run_of("east-2", "cc")
    for feed, told in ((first, "first's"), (second, "second's"), (other, "other's")):
        await feed.keep(told, ttl=60.0)
    assert await first.kept() == {"east/bb": "second's", "east-2/cc": "other's"}
    assert await first.kept_by_namesakes() == {"east/bb": "second's"}
    assert await other.kept_by_namesakes() == {}
    without_runs = feed_of(store, "west")
    await without_runs.keep("west's", ttl=60.0)
    assert (await first.kept())["west"] == "west's"
    assert set(await without_runs.kept()) == {"east/aa", "east/bb", "east-2/cc"}


async def test_what_cannot_be_opened_is_counted_and_told_once(
    store: SharedMemory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    stranger, north = feed_of(store, "eve", b"t" * 32), feed_of(store, "north")
    for _ in range(3):
        await stranger.post("x")
    await stranger.keep("x", ttl=60.0)
    assert await north.news(9) == []
    assert await north.kept() == {}
    assert north.refused == 4
    assert caplog.text.count("SHARED-REFUSED") == 1


async def test_told_reasons_are_bounded(
    store: SharedMemory, caplog: pytest.LogCaptureFixture
) -> None:
    north = feed_of(store, "north")
    for place in range(500):
        north.refuse(f"edge {place}", ScreenerError("it is none"))
    assert caplog.text.count("SHARED-REFUSED") == 100


async def test_a_store_that_is_away_is_told_as_that(store: SharedMemory) -> None:
    north = feed_of(store, "north")
    store.answers = False
    for asked in (north.news(1), north.post(1), north.kept(), north.keep(1, ttl=1.0)):
        with pytest.raises(SharedStoreError):
            await asked
