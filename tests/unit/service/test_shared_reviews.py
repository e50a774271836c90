from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from screener.core.lists import ListAction
from screener.core.outcome import Event, Outcome
from screener.service.shared_feed import FEED_TTL_S
from screener.service.shared_reviews import COMPARE_S
from screener.storage.deeds import REVIEW_BOOK, entries
from screener.storage.review_store import Act, ReviewStore
from screener.storage.shared_memory import SharedMemory
from tests.builders import HandClock
from tests.unit.service.sharing_edges import Edge, edges, steps
from tests.unit.storage.reviews import ALICE, BOB, entry, reviews

if TYPE_CHECKING:
    from screener.service.reviewing import LetIn

ALLOWED, DENIED = ListAction.ALLOW, ListAction.DENY


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(clock: HandClock) -> SharedMemory:
    return SharedMemory(clock)


@pytest.fixture
def three(tmp_path: Path, store: SharedMemory, clock: HandClock) -> Iterator[list[Edge]]:
    with edges(tmp_path, store, clock, "east", "north", "west") as made:
        yield made


def spoken(several: list[Edge], number: str) -> list[ListAction | None]:
    return [edge.speaks(number) for edge in several]


async def compared(*several: Edge) -> None:
    """Let the edges compare, ask, answer and take in."""
    several[0].clock.now += COMPARE_S
    await steps(*several)
    several[0].clock.now += 1.0
    await steps(*several)


async def test_an_allow_and_a_deny_reach_every_edge(three: list[Edge]) -> None:
    east, north, west = three
    east.kept.allow(ALICE)
    await east.did()
    north.kept.deny(BOB)
    await north.did()
    await steps(*three, times=1)
    assert spoken(three, ALICE) == [ALLOWED] * 3
    assert spoken(three, BOB) == [DENIED] * 3
    assert west.sharing.snapshot()["taken"] == 4  # two actions, each with an entry


async def test_who_when_why_and_where_are_kept_at_every_edge(three: list[Edge]) -> None:
    east, north, _ = three
    number = east.kept.allow(ALICE)
    await east.did()
    await steps(*three)
    (at_north,) = north.kept.reader.standing(now=east.clock(), list_name="", every=True, limit=9)
    at_east = east.kept.reader.action(number)
    assert at_east is not None
    told = at_north.action
    assert (told.uid, told.at, told.reason) == (at_east.uid, at_east.at, "ticket 7")
    assert (at_east.who, told.who) == ("anna", "anna on east")
    (deed,) = entries(north.kept.store.connection, REVIEW_BOOK)
    assert (deed.who, deed.what, deed.reason, deed.at) == (
        *("anna on east", "allow", "ticket 7"),
        at_east.at,
    )
    assert north.kept.store.verify_audit() == 1


async def test_an_undo_at_another_edge_undoes_everywhere(three: list[Edge]) -> None:
    east, north, _ = three
    east.kept.deny(ALICE)
    await east.did()
    await steps(*three)
    latest = north.kept.reader.latest_of("anna")
    assert latest is not None
    north.kept.undo(latest)
    await north.did()
    await steps(*three)
    assert spoken(three, ALICE) == [None] * 3
    (shown,) = east.kept.reader.standing(now=east.clock(), list_name="", every=True, limit=9)
    assert shown.undone_by == "bob on north"


async def test_a_late_older_deny_does_not_outspeak_a_newer_allow(three: list[Edge]) -> None:
    east, north, _ = three
    north.kept.deny(ALICE)  # not told yet: its edge is cut off
    east.clock.now += 60.0
    east.kept.allow(ALICE)
    await east.did()
    await steps(*three[::2])
    await north.did()
    await steps(*three)
    assert spoken(three, ALICE) == [ALLOWED] * 3


async def test_who_knew_of_a_review_speaks_after_it_though_the_clock_is_behind(
    three: list[Edge],
) -> None:
    east, north, _ = three
    east.kept.deny(ALICE)
    await east.did()
    await steps(*three)
    east.clock.now -= 3_600.0
    north.kept.allow(ALICE)
    await north.did()
    await steps(*three)
    assert spoken(three, ALICE) == [ALLOWED] * 3


