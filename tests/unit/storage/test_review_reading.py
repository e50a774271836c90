from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.lists import ListAction
from screener.storage.keys import Keys
from screener.storage.review_reading import ReviewReader, State, Wanted
from screener.storage.review_rows import writing_of
from tests.builders import NOW
from tests.unit.storage.reviews import ALICE, BOB, PLAN, OpenReviews, entry, reviews


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[OpenReviews]:
    with reviews(tmp_path) as opened:
        yield opened


def test_what_stands_is_shown_masked_newest_first(kept: OpenReviews) -> None:
    kept.deny(ALICE, until=NOW + 60.0)
    kept.allow("+1900*", who="bob")
    found = kept.reader.standing(now=NOW, list_name="", every=False, limit=9)
    assert [(one.shown, one.speaks.value, one.action.who) for one in found] == [
        ("+1900*", "allow", "bob"),
        ("+1\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202242", "deny", "anna"),
    ]
    assert found[1].is_in_force(NOW)
    assert not found[1].is_in_force(NOW + 60.0)
    later = kept.reader.standing(now=NOW + 60.0, list_name="", every=False, limit=9)
    assert len(later) == 1


def test_undone_ones_are_shown_to_who_asks_for_all(kept: OpenReviews) -> None:
    kept.undo(kept.deny(ALICE))
    assert kept.reader.standing(now=NOW, list_name="", every=False, limit=9) == []
    found = kept.reader.standing(now=NOW, list_name="", every=True, limit=9)
    assert [(one.undone_by, one.is_in_force(NOW)) for one in found] == [("bob", False)]


def test_lists_are_counted_and_shown_apart(kept: OpenReviews) -> None:
    kept.allow(ALICE)
    kept.take_list("block", ALICE, BOB)
    counts = kept.reader.counts(now=NOW, list_name="", every=False)
    assert counts == [("block", "deny", 2), ("reviewed", "allow", 1)]
    found = kept.reader.standing(now=NOW, list_name="block", every=False, limit=1)
    assert len(found) == 1
    assert kept.reader.has_list("block")
    assert not kept.reader.has_list("other")
    kept.pause(60.0)
    assert kept.reader.names() == ["block", "reviewed"]


def test_the_reviews_of_one_entry_are_found_the_newest_first(kept: OpenReviews) -> None:
    kept.deny(ALICE)
    kept.take_list("block", ALICE)
    number = kept.allow("651 555 0142")
    found = kept.reader.of_entry(entry(ALICE), NOW)
    assert [one.action.what for one in found] == ["allow", "import", "deny"]
    kept.undo(number)
    assert [one.action.what for one in kept.reader.of_entry(entry(ALICE), NOW)] == [
        "import",
        "deny",
    ]
    assert kept.reader.of_entry(entry("+1900*"), NOW) == []


def test_somebody_s_latest_action_is_found(kept: OpenReviews) -> None:
    assert kept.reader.latest_of("anna") is None
    kept.deny(ALICE)
    number = kept.pause(60.0)
    kept.deny(BOB, who="bob")
    assert kept.reader.latest_of("anna") == number
    kept.undo(number)
    assert kept.reader.latest_of("anna") == 1


def test_an_action_of_one_entry_gives_it(kept: OpenReviews) -> None:
    assert kept.reader.entry_of(kept.deny("+1900*")) == entry("+1900*")
    assert kept.reader.entry_of(kept.take_list("block", ALICE, BOB).number) is None
    assert kept.reader.entry_of(99) is None
    strange = ReviewReader(kept.store.connection, Keys("x", b"x" * 32, b"y" * 32), PLAN)
    assert strange.entry_of(1) is None


def test_the_book_of_one_caller_holds_all_that_can_speak_of_it(kept: OpenReviews) -> None:
    kept.deny(BOB)
    kept.deny("+1651*")
    kept.allow(ALICE)
    caller = PLAN.read(f"{ALICE};ext=12")
    book = kept.reader.speaking_of(caller, NOW)
    assert len(book) == 2
    hit = book.match(caller, NOW)
    assert hit is not None
    assert hit.action is ListAction.ALLOW
    assert len(kept.reader.speaking_of(PLAN.read("anonymous"), NOW)) == 1


def test_an_export_opens_what_these_keys_can(kept: OpenReviews) -> None:
    kept.take_list("block", ALICE, "+1900*")
    kept.undo(kept.deny(BOB))
    found = [told for _, told in kept.reader.opened(now=NOW, list_name="block")]
    assert [(writing_of(one.entry), one.remark) for one in found if one] == [
        ("+1900*", "about 1"),
        (ALICE, "about 0"),
    ]
    strange = ReviewReader(kept.store.connection, Keys("x", b"x" * 32, b"y" * 32), PLAN)
    assert [told for _, told in strange.opened(now=NOW, list_name="")] == [None, None]


def test_reviews_are_found_by_list_action_and_state_in_pages(kept: OpenReviews) -> None:
    ended = kept.deny(ALICE, until=NOW + 60.0)
    kept.undo(kept.allow(BOB))
    kept.take_list("block", "+1900*", "+1901*")

    def found(wanted: Wanted, now: float = NOW + 60.0, limit: int = 9) -> list[int]:
        return [one.action.number for one in kept.reader.page(wanted, now=now, limit=limit)]

    assert found(Wanted()) == [3, 3]
    assert found(Wanted(), NOW) == [3, 3, ended]
    assert found(Wanted(state=State.ENDED)) == [ended]
    assert found(Wanted(state=State.UNDONE)) == [2]
    assert found(Wanted(state=State.ANY)) == [3, 3, 2, ended]
    assert found(Wanted(list_name="block", speaks=ListAction.ALLOW)) == []
    assert found(Wanted(speaks=ListAction.DENY, state=State.ANY)) == [3, 3, ended]
    last = kept.reader.page(Wanted(), now=NOW, limit=1)[0].place
    assert found(Wanted(before=last), NOW) == [3, ended]
    at_place = kept.reader.at_place(last)
    assert at_place is not None
    assert at_place.shown == "+1901*"
    assert kept.reader.at_place(99) is None
