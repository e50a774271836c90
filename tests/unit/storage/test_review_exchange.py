from collections.abc import Iterator
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.core.lists import ListAction
from screener.service.shared_reviews import Untold
from screener.storage.review_exchange import ReviewExchange
from screener.storage.review_parcels import MOST_ENTRIES
from screener.storage.review_store import Act
from screener.storage.shared_seal import BodySealer
from tests.unit.storage.reviews import ALICE, BOB, PLAN, OpenReviews, entry, reviews

MARK = BodySealer(b"s" * 32).mark


def exchange_of(kept: OpenReviews, edge: str) -> ReviewExchange:
    now = kept.clock
    return ReviewExchange(kept.path, kept.keys_path, lambda: PLAN, edge=edge, now=now, mark=MARK)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[OpenReviews]]:
    with ExitStack() as stack:
        yield [stack.enter_context(reviews(tmp_path / name)) for name in ("east", "north")]


def told_of(file: ReviewExchange) -> list[object]:
    return list(file.tell(file.untold()))


def test_what_was_told_is_not_told_again_unless_it_changed(two: list[OpenReviews]) -> None:
    kept, file = two[0], exchange_of(two[0], "east")
    number = kept.deny(ALICE)
    untold = file.untold()
    assert len(untold.uids) == 1
    file.told(untold)
    assert not file.untold()
    kept.undo(number)
    untold = file.untold()
    kept.deny(BOB)  # meanwhile
    file.told(untold)
    assert len(file.untold().uids) == 2


def test_a_long_import_is_told_in_pieces_and_taken_whole(two: list[OpenReviews]) -> None:
    east, north = two
    count = 2 * MOST_ENTRIES + 1
    east.take_list("old", *(f"+1651555{n:04}" for n in range(count)))
    told = told_of(exchange_of(east, "east"))
    assert len(told) == 3
    file = exchange_of(north, "north")
    file.take(told[1:])
    assert file.compare(exchange_of(east, "east").summary()).wanted
    file.take(told[:1])
    assert len(north.changes().made) == count
    assert file.summary() == exchange_of(east, "east").summary()


def test_summaries_tell_what_each_lacks(two: list[OpenReviews]) -> None:
    east, north = two
    at_east, at_north = exchange_of(east, "east"), exchange_of(north, "north")
    number = east.deny(ALICE)
    lack = at_north.compare(at_east.summary())
    assert (len(lack.wanted), lack.owed) == (1, ())
    assert at_east.compare(at_north.summary()).owed == lack.wanted
    at_north.take(told_of(at_east))
    assert at_north.compare(at_east.summary()) == at_east.compare(at_north.summary())
    east.undo(number)
    assert at_east.compare(at_north.summary()).owed == lack.wanted
    north.clock.now += 1.0
    north.store.forget(ALICE, MARK(ALICE), north.clock())
    assert at_east.compare(at_north.summary()).erased_differ
    assert at_east.take(list(at_north.tell_erased())).new == 1


def test_what_is_over_is_in_no_summary(two: list[OpenReviews]) -> None:
    kept, file = two[0], exchange_of(two[0], "east")
    kept.deny(ALICE, until=kept.clock() + 60.0)
    assert len(file.summary()["actions"]) == 1  # type: ignore[index]  # an object
    kept.clock.now += 61.0
    assert file.summary()["actions"] == {}  # type: ignore[index]  # an object


def test_who_asks_gets_what_is_there_and_nothing_for_what_is_not(two: list[OpenReviews]) -> None:
    east, north = two
    east.deny(ALICE)
    file = exchange_of(east, "east")
    uids = file.untold().uids
    taken = file.take([exchange_of(north, "north").ask([*uids, "unknown"])])
    assert taken.wanted == (*uids, "unknown")
    assert len(list(file.tell(Untold(0, taken.wanted)))) == 1


deeds = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["deny", "allow", "undo", "list", "replace", "pause", "one"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds, st.randoms(use_true_random=False))
def test_in_whatever_order_facts_come_all_edges_end_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    done: list[tuple[int, str, int]],
    chance: object,
) -> None:
    folder = tmp_path_factory.mktemp("edges")
    with ExitStack() as stack:
        made = [stack.enter_context(reviews(folder / name)) for name in ("a", "b", "c")]
        files = [exchange_of(kept, name) for kept, name in zip(made, "abc", strict=True)]
        told: list[object] = []
        for place, (edge, what, number) in enumerate(done):
            kept = made[edge]
            kept.clock.now += place + 1.0
            _do(kept, what, number)
            news = told_of(files[edge])
            files[edge].told(files[edge].untold())
            told += news
            if place % 3 == 0:
                files[1 - edge].take(news)
        orders = list(permutations(range(min(len(told), 3))))
        order = orders[chance.randrange(len(orders))]  # type: ignore[attr-defined]  # hypothesis' own
        mixed = [told[place] for place in order] + told[len(order) :][::-1]
        for file in files:
            file.take(mixed + mixed)
        states = [_state(kept) for kept in made]
        assert states[0] == states[1] == states[2]
        assert files[0].summary() == files[1].summary() == files[2].summary()


def _do(kept: OpenReviews, what: str, number: int) -> None:
    caller = (ALICE, BOB, "+16515550144")[number]
    match what:
        case "deny":
            kept.deny(caller)
        case "allow":
            kept.allow(caller)
        case "list" | "replace":
            kept.take_list("old", caller, BOB, replace=what == "replace")
        case "pause":
            kept.pause(600.0)
        case "undo":
            latest = kept.reader.latest_of("anna")
            if latest is not None:
                kept.undo(latest)
        case _:
            found = kept.reader.of_entry(entry(caller), kept.clock())
            if found:
                kept.store.undo_entry(Act("bob", "undo", kept.clock()), found[-1].place)


def _state(kept: OpenReviews) -> tuple[object, ...]:
    now = kept.clock.now + 100.0
    shown = kept.reader.standing(now=now, list_name="", every=True, limit=100)
    rows = sorted((one.action.uid, one.shown, one.speaks, one.undone_at is None) for one in shown)
    speaking = []
    for caller in (ALICE, BOB, "+16515550144"):
        held = kept.reader.of_entry(entry(caller), now)
        speaking.append(held[0].speaks if held else None)
    pauses = kept.store.connection.execute(
        "SELECT uid, undone_at IS NULL FROM actions WHERE what = 'pause' ORDER BY uid"
    ).fetchall()
    return rows, speaking, pauses


def test_the_sides_of_an_action_are_kept(two: list[OpenReviews]) -> None:
    east, north = two
    east.take_list("old", ALICE)
    exchange_of(north, "north").take(told_of(exchange_of(east, "east")))
    (kept,) = north.reader.standing(now=north.clock(), list_name="old", every=True, limit=9)
    opened = list(north.reader.opened(now=north.clock(), list_name="old"))
    assert kept.speaks is ListAction.DENY
    assert opened[0][1] is not None
    assert opened[0][1].remark == "about 0"
