import asyncio

import pytest

from screener.core.crowd import Crowd
from screener.core.memory import CallNote
from screener.core.reputation import Standing
from screener.core.settings import Settings
from screener.storage.new_memory import new_memory
from screener.storage.state_file import CHUNK, Piece
from screener.storage.state_pieces import Pieces, begun
from tests.builders import NOW

MANY = 3 * CHUNK


def together(pieces: list[Piece]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for piece in pieces:
        table = found.setdefault(piece.table, {})
        assert table.keys().isdisjoint(piece.entries)
        table.update(piece.entries)
    return found


def asked(pieces: Pieces) -> list[Piece]:
    with pieces:
        return list(pieces)


async def test_all_tables_are_told_as_of_the_moment_at_which_they_were_begun() -> None:
    memory = new_memory(Settings(), largest=100)
    for place in range(MANY):
        memory.counters.put(f"c{place}", (NOW + place,))
        memory.callers.put(f"+1{place}", Standing(NOW + place))
        memory.calls.put(f"id{place}", CallNote(f"+1{place}", "t"))
        memory.crowds.prefixes.put(f"p{place}", Crowd(NOW))
        if place % 2:
            memory.callers.protect(f"+1{place}")
    memory.crowds.few["wnew"], memory.crowds.customers = Crowd(NOW, 1.0), 7
    expected = {
        "counters": dict(memory.counters.entries(protected=False)),
        "known": dict(memory.callers.entries(protected=True)),
        "callers": dict(memory.callers.entries(protected=False)),
        "calls": dict(memory.calls.entries(protected=False)),
        "prefixes": dict(memory.crowds.prefixes.entries(protected=False)),
    }
    snapshot, pieces = begun(memory, NOW)
    telling = asyncio.get_running_loop().create_task(asyncio.to_thread(asked, pieces))
    changed = 0
    while not telling.done():
        memory.counters.put(f"c{changed % MANY}", (-1.0,))
        memory.counters.put(f"later{changed}", (-1.0,))
        memory.callers.protect(f"+1{changed % MANY}")
        memory.callers.forget(f"+1{changed * 3 % MANY}")
        memory.calls.forget(f"id{changed % MANY}")
        memory.crowds.few["wnew"].fast += 1.0
        changed += 1
        await asyncio.sleep(0)
    told = await telling
    assert changed > len(told) / 2
    assert together(told) == expected
    assert max(len(piece.entries) for piece in told) <= CHUNK
    crowds = snapshot.crowds
    assert (crowds.few, crowds.customers) == ({"wnew": Crowd(NOW, 1.0)}, 7)
    assert (snapshot.counters_at, snapshot.callers_at, snapshot.calls_at) == (NOW, NOW, NOW)


async def test_a_crowd_is_copied_and_goes_on_apart() -> None:
    memory = new_memory(Settings())
    memory.crowds.prefixes.put("p+1", Crowd(NOW, 1.0))
    _, pieces = begun(memory, NOW)
    (told,) = [
        piece for piece in await asyncio.to_thread(asked, pieces) if piece.table == "prefixes"
    ]
    crowd = memory.crowds.prefixes.get("p+1")
    assert crowd is not None
    crowd.fast = 9.0
    assert told.entries == {"p+1": Crowd(NOW, 1.0)}


async def test_who_stops_asking_leaves_no_view_behind() -> None:
    memory = new_memory(Settings(), largest=10)
    for place in range(100):
        memory.counters.put(f"c{place}", (NOW,))
    _, pieces = begun(memory, NOW)

    def one() -> None:
        with pieces:
            next(iter(pieces))

    await asyncio.to_thread(one)
    await asyncio.sleep(0)
    assert not any(vars(table)["_views"] for table in (memory.counters, memory.callers))


def test_where_the_loop_has_ended_asking_fails_and_does_not_wait() -> None:
    async def begin() -> Pieces:
        return begun(new_memory(Settings()), NOW)[1]

    pieces = asyncio.run(begin())
    with pytest.raises(RuntimeError):
        asked(pieces)
