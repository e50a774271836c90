"""What calls rely on in every shared store: counters, standings, challenges, notes."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from screener.ports import SharedStore
from screener.storage import shared_codec
from tests.contract.shared_places import HOUR, PLACES, Place, asked, fresh, note, place_named


@pytest.fixture(scope="module", params=PLACES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    yield from place_named(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[SharedStore]:
    async with place.some(1) as (opened,):
        yield opened


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
        async with place.some(1) as (store,):
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


async def test_askers_at_once_never_together_exceed_a_limit(place: Place) -> None:
    counter = Counter(fresh(), ((7, 1_000.0), (1_000, HOUR)))
    async with place.some(3) as stores:
        asking = [store.consult(asked(counter)) for store in stores for _ in range(20)]
        answers = await asyncio.gather(*asking)
    assert sum(not is_full(told, counter) for told in answers) == 7


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
    async with place.some(3) as stores:
        changes = [
            store.change(
                StandingChange(caller, 0, SharedStanding(0, (float(number),)), fresh(), HOUR)
            )
            for number, store in enumerate(stores * 5)
        ]
        answers = await asyncio.gather(*changes)
        assert answers.count(None) == 1
        kept = await stores[0].standing(caller)
        assert {answer for answer in answers if answer is not None} == {kept}
        assert kept is not None
        assert kept.fields == (float(answers.index(None)),)


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


async def test_open_challenges_of_one_line_are_bounded(
    store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_codec, "MOST_OPEN", 50)
    line = fresh()
    for _ in range(3):
        await store.tell([note(fresh(), line=line, challenged=True) for _ in range(30)])
    assert (await store.consult(asked(line=line))).open_challenges == 50


async def test_a_call_is_known_to_whoever_asks_and_more_than_once(place: Place) -> None:
    call_id = fresh()
    told = Note(call_id, "edge-ä", "c" * 43, "line", "", "crowd", challenged=True, ttl=12.5)
    async with place.some(2) as (here, there):
        await here.tell([told])
        assert await there.claim(call_id) == told
        assert await here.claim(call_id) == told
        assert await there.claim(fresh()) is None


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