async def test_after_a_partition_blocks_are_not_resurrected(
    three: list[Edge], store: SharedMemory
) -> None:
    east, north, west = three
    for number in (ALICE, BOB):
        east.kept.deny(number)
    await east.did()
    await steps(*three)
    store.answers = False
    for edge, number in ((east, ALICE), (north, BOB)):
        (one,) = edge.kept.reader.of_entry(entry(number), edge.clock())
        edge.kept.undo(one.action.number)
        await edge.did()
    assert spoken(three, ALICE) == [None, DENIED, DENIED]
    store.answers = True
    await compared(*three)
    assert spoken(three, ALICE) == [None] * 3
    assert spoken(three, BOB) == [None] * 3
    west.begin(store)  # all of the feed once more
    await compared(*three)
    assert spoken(three, ALICE) == [None] * 3


async def test_duplicates_and_another_order_change_nothing(three: list[Edge]) -> None:
    east, north, west = three
    first = east.kept.deny(ALICE)
    await east.did()
    east.kept.undo(first)
    east.kept.allow(ALICE)
    await east.did()
    news = await west.feed.news(100)
    told = [one.told for one in news]
    for file in (north.sharing._file, west.sharing._file):
        file.take(told[::-1])
        assert file.take(told).new == 0
    for edge in (north, west):
        await edge.reviewing.refresh()
    assert spoken(three, ALICE) == [ALLOWED] * 3


async def test_a_pause_holds_everywhere_and_ends_everywhere(three: list[Edge]) -> None:
    east, _, west = three
    east.kept.pause(600.0)
    await east.did()
    await steps(*three)
    now = east.clock()
    assert [edge.memory.reviews.is_paused(now) for edge in three] == [True] * 3
    west.kept.store.resume(Act("sue", "resume", now))
    await west.did()
    await steps(*three)
    assert [edge.memory.reviews.is_paused(now) for edge in three] == [False] * 3


async def test_a_long_import_comes_whole_and_replacing_it_holds_everywhere(
    three: list[Edge],
) -> None:
    east, north, _ = three
    east.kept.take_list("old", *(f"+1651555{n:04}" for n in range(1_201)))
    await east.did()
    await steps(*three)
    assert [len(edge.memory.reviews) for edge in three] == [1_201] * 3
    north.clock.now += 1.0
    done = north.kept.take_list("old", BOB, replace=True)
    await north.did()
    await steps(*three)
    assert [len(edge.memory.reviews) for edge in three] == [1] * 3
    north.kept.undo(done.number)
    await north.did()
    await steps(*three)
    assert [len(edge.memory.reviews) for edge in three] == [1_201] * 3


async def test_one_entry_undone_is_so_everywhere(three: list[Edge]) -> None:
    east, north, _ = three
    east.kept.take_list("old", ALICE, BOB)
    await east.did()
    await steps(*three)
    (kept,) = north.kept.reader.of_entry(entry(ALICE), north.clock())
    north.kept.store.undo_entry(Act("bob", "undo", north.clock()), kept.place)
    await north.did()
    await compared(*three)
    assert spoken(three, ALICE) == [None] * 3
    assert spoken(three, BOB) == [DENIED] * 3


async def test_an_emptied_store_and_an_edge_that_joins_get_all_that_is_in_force(
    three: list[Edge], clock: HandClock, tmp_path: Path
) -> None:
    east, north, _ = three
    east.kept.allow(ALICE)
    over = east.kept.deny(BOB)
    east.kept.undo(over)
    await east.did()
    await steps(*three)
    empty = SharedMemory(clock)
    for edge in three:
        edge.begin(empty)
    with reviews(tmp_path / "south") as kept:
        south = Edge("south", kept, empty, clock)
        await compared(*three, south)
        assert south.speaks(ALICE) is ALLOWED
        assert south.speaks(BOB) is None
    assert north.feed.posted <= 2


