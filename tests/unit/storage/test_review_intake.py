from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from screener.storage.review_intake import Intake
from screener.storage.review_merge import MOST_AHEAD_S
from screener.storage.review_parcels import ActionFact, EntryFact, ErasedFact, Parcel
from screener.storage.shared_seal import BodySealer
from tests.builders import NOW
from tests.unit.storage.reviews import ALICE, BOB, PLAN, OpenReviews, reviews

MARK = BodySealer(b"s" * 32).mark
DENY = ActionFact(
    *("u1", "east", NOW, NOW, "anna", "deny", "reviewed", None, "why", "", False, None, "deny"),
    (EntryFact("=" + ALICE),),
)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[OpenReviews]:
    with reviews(tmp_path) as opened:
        yield opened


@pytest.fixture
def intake(kept: OpenReviews) -> Intake:
    return Intake(kept.store.connection, kept.keys, PLAN, "north", MARK)


def test_a_fact_counts_once(kept: OpenReviews, intake: Intake) -> None:
    assert intake.take([Parcel((DENY,))], NOW).new == 2
    assert intake.take([Parcel((DENY,)), Parcel((DENY,))], NOW).new == 0
    assert len(kept.changes().made) == 1
    assert kept.store.verify_audit() == 1


def test_an_undoing_that_comes_first_holds_against_what_comes_later(
    kept: OpenReviews, intake: Intake
) -> None:
    undone = replace(DENY, undone=(NOW + 1.0, "bob on east"))
    intake.take([Parcel((undone,))], NOW)
    intake.take([Parcel((DENY,))], NOW)
    assert kept.changes().made == ()


def test_what_claims_to_be_far_ahead_or_of_nobody_is_refused(
    kept: OpenReviews, intake: Intake
) -> None:
    ahead = replace(DENY, stamp=NOW + MOST_AHEAD_S + 1.0)
    taken = intake.take([Parcel((ahead, replace(DENY, who=" ")))], NOW)
    assert (taken.new, taken.refused) == (0, 2)
    assert kept.changes().made == ()


def test_an_entry_that_is_none_is_left_out(kept: OpenReviews, intake: Intake) -> None:
    told = replace(DENY, entries=(EntryFact("not a number"), EntryFact("=" + BOB)))
    assert intake.take([Parcel((told,))], NOW).refused == 1
    assert [review.entry.text for review in kept.changes().made] == ["=" + BOB]


def test_of_an_erased_number_nothing_older_is_taken_in(kept: OpenReviews, intake: Intake) -> None:
    intake.take([Parcel(erased=(ErasedFact(MARK(ALICE), NOW + 1.0),))], NOW)
    intake.take([Parcel((DENY,))], NOW)
    assert kept.changes().made == ()
    newer = replace(DENY, uid="u2", stamp=NOW + 2.0)
    intake.take([Parcel((newer,))], NOW)
    assert len(kept.changes().made) == 1


def test_erasing_takes_it_out_of_what_is_held(kept: OpenReviews, intake: Intake) -> None:
    kept.take_list("old", ALICE, BOB)
    change = kept.changes().change
    book = kept.changes().book
    erased = ErasedFact(MARK(ALICE), NOW + 1.0)
    assert intake.take([Parcel(erased=(erased,))], NOW).new == 1
    assert intake.take([Parcel(erased=(erased,))], NOW).new == 0
    assert len(kept.changes(change, book).taken_back) == 1
    assert len(kept.changes().made) == 1


def test_what_is_our_own_comes_back_as_our_own(kept: OpenReviews, intake: Intake) -> None:
    intake.take([Parcel((replace(DENY, edge="north"),))], NOW)
    action = kept.reader.action(1)
    assert action is not None
    assert action.who == "anna"


@pytest.mark.parametrize("until", [None, NOW + 86_401.0])
def test_a_trunk_denied_for_ever_or_allowed_is_refused(
    kept: OpenReviews, intake: Intake, until: float | None
) -> None:
    trunk = (EntryFact("trunk:carrier-a"),)
    told = replace(DENY, entries=trunk, until=until)
    allowed = replace(DENY, uid="u2", entries=trunk, speaks="allow", until=NOW + 60.0)
    late = replace(DENY, uid="u3", entries=trunk, at=NOW + 9e9, until=NOW + 9e9)
    assert intake.take([Parcel((told, allowed, late))], NOW).refused == 3
    assert kept.changes().made == ()


def test_a_trunk_denied_at_another_edge_is_denied_here(kept: OpenReviews, intake: Intake) -> None:
    told = replace(DENY, entries=(EntryFact("trunk:carrier-a"),), until=NOW + 60.0)
    assert intake.take([Parcel((told,))], NOW).refused == 0
    (made,) = kept.changes().made
    assert (made.entry.text, made.until) == ("trunk:carrier-a", NOW + 60.0)


FAR = NOW + 365 * 86_400.0


def test_an_erasing_by_a_clock_that_is_wrong_keeps_no_later_change_out(
    kept: OpenReviews, intake: Intake
) -> None:
    intake.take([Parcel((DENY,), (ErasedFact(MARK(ALICE), FAR),))], NOW)
    later = replace(DENY, uid="u2", stamp=NOW + 60.0)
    assert intake.take([Parcel((later,))], NOW + 60.0).new == 2
    assert [review.uid for review in kept.changes().made] == ["u2"]


def test_it_erases_what_stands_here_all_the_same_and_only_once(
    kept: OpenReviews, intake: Intake
) -> None:
    intake.take([Parcel((DENY,))], NOW)
    erased = Parcel(erased=(ErasedFact(MARK(ALICE), FAR),))
    assert intake.take([erased], NOW).new == 1
    assert kept.changes().made == ()
    assert intake.take([Parcel((DENY,))], NOW + 1.0).new == 0  # told by who did not hear of it
    assert kept.changes().made == ()
    intake.take([Parcel((replace(DENY, uid="u2", stamp=NOW + 60.0),))], NOW + 60.0)
    for seconds in (65.0, 70.0):  # edges that differ tell it again and again
        taken = intake.take([erased], NOW + seconds)
        assert (taken.new, taken.refused) == (0, 1)
    assert [review.uid for review in kept.changes().made] == ["u2"]


def test_it_does_not_carry_what_is_done_here_into_the_future(
    kept: OpenReviews, intake: Intake
) -> None:
    intake.take([Parcel(erased=(ErasedFact(MARK(BOB), FAR),))], NOW)
    kept.clock.now = NOW + 60.0
    kept.deny(ALICE)
    (made,) = kept.changes().made
    assert made.stamp < NOW + MOST_AHEAD_S


def test_one_that_stands_here_of_a_wrong_clock_gives_way_to_a_right_one(
    kept: OpenReviews, intake: Intake
) -> None:
    kept.store.forget(ALICE, MARK(ALICE), FAR)  # the clock of this edge was wrong
    kept.clock.now = NOW
    kept.deny(BOB)
    assert kept.changes().made[-1].stamp < NOW + MOST_AHEAD_S
    intake.take([Parcel(erased=(ErasedFact(MARK(ALICE), NOW),))], NOW)
    later = replace(DENY, uid="u2", stamp=NOW + 60.0)
    assert intake.take([Parcel((later,))], NOW + 60.0).new == 2


def test_up_to_a_day_ahead_an_erasing_is_believed(kept: OpenReviews, intake: Intake) -> None:
    ahead = NOW + MOST_AHEAD_S
    intake.take([Parcel(erased=(ErasedFact(MARK(ALICE), ahead),))], NOW)
    intake.take([Parcel((replace(DENY, stamp=ahead),))], NOW)
    assert kept.changes().made == ()
