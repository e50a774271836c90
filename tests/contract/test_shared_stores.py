"""What the edges rely on in every store of what they share, wherever it keeps it."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.config.options import RedisOptions
from screener.core import gcra
from screener.core.settings import Window
from screener.core.shared import (
    EVENTS_KEPT,
    ChallengeEnded,
    Counter,
    Note,
    Question,
    SharedStanding,
    Spent,
    StandingChange,
    Told,
    refund_of,
)
from screener.errors import MissingPartError, SharedRefusedError, SharedStoreError
from screener.ports import SharedStore
from screener.storage import shared_codec
from screener.storage.redis_place import RedisPlace
from screener.storage.shared_memory import SharedMemory
from screener.storage.shared_redis import SharedRedis
from screener.storage.shared_sqlite import SharedSqlite
from tests.servers.redis_server import REDIS, VALKEY, Kind, RedisServer

HOUR = 3_600.0
_NAMES = count(1)


def fresh() -> str:
    """A name that no test used before: the stores live as long as the module."""
    return f"t{next(_NAMES)}"


class Place:
    """One kind of store: gives out stores that share all, and lets time pass there."""

    async def opened(self) -> SharedStore:
        raise NotImplementedError

    async def passes(self, seconds: float) -> None:
        raise NotImplementedError


class InMemory(Place):
    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.store = SharedMemory(self._read)

    def _read(self) -> float:
        self.now += 1e-5
        return self.now

    async def opened(self) -> SharedStore:
        return self.store

    async def passes(self, seconds: float) -> None:
        self.now += seconds


class InRedis(Place):
    """Stores of a real server; each is of another event loop, as hypothesis and pytest have it."""

    def __init__(self, address: str) -> None:
        self._options = RedisOptions(addresses=(address,))

    async def opened(self) -> SharedStore:
        store = SharedRedis(RedisPlace(self._options, _no_secret), prefix="t")
        await store.ping()
        return store

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class InSqlite(Place):
    """Stores of one file, each as another agent of the machine has it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def opened(self) -> SharedStore:
        store = SharedSqlite(self._path, lambda: 1_700_000_000.0)
        await store.ping()
        return store

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _no_secret(path: Path) -> str:
    raise AssertionError(path)


def in_server(kind: Kind, folder: Path) -> Iterator[Place]:
    try:
        kind.command()
    except MissingPartError as error:
        if os.environ.get("SCREENER_REQUIRE_LAB") == "1":
            raise
        pytest.skip(f"no {kind.name}: {error}")
    with RedisServer(folder, kind) as server:
        yield InRedis(server.address)


@pytest.fixture(scope="module")
def memory() -> Place:
    return InMemory()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return InSqlite(tmp_path_factory.mktemp("sqlite") / "shared.sqlite")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from in_server(REDIS, tmp_path_factory.mktemp("redis"))


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from in_server(VALKEY, tmp_path_factory.mktemp("valkey"))


PLACES = [
    "memory",
    "sqlite",
    pytest.param("redis", marks=pytest.mark.e2e),
    pytest.param("valkey", marks=pytest.mark.e2e),
]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def store(place: Place) -> AsyncIterator[SharedStore]:
    opened = await place.opened()
    yield opened
    if not isinstance(place, InMemory):
        await opened.close()


def asked(*counters: Counter, caller: str = "", line: str = "", call_id: str = "") -> Question:
    return Question(call_id or fresh(), caller, line, counters)


def note(call_id: str, *, line: str = "", challenged: bool = False, ttl: float = HOUR) -> Note:
    return Note(call_id, "edge-a", "caller", line, "trunk", "crowd", challenged, ttl)


def is_full(told: Told, counter: Counter) -> bool:
    windows = [Window(*window) for window in counter.windows]
    return any(
        gcra.is_full(window, tat, told.now)
        for window, tat in zip(windows, told.tats[0], strict=True)
    )


async def test_an_unknown_caller_has_no_standing_no_challenges_and_unused_counters(
    store: SharedStore,
) -> None:
    counter = Counter(fresh(), ((3, 60.0), (100, HOUR)))
    told = await store.consult(asked(counter, caller=fresh(), line=fresh()))
    assert told.tats == ((0.0, 0.0),)
    assert told.spent == ((told.now + 20.0, told.now + 36.0),)
    assert told.standing is None
    assert told.open_challenges == 0
    assert told.now > 1_500_000_000