async def test_what_a_command_wrote_while_no_agent_ran_is_told_by_the_next_one(
    three: list[Edge], store: SharedMemory
) -> None:
    east, north, _ = three
    store.answers = False
    east.kept.deny(ALICE)
    await east.sharing.close()
    store.answers = True
    east.begin(store)
    await steps(east, north)
    assert north.speaks(ALICE) is DENIED


async def test_an_erased_number_is_erased_everywhere_and_not_told_again(
    three: list[Edge],
) -> None:
    east, north, west = three
    east.kept.take_list("old", ALICE, BOB)
    await east.did()
    await steps(east, north)  # west is away
    store = ReviewStore(north.kept.path, north.kept.keys)
    with closing(store):
        assert store.forget(ALICE, north.sealer.mark(ALICE), north.clock()) == 1
    await north.did()
    await compared(*three)
    await compared(*three)
    assert spoken(three, ALICE) == [None] * 3
    assert spoken(three, BOB) == [DENIED] * 3
    for edge in three:
        held = edge.kept.store.connection.execute("SELECT count(*) FROM reviews").fetchone()
        assert held == (1,)
    assert west.kept.store.forget(ALICE) == 0


async def test_an_allow_pardons_at_every_edge(three: list[Edge]) -> None:
    east, north, _ = three
    for edge in three:
        for _ in range(3):
            edge.engine.learn(ALICE, Outcome(Event.CHALLENGE_FAILED), at=edge.clock())
    pardoned: list[LetIn] = []
    north.reviewing.on_let_in = pardoned.append
    east.kept.allow(ALICE)
    await east.did()
    await steps(*three)
    assert [one.identity for one in pardoned] == [ALICE]
    action = east.kept.reader.action(1)
    assert action is not None
    assert pardoned[0].uid == action.uid


async def test_what_is_sealed_with_another_secret_or_is_no_parcel_is_left_out(
    three: list[Edge], store: SharedMemory, caplog: pytest.LogCaptureFixture
) -> None:
    east, north, _ = three
    await store.post("eve", "reviews", b"rubbish", ttl=60.0)
    await store.post("eve", "reviews", b"scr1" + bytes(60), ttl=60.0)
    body = east.sealer.seal("reviews", "east", {"v": 1, "actions": [["x"]]})
    await store.post("east", "reviews", body, ttl=60.0)
    await store.post("eve", "reviews", body, ttl=60.0)  # passed off as eve's
    east.kept.allow(ALICE)
    await east.did()
    await steps(north)
    assert north.speaks(ALICE) is ALLOWED
    assert north.sharing.snapshot()["refused"] == 4
    assert ALICE not in caplog.text


async def test_no_number_stands_in_the_store_in_the_clear(
    three: list[Edge], store: SharedMemory
) -> None:
    east, north, _ = three
    east.kept.allow(ALICE)
    await east.did()
    await compared(*three)
    bodies = [one.body for one in await store.since("reviews", "", 100)]
    bodies += (await store.kept("")).values()
    assert len(bodies) >= 4
    assert not any(ALICE.encode()[2:] in body or b"anna" in body for body in bodies)
    assert north.speaks(ALICE) is ALLOWED


async def test_a_deny_that_its_twin_missed_reaches_it_though_both_have_one_name(
    tmp_path: Path, store: SharedMemory, clock: HandClock
) -> None:
    with (
        edges(tmp_path / "a", store, clock, "north") as (one,),
        edges(tmp_path / "b", store, clock, "north") as (twin,),
    ):
        one.begin(store, "aa")
        one.kept.deny(ALICE)
        await one.did()
        clock.now += FEED_TTL_S + 1.0  # while the twin was away
        twin.begin(store, "bb")
        await twin.reviewing.start()
        await compared(one, twin)
        await compared(one, twin)
        assert spoken([one, twin], ALICE) == [DENIED] * 2
