from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.lists import ListAction
from screener.core.review import ReviewBook, write_entry
from screener.errors import ScreenerError
from screener.service.reviewing import ALLOW, NOT_SPAM, LetIn
from screener.storage.review_changes import ChangesReader
from tests.builders import NOW
from tests.unit.storage.reviews import ALICE, BOB, PLAN, OpenReviews, reviews


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[OpenReviews]:
    with reviews(tmp_path) as opened:
        yield opened


def test_all_there_is_comes_first_then_only_what_changed(kept: OpenReviews) -> None:
    kept.deny(ALICE)
    kept.undo(kept.deny(BOB))
    first = kept.changes()
    assert [write_entry(one.entry) for one in first.made] == [f"={ALICE}"]
    assert first.taken_back == ()
    assert kept.changes(first.change, first.book).made == ()
    number = kept.allow("+1900*")
    second = kept.changes(first.change, first.book)
    assert [(one.action, one.until) for one in second.made] == [(ListAction.ALLOW, None)]
    kept.undo(number)
    kept.store.forget(ALICE)
    third = kept.changes(second.change, second.book)
    assert third.made == ()
    assert set(third.taken_back) == {first.made[0].place, second.made[0].place}


def test_a_reader_of_another_book_is_told_everything(kept: OpenReviews) -> None:
    kept.deny(ALICE)
    first = kept.changes()
    assert len(kept.changes(first.change, "another").made) == 1
    assert len(kept.changes(first.change + 5, first.book).made) == 1


def test_what_is_over_is_left_out(kept: OpenReviews) -> None:
    kept.deny(ALICE, until=NOW + 10.0)
    assert len(kept.changes().made) == 1
    kept.clock.now += 10.0
    assert kept.changes().made == ()


def test_who_was_let_in_is_told_but_not_of_imports_and_ranges(kept: OpenReviews) -> None:
    kept.allow(ALICE)
    kept.not_spam(BOB)
    kept.allow("+1651*")
    kept.take_list("block", "+16515550144")
    assert kept.changes().let_in == (LetIn(ALICE, ALLOW, NOW), LetIn(BOB, NOT_SPAM, NOW))


def test_the_newest_pause_that_stands_speaks(kept: OpenReviews) -> None:
    assert kept.changes().paused_until == 0.0
    kept.pause(60.0)
    number = kept.pause(30.0)
    assert kept.changes().paused_until == NOW + 30.0
    kept.undo(number)
    assert kept.changes().paused_until == NOW + 60.0
    kept.clock.now += 60.0
    assert kept.changes().paused_until == 0.0


def test_reviews_of_other_keys_are_counted_and_skipped(kept: OpenReviews, tmp_path: Path) -> None:
    kept.deny(ALICE)
    other = tmp_path / "other.json"
    found = ChangesReader(kept.path, other, lambda: PLAN, kept.clock)(0, "")
    assert (found.made, found.unread) == ((), 1)


def test_the_audit_s_end_is_told_as_a_witness(kept: OpenReviews) -> None:
    assert kept.changes().witness == "0:"
    kept.deny(ALICE)
    place, _, digest = kept.changes().witness.partition(":")
    assert place == "1"
    assert len(digest) == 64


def test_there_need_be_no_file(tmp_path: Path) -> None:
    reader = ChangesReader(tmp_path / "s" / "review.db", tmp_path / "k.json", lambda: PLAN, float)
    found = reader(0, "")
    assert (found.change, found.made, found.paused_until) == (0, (), 0.0)
    assert found.book


def test_keys_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reader = ChangesReader(tmp_path / "r.db", tmp_path / "file" / "k.json", lambda: PLAN, float)
    with pytest.raises(ScreenerError, match="cannot be read"):
        reader(0, "")


def test_a_book_made_of_all_changes_speaks_as_the_last_did(kept: OpenReviews) -> None:
    kept.deny("+1651*")
    kept.deny(ALICE)
    kept.allow(ALICE)
    book = ReviewBook(kept.changes().made)
    hit = book.match(PLAN.read(ALICE), NOW)
    assert hit is not None
    assert hit.action is ListAction.ALLOW
    hit = book.match(PLAN.read(BOB), NOW)
    assert hit is not None
    assert hit.action is ListAction.DENY
