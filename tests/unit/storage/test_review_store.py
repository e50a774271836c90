import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from screener.core.lists import ListAction
from screener.errors import ScreenerError
from screener.storage.pseudonyms import pseudonym
from screener.storage.review_rows import Remarked
from screener.storage.review_store import Act, ReviewStore
from tests.builders import NOW
from tests.unit.storage.reviews import ALICE, BOB, OpenReviews, entry, reviews


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[OpenReviews]:
    with reviews(tmp_path) as opened:
        yield opened


def in_force(kept: OpenReviews) -> list[tuple[str, str]]:
    return [(one.list_name, one.action.value) for one in kept.changes().made]


def test_a_review_is_kept_with_its_deed(kept: OpenReviews) -> None:
    assert kept.allow(ALICE) == 1
    assert kept.deny(BOB) == 2
    assert in_force(kept) == [("reviewed", "allow"), ("reviewed", "deny")]
    deeds = kept.store.connection.execute("SELECT who, what, reason, target FROM audit").fetchall()
    assert deeds[0] == ("anna", "allow", "ticket 7", pseudonym("number", ALICE, kept.keys).hex())
    assert kept.store.verify_audit() == 2


def test_no_number_stands_in_the_files(kept: OpenReviews) -> None:
    kept.allow(ALICE)
    kept.take_list("block", BOB, "+442079460018", f"{ALICE}*", f"{BOB}-{BOB}")
    files = kept.bytes()
    for digits in (ALICE, BOB, "442079460018"):
        assert digits[3:].encode() not in files
    assert b"about 0" not in files


def test_what_is_acknowledged_is_on_the_disk(kept: OpenReviews) -> None:
    kept.deny("+1900*")
    copy = kept.path.with_name("copy.db")
    for suffix in ("", "-wal"):
        Path(f"{copy}{suffix}").write_bytes(Path(f"{kept.path}{suffix}").read_bytes())
    with closing(sqlite3.connect(copy)) as other:
        assert other.execute("SELECT shown FROM reviews").fetchall() == [("+1900*",)]


def test_undoing_takes_back_and_marks_who_did_it(kept: OpenReviews) -> None:
    number = kept.deny(ALICE)
    assert kept.undo(number) == 1
    assert in_force(kept) == []
    action = kept.reader.action(number)
    assert action is not None
    assert (action.undone_at, action.undone_by) == (NOW, "bob")
    with pytest.raises(ScreenerError, match="undone already"):
        kept.undo(number)
    with pytest.raises(ScreenerError, match="no review 99"):
        kept.undo(99)
    assert kept.store.verify_audit() == 2  # what was refused left no deed


def test_a_list_is_taken_at_once_and_the_same_again_adds_nothing(kept: OpenReviews) -> None:
    first = kept.take_list("block", ALICE, BOB, "651-555-0142", "+1900*")
    assert (first.added, first.twice, first.already) == (3, 1, 0)
    again = kept.take_list("block", ALICE, "+16515550144")
    assert (again.added, again.already) == (1, 1)
    assert kept.take_list("block", ALICE).number == 0
    assert len(in_force(kept)) == 4
    assert kept.take_list("other", ALICE).added == 1


def test_a_replaced_list_comes_back_when_that_is_undone(kept: OpenReviews) -> None:
    kept.take_list("block", ALICE, BOB)
    done = kept.take_list("block", "+1900*", replace=True)
    assert (done.added, done.replaced) == (1, 2)
    assert len(in_force(kept)) == 1
    kept.undo(done.number)
    assert len(in_force(kept)) == 2


def test_a_list_undone_after_it_was_replaced_stays_undone(kept: OpenReviews) -> None:
    first = kept.take_list("block", ALICE, BOB)
    done = kept.take_list("block", "+1900*", replace=True)
    kept.undo(first.number)
    kept.undo(done.number)
    assert in_force(kept) == []


def test_a_list_that_breaks_off_leaves_nothing(kept: OpenReviews) -> None:
    def half() -> Iterator[Remarked]:
        yield Remarked(entry(ALICE))
        raise ScreenerError("the rest cannot be read")

    with pytest.raises(ScreenerError, match="the rest"):
        kept.store.add_list(Act("anna", "import", NOW), ListAction.DENY, half())
    assert in_force(kept) == []
    assert kept.store.verify_audit() == 0


def test_one_entry_of_a_list_is_taken_back_alone(kept: OpenReviews) -> None:
    number = kept.take_list("block", ALICE, BOB).number
    act = Act("bob", "undo", NOW)
    first, second = (one.place for one in kept.reader.entries_of(number, 9))
    kept.store.undo_entry(act, first)
    action = kept.reader.action(number)
    assert action is not None
    assert action.undone_at is None
    with pytest.raises(ScreenerError, match="undone already"):
        kept.store.undo_entry(act, first)
    kept.store.undo_entry(act, second)
    assert kept.reader.latest_of("anna") is None


def test_pauses_end_together(kept: OpenReviews) -> None:
    kept.pause(60.0)
    kept.pause(30.0)
    assert kept.reader.paused_until(NOW) == NOW + 30.0
    assert kept.store.resume(Act("bob", "resume", NOW + 1.0)) == 2
    assert kept.reader.paused_until(NOW + 1.0) == 0.0


def test_a_forgotten_number_leaves_no_byte_but_its_pseudonym_in_the_audit(
    kept: OpenReviews,
) -> None:
    kept.take_list("block", *(f"+1651555{n:04d}" for n in range(500)))
    kept.undo(kept.allow("+16515550142"))
    key = pseudonym("number", ALICE, kept.keys)
    row = "SELECT sealed FROM reviews WHERE entry_key = ?"
    seals = [one[0] for one in kept.store.connection.execute(row, (key,))]
    assert len(seals) == 2
    assert key in kept.bytes()
    assert kept.store.forget(ALICE) == 2
    files = kept.bytes()
    assert not any(seal in files for seal in [*seals, key])
    assert key.hex().encode() in files
    assert len(kept.changes().made) == 499
    assert kept.store.forget(ALICE) == 0
    assert kept.allow(ALICE) > 0


def test_who_cannot_write_is_told_and_nothing_is_done(kept: OpenReviews) -> None:
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        impatient = ReviewStore(kept.path, kept.keys, wait_s=0.0)
        with closing(impatient), pytest.raises(ScreenerError, match="is locked"):
            impatient.add(Act("anna", "deny", NOW), ListAction.DENY, entry(ALICE))
        other.execute("ROLLBACK")
    assert in_force(kept) == []


def test_an_audit_that_was_changed_is_seen(kept: OpenReviews) -> None:
    kept.deny(ALICE)
    kept.store.note(Act("anna", "export", NOW, reason="moving"), "all")
    assert kept.store.verify_audit() == 2
    kept.store.connection.execute("DROP TRIGGER audit_is_not_changed")
    kept.store.connection.execute("UPDATE audit SET who = 'eve' WHERE place = 1")
    with pytest.raises(ScreenerError, match="entry 1"):
        kept.store.verify_audit()
