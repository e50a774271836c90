"""What edges tell one another through every store: the feed, blobs, and what none takes."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.core.shared import (
    ChallengeEnded,
    Counter,
    Note,
    SharedStanding,
    Spent,
    StandingChange,
)
from screener.errors import SharedRefusedError, SharedStoreError
from screener.ports import SharedStore
from screener.service.shared_feed import SharedFeed
from screener.service.shared_presence import KIND, SharedPresence
from screener.storage import shared_codec
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_seal import BodySealer
from tests.contract.shared_places import (
    HOUR,
    PLACES,
    InMemory,
    Place,
    asked,
    fresh,
    note,
    place_named,
)


@pytest.fixture(scope="module", params=PLACES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    yield from place_named(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[SharedStore]:
    async with place.some(1) as (opened,):
        yield opened


async def test_a_feed_tells_in_order_and_goes_on_where_a_reader_was(place: Place) -> None:
    async with place.some(2) as (here, there):
        kind = fresh()
        places = [
            await (here, there)[number % 2].post(
                f"edge{number % 2}", kind, bytes([number]), ttl=HOUR
            )
            for number in range(20)
        ]
        assert places == sorted(set(places))
        everything = await there.since(kind, "")
        assert [entry.at for entry in everything] == places
        assert [entry.body for entry in everything] == [bytes([number]) for number in range(20)]
        assert [entry.edge for entry in everything[:2]] == ["edge0", "edge1"]
        assert {entry.kind for entry in everything} == {kind}
        assert [entry.at for entry in await here.since(kind, places[7])] == places[8:]
        assert [entry.at for entry in await here.since(kind, places[7], 3)] == places[8:11]
        assert list(await here.since(kind, places[-1])) == []
        assert list(await here.since(fresh(), "")) == []


async def test_entries_that_ended_are_passed_over(place: Place, store: SharedStore) -> None:
    kind = fresh()
    long = await store.post("a", kind, b"long", ttl=HOUR)
    for _ in range(5):
        await store.post("a", kind, b"short", ttl=0.05)
    last = await store.post("a", kind, b"last", ttl=HOUR)
    await place.passes(0.1)
    assert [entry.body for entry in await store.since(kind, "")] == [b"long", b"last"]
    assert [entry.at for entry in await store.since(kind, long, 1)] == [last]


async def test_a_feed_is_bounded_and_keeps_the_latest(
    store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_codec, "MOST_POSTED", 300)
    kind = fresh()
    places = [await store.post("a", kind, b"", ttl=HOUR) for _ in range(1_201)]
    found = [entry.at for entry in await store.since(kind, "", 10_000)]
    assert found == places[-len(found) :]
    assert 300 <= len(found) <= 300 + shared_codec.TRIM_EVERY


async def test_blobs_are_found_by_the_beginning_of_their_key(store: SharedStore) -> None:
    stem = fresh()
    await store.keep(f"{stem}/a", b"1", ttl=HOUR)
    await store.keep(f"{stem}/b", bytes(range(256)), ttl=HOUR)
    await store.keep(f"{stem}/a", b"2", ttl=HOUR)
    await store.keep(f"{stem}é/ü", b"4", ttl=HOUR)
    await store.keep(f"x{stem}/a", b"3", ttl=HOUR)
    assert dict(await store.kept(f"{stem}/")) == {f"{stem}/a": b"2", f"{stem}/b": bytes(range(256))}
    assert dict(await store.kept(f"{stem}/a")) == {f"{stem}/a": b"2"}
    assert dict(await store.kept(f"{stem}é")) == {f"{stem}é/ü": b"4"}


async def test_two_agents_of_one_name_find_each_other_and_a_restart_finds_none(
    place: Place,
) -> None:
    name = fresh()

    def run_of(store: SharedStore, run: str) -> SharedPresence:
        feed = SharedFeed(store, BodySealer(b"s" * 32), name, KIND, run=run)
        return SharedPresence(feed, f"machine of {run}")

    async with place.some(2) as (here, there):
        killed = run_of(here, "killed")
        for _ in range(3):
            await killed.step()
        first = run_of(here, "first")
        for _ in range(3):
            await first.step()
        assert first.namesakes == []
        second = run_of(there, "second")
        for _ in range(3):
            await second.step()
            await first.step()
        assert first.namesakes == ["machine of second"]
        assert second.namesakes == ["machine of first"]


TOO_MUCH = {
    "long caller": lambda store: store.standing("c" * 513),
    "long key": lambda store: store.consult(asked(Counter("k" * 513, ((1, 1.0),)))),
    "no windows": lambda store: store.consult(asked(Counter("k", ()))),
    "no calls": lambda store: store.consult(asked(Counter("k", ((0, 1.0),)))),
    "no time": lambda store: store.consult(asked(Counter("k", ((1, 0.0),)))),
    "many counters": lambda store: store.consult(asked(*[Counter("k", ((1, 1.0),))] * 129)),
    "many deeds": lambda store: store.tell([ChallengeEnded("c", "l")] * 1_001),
    "large entry": lambda store: store.post("a", "kind", bytes(300_000), ttl=1.0),
    "large blob": lambda store: store.keep("k", bytes(1_100_000), ttl=1.0),
    "odd kind": lambda store: store.post("a", "a:b", b"", ttl=1.0),
    "no end": lambda store: store.keep("k", b"", ttl=float("inf")),
    "ended": lambda store: store.post("a", "kind", b"", ttl=0.0),
    "no moment": lambda store: store.tell([Spent(Counter("k", ((1, 1.0),)), (float("nan"),))]),
    "one moment too many": lambda store: store.tell([Spent(Counter("k", ((1, 1.0),)), (1.0, 2.0))]),
    "not a time": lambda store: store.tell([note("c", ttl=float("nan"))]),
}


@pytest.mark.parametrize("what", TOO_MUCH)
async def test_what_is_too_large_or_has_no_end_is_refused(store: SharedStore, what: str) -> None:
    with pytest.raises(SharedRefusedError, match="refused"):
        await TOO_MUCH[what](store)
    await store.ping()


KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@given(keys=st.tuples(KEYS, KEYS, KEYS), numbers=st.lists(st.floats(allow_nan=False), max_size=12))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_and_any_number_comes_back_as_it_was(
    place: Place, keys: tuple[str, str, str], numbers: list[float]
) -> None:
    own = fresh()

    async def there_and_back() -> None:
        async with place.some(1) as (store,):
            caller, line, call_id = (own + key for key in keys)
            after = SharedStanding(0, tuple(numbers), keys[0], 1.0)
            assert await store.change(StandingChange(caller, 0, after, keys[1], HOUR)) is None
            known = await store.standing(caller)
            assert known is not None
            assert struct.pack(f"{len(numbers)}d", *known.fields) == struct.pack(
                f"{len(numbers)}d", *numbers
            )
            assert known.trunk == keys[0]
            told = Note(call_id, keys[0], caller, line, keys[1], keys[2], challenged=True, ttl=HOUR)
            await store.tell([told])
            assert await store.claim(call_id) == told
            answer = await store.consult(asked(caller=caller, line=line))
            assert (answer.standing, answer.open_challenges) == (known, 1)

    asyncio.run(there_and_back())


async def test_a_closed_store_refuses(place: Place) -> None:
    store: SharedStore = (
        SharedMemory(lambda: 1.0) if isinstance(place, InMemory) else (await place.opened())
    )
    await store.close()
    await store.close()
    told: list[Any] = [store.ping(), store.standing("a"), store.since("kind", "")]
    for one in told:
        with pytest.raises(SharedStoreError):
            await one