async def test_a_question_without_anything_is_answered(store: SharedStore) -> None:
    told = await store.consult(Question("", "", "", ()))
    assert (told.tats, told.spent, told.standing, told.open_challenges) == ((), (), None, 0)


async def test_time_goes_on_and_the_next_call_finds_what_the_last_one_left(
    store: SharedStore,
) -> None:
    counter = Counter(fresh(), ((3, 60.0),))
    first = await store.consult(asked(counter))
    second = await store.consult(asked(counter))
    assert second.now > first.now
    assert second.tats == first.spent


WINDOWS = st.lists(
    st.tuples(
        st.integers(1, 50),
        st.one_of(st.floats(1e-4, 5e-3), st.floats(0.01, 10.0), st.floats(1.0, 90_000.0)),
    ),
    min_size=1,
    max_size=5,
)
STEPS = st.lists(
    st.one_of(st.sampled_from(["spend", "refund"]), st.floats(-1.0, 0.9)), min_size=1, max_size=25
)
"""What happens: a call, the refund of the last one, or a merge of so much of a window from now."""


@given(windows=WINDOWS, steps=STEPS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_counters_are_those_of_the_core_to_the_last_bit_on_any_history(
    place: Place, windows: list[tuple[int, float]], steps: list[str | float]
) -> None:
    counter = Counter(fresh(), tuple(windows))

    async def history() -> None:
        async with in_loop(place) as store:
            expected = [0.0] * len(windows)
            question = asked(counter)
            told = await store.consult(Question("", "", "", ()))
            for step in [*steps, "spend"]:
                if isinstance(step, float):
                    merged = tuple(told.now + step * per for _, per in windows)
                    await store.tell([Spent(counter, merged)])
                    expected = list(map(max, expected, merged))
                elif step == "spend":
                    told = await store.consult(question)
                    for tat, known in zip(told.tats[0], expected, strict=True):
                        assert tat == known or max(tat, known) <= told.now
                    assert told.spent[0] == tuple(
                        gcra.spend(Window(*window), tat, told.now)
                        for window, tat in zip(windows, told.tats[0], strict=True)
                    )
                    expected = list(told.spent[0])
                elif told.tats:
                    refund = refund_of(question, told)
                    await store.tell([refund])
                    pairs = zip(expected, refund.seconds[0], strict=True)
                    expected = [max(tat - seconds, 0.0) for tat, seconds in pairs]

    asyncio.run(history())


@asynccontextmanager
async def in_loop(place: Place) -> AsyncIterator[SharedStore]:
    """A store of the running loop's own, closed at the end where it is one of many."""
    opened = await place.opened()
    try:
        yield opened
    finally:
        if not isinstance(place, InMemory):
            await opened.close()


async def test_askers_at_once_never_together_exceed_a_limit(place: Place) -> None:
    counter = Counter(fresh(), ((7, 1_000.0), (1_000, HOUR)))
    stores = [await place.opened() for _ in range(3)]
    asking = [store.consult(asked(counter)) for store in stores for _ in range(20)]
    answers = await asyncio.gather(*asking)
    assert sum(not is_full(told, counter) for told in answers) == 7
    if not isinstance(place, InMemory):
        for store in stores:
            await store.close()


async def test_a_refund_gives_back_one_call_and_none_where_nothing_was_spent(
    store: SharedStore,
) -> None:
    counter = Counter(fresh(), ((2, 1_000.0), (50, 1_000.0)))
    first = asked(counter)
    told = await store.consult(first)
    await store.tell([refund_of(first, told)])
    again = await store.consult(asked(counter))
    assert max(again.tats[0]) <= again.now
    await store.consult(asked(counter))
    refused = asked(counter)
    full = await store.consult(refused)
    assert is_full(full, counter)
    await store.tell([refund_of(refused, full)])
    after = await store.consult(asked(counter))
    assert after.tats[0] == pytest.approx(full.tats[0], abs=1e-3)
    assert is_full(after, counter)


async def test_a_refund_of_what_nobody_knows_any_more_leaves_nothing(store: SharedStore) -> None:
    counter = Counter(fresh(), ((2, 1_000.0),))
    question = asked(counter)
    told = await store.consult(question)
    await store.forget("", "", [counter.key])
    await store.tell([refund_of(question, told)])
    assert (await store.consult(asked(counter))).tats == ((0.0,),)


async def test_what_was_counted_apart_is_merged_by_maximum(store: SharedStore) -> None:
    counter = Counter(fresh(), ((10, 100.0), (10, 100.0)))
    told = await store.consult(asked(counter))
    late, early = told.spent[0][0] + 30.0, told.now - 50.0
    await store.tell([Spent(counter, (late, early))])
    merged = await store.consult(asked(counter))
    assert merged.tats == ((late, told.spent[0][1]),)
    await store.tell([Spent(counter, (late, early))])
    assert (await store.consult(asked(counter))).tats == merged.spent


async def test_a_clock_of_the_future_fills_a_window_and_no_more(store: SharedStore) -> None:
    counter = Counter(fresh(), ((10, 100.0),))
    await store.tell([Spent(counter, (1e12,))])
    told = await store.consult(asked(counter))
    assert is_full(told, counter)
    assert told.now < told.tats[0][0] <= told.now + 100.0


async def test_a_counter_whose_windows_changed_begins_anew(store: SharedStore) -> None:
    key = fresh()
    await store.consult(asked(Counter(key, ((1, HOUR),))))
    assert (await store.consult(asked(Counter(key, ((1, HOUR), (2, HOUR)))))).tats == ((0.0, 0.0),)


async def test_a_standing_is_changed_by_who_knows_it_as_it_is(store: SharedStore) -> None:
    caller = fresh()
    assert await store.standing(caller) is None
    first = SharedStanding(0, (1.5, -0.0, 2.25e300), "trünk", 77.125)
    assert await store.change(StandingChange(caller, 0, first, fresh(), HOUR)) is None
    known = await store.standing(caller)
    assert known is not None
    assert known.version > 0
    assert (known.fields, known.trunk, known.cleared_at) == (first.fields, "trünk", 77.125)
    assert (await store.consult(asked(caller=caller))).standing == known
    second = SharedStanding(0, (9.0,))
    refused = await store.change(StandingChange(caller, 0, second, fresh(), HOUR))
    assert refused == known
    assert await store.standing(caller) == known
    assert await store.change(StandingChange(caller, known.version, second, fresh(), HOUR)) is None
    changed = await store.standing(caller)
    assert changed is not None
    assert changed.version > known.version
    assert (changed.fields, changed.trunk, changed.cleared_at) == ((9.0,), "", 0.0)


async def test_an_event_told_twice_counts_once_whatever_came_between(store: SharedStore) -> None:
    caller, event = fresh(), fresh()
    told = StandingChange(caller, 0, SharedStanding(0, (1.0,)), event, HOUR)
    assert await store.change(told) is None
    known = await store.standing(caller)
    assert await store.change(told) is None
    assert await store.standing(caller) == known
    for number in range(EVENTS_KEPT - 1):
        assert known is not None
        after = SharedStanding(0, (float(number),))
        assert (
            await store.change(StandingChange(caller, known.version, after, fresh(), HOUR)) is None
        )
        known = await store.standing(caller)
    assert known is not None
    again = StandingChange(caller, known.version, SharedStanding(0, (5e5,)), event, HOUR)
    assert await store.change(again) is None
    assert await store.standing(caller) == known


async def test_of_many_who_change_one_standing_at_once_one_does(place: Place) -> None:
    caller = fresh()
    stores = [await place.opened() for _ in range(3)]
    changes = [
        store.change(StandingChange(caller, 0, SharedStanding(0, (float(number),)), fresh(), HOUR))
        for number, store in enumerate(stores * 5)
    ]
    answers = await asyncio.gather(*changes)
    assert answers.count(None) == 1
    kept = await stores[0].standing(caller)
    assert {answer for answer in answers if answer is not None} == {kept}
    assert kept is not None
    assert kept.fields == (float(answers.index(None)),)
    if not isinstance(place, InMemory):
        for store in stores:
            await store.close()


async def test_a_change_of_a_standing_that_is_gone_is_refused_with_nothing(
    store: SharedStore,
) -> None:
    caller = fresh()
    stale = StandingChange(caller, 3, SharedStanding(3, (1.0,)), fresh(), HOUR)
    assert await store.change(stale) == SharedStanding(0)
    assert await store.standing(caller) is None


async def test_versions_of_a_standing_never_come_again(store: SharedStore) -> None:
    caller, seen = fresh(), set()
    for _ in range(4):
        await store.change(StandingChange(caller, 0, SharedStanding(0), fresh(), HOUR))
        known = await store.standing(caller)
        assert known is not None
        seen.add(known.version)
        await store.forget(caller, "", [])
    assert len(seen) == 4


async def test_open_challenges_of_a_line_are_counted_but_for_the_calls_own(
    store: SharedStore,
) -> None:
    line, calls = fresh(), [fresh() for _ in range(3)]
    await store.tell([note(call, line=line, challenged=True) for call in calls])
    await store.tell([note(calls[0], line=line, challenged=True)])
    await store.tell([note(fresh(), line=line)])
    assert (await store.consult(asked(line=line))).open_challenges == 3
    assert (await store.consult(asked(line=line, call_id=calls[1]))).open_challenges == 2
    await store.tell([ChallengeEnded(calls[1], line), ChallengeEnded(calls[1], line)])
    assert (await store.consult(asked(line=line))).open_challenges == 2
    assert (await store.consult(asked(line=fresh()))).open_challenges == 0


async def test_challenges_that_nobody_ended_end_by_themselves(
    place: Place, store: SharedStore
) -> None:
    line = fresh()
    await store.tell([note(fresh(), line=line, challenged=True, ttl=0.05)])
    await store.tell([note(fresh(), line=line, challenged=True, ttl=HOUR)])
    assert (await store.consult(asked(line=line))).open_challenges == 2
    await place.passes(0.1)
    assert (await store.consult(asked(line=line))).open_challenges == 1


async def test_open_challenges_of_one_line_are_bounded(store: SharedStore) -> None:
    line = fresh()
    most = shared_codec.MOST_OPEN
    for start in range(0, most + 200, 100):
        await store.tell(
            [note(f"{line}-{start + one}", line=line, challenged=True) for one in range(100)]
        )
    assert (await store.consult(asked(line=line))).open_challenges == most


async def test_a_call_is_known_to_whoever_asks_and_more_than_once(place: Place) -> None:
    here, there = await place.opened(), await place.opened()
    call_id = fresh()
    told = Note(call_id, "edge-ä", "c" * 43, "line", "", "crowd", challenged=True, ttl=12.5)
    await here.tell([told])
    assert await there.claim(call_id) == told
    assert await here.claim(call_id) == told
    assert await there.claim(fresh()) is None
    if not isinstance(place, InMemory):
        await here.close()
        await there.close()


async def test_forgetting_leaves_nothing_of_a_caller_and_what_is_others(
    store: SharedStore,
) -> None:
    caller, other, line = fresh(), fresh(), fresh()
    mine, others = Counter(fresh(), ((5, HOUR),)), Counter(fresh(), ((5, HOUR),))
    calls = [fresh(), fresh()]
    for whose, call in zip((caller, other), calls, strict=True):
        await store.change(StandingChange(whose, 0, SharedStanding(0, (1.0,)), fresh(), HOUR))
        await store.tell([Note(call, "a", whose, line, "", "", challenged=True, ttl=HOUR)])
    await store.consult(asked(mine, others))
    await store.forget(caller, line, [mine.key])
    told = await store.consult(asked(mine, others, caller=caller, line=line))
    assert (told.standing, told.open_challenges) == (None, 0)
    assert told.tats[0] == (0.0,)
    assert told.tats[1][0] > told.now
    assert await store.claim(calls[0]) is None
    assert await store.claim(calls[1]) is not None
    assert await store.standing(other) is not None


async def test_everything_ends_by_itself(place: Place, store: SharedStore) -> None:
    caller, call_id, kind, key = fresh(), fresh(), fresh(), fresh()
    counter = Counter(fresh(), ((1, 0.05),))
    await store.consult(asked(counter))
    await store.change(StandingChange(caller, 0, SharedStanding(0, (1.0,)), fresh(), 0.05))
    await store.tell([note(call_id, ttl=0.05)])
    await store.post("a", kind, b"x", ttl=0.05)
    await store.keep(key, b"x", ttl=0.05)
    await place.passes(1.2)
    told = await store.consult(asked(counter, caller=caller))
    assert told.standing is None
    assert not is_full(told, counter)
    assert await store.claim(call_id) is None
    assert list(await store.since(kind, "")) == []
    assert dict(await store.kept(key)) == {}


async def test_a_feed_tells_in_order_and_goes_on_where_a_reader_was(place: Place) -> None:
    here, there = await place.opened(), await place.opened()
    kind = fresh()
    places = [
        await (here, there)[number % 2].post(f"edge{number % 2}", kind, bytes([number]), ttl=HOUR)
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
    if not isinstance(place, InMemory):
        await here.close()
        await there.close()


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
        async with in_loop(place) as store:
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
