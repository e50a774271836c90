"""The newest word on an entry speaks, an allow beats a deny, and what has ended is silent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.lists import ListAction, ListHit
from screener.core.number import CallerClass, NumberPlan
from screener.core.review import Review, ReviewBook, read_entry, write_entry
from tests.builders import NOW, a_caller

PLAN = NumberPlan("US")
PERSON = "+16515550142"
ALLOW, DENY = ListAction.ALLOW, ListAction.DENY


def a_review(
    place: int, action: ListAction, text: str = PERSON, until: float | None = None
) -> Review:
    return Review(place, action, read_entry(text, PLAN), until)


def action_on(book: ReviewBook, number: str = PERSON, now: float = NOW) -> ListAction | None:
    hit = book.match(a_caller(number), now)
    return hit.action if hit else None


def test_a_review_speaks_for_its_number_in_any_writing_and_for_nobody_else() -> None:
    book = ReviewBook([a_review(1, DENY, "(651) 555-0142")])
    assert action_on(book) is DENY
    assert action_on(book, "+16515550143") is None


def test_an_allow_overrides_and_a_deny_does_not() -> None:
    book = ReviewBook([a_review(1, ALLOW), a_review(2, DENY, "+16515550143")])
    assert book.match(a_caller(), NOW) == ListHit(
        "reviewed", ALLOW, f"={PERSON}", overriding=True, reason=""
    )
    denied = book.match(a_caller("+16515550143"), NOW)
    assert denied is not None
    assert not denied.overriding


def test_of_two_words_on_one_number_the_newest_speaks_whatever_the_order_of_loading() -> None:
    first, second = a_review(1, ALLOW), a_review(2, DENY)
    assert action_on(ReviewBook([first, second])) is DENY
    assert action_on(ReviewBook([second, first])) is DENY


def test_taking_a_review_back_lets_the_one_before_speak_again() -> None:
    book = ReviewBook([a_review(1, DENY), a_review(2, ALLOW)])
    book.take_back(2)
    assert action_on(book) is DENY
    book.take_back(1)
    book.take_back(1)
    assert action_on(book) is None
    assert len(book) == 0


@pytest.mark.parametrize("text", [PERSON, "+1651555*", "_1651XXXXXXX"])
def test_when_a_review_ends_the_one_before_it_speaks_again(text: str) -> None:
    book = ReviewBook([a_review(1, DENY, text), a_review(2, ALLOW, text, until=NOW + 60.0)])
    assert action_on(book, now=NOW + 59.9) is ALLOW
    assert action_on(book, now=NOW + 60.0) is DENY


@pytest.mark.parametrize("broad", ["+1651555*", "+16515550000-+16515559999", "_1651NXXXXXX"])
def test_an_allow_of_one_beats_a_deny_of_many_and_the_other_way_round(broad: str) -> None:
    assert action_on(ReviewBook([a_review(1, ALLOW), a_review(2, DENY, broad)])) is ALLOW
    assert action_on(ReviewBook([a_review(1, DENY), a_review(2, ALLOW, broad)])) is ALLOW
    assert action_on(ReviewBook([a_review(2, DENY, broad)]), "+16515550199") is DENY


def test_a_number_stands_for_its_line_with_all_extensions() -> None:
    extension = PLAN.read("+16515550142;ext=7")
    assert extension.identity != PERSON
    hit = ReviewBook([a_review(1, ALLOW)]).match(extension, NOW)
    assert hit is not None
    assert hit.action is ALLOW


def test_who_names_nobody_is_never_held() -> None:
    book = ReviewBook([a_review(1, DENY, "_.")])
    assert book.match(a_caller(kind=CallerClass.WITHHELD), NOW) is None


def test_a_pause_ends_by_itself() -> None:
    book = ReviewBook(paused_until=NOW + 900.0)
    assert book.is_paused(NOW + 899.0)
    assert not book.is_paused(NOW + 900.0)
    assert not ReviewBook().is_paused(NOW)


@pytest.mark.parametrize(
    "text", [PERSON, "911", "+1900*", "+16515390000-+16515399999", "_1900X.", "+16515550142;ext=12"]
)
def test_an_entry_survives_its_writing_under_any_region(text: str) -> None:
    entry = read_entry(text, PLAN)
    again = read_entry(write_entry(entry), NumberPlan("DE"))
    assert write_entry(again) == write_entry(entry)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([ALLOW, DENY]),
            st.sampled_from([PERSON, "+1651555*", "_1651XXXXXXX", "+16515550143"]),
            st.one_of(st.none(), st.floats(NOW - 10, NOW + 10)),
        ),
        max_size=12,
    ),
    st.floats(NOW - 20, NOW + 20),
    st.sets(st.integers(1, 12)),
)
def test_the_book_says_what_going_through_all_reviews_would_say(
    told: list[tuple[ListAction, str, float | None]], now: float, undone: set[int]
) -> None:
    reviews = [a_review(place, *one) for place, one in enumerate(told, start=1)]
    book = ReviewBook(reviews)
    for place in undone:
        book.take_back(place)
    speaking: dict[str, ListAction] = {}
    for review in reviews:
        if review.place not in undone and not review.is_over(now):
            speaking[write_entry(review.entry)] = review.action
    holding = {speaking.get(key) for key in (f"={PERSON}", "+1651555*", "_1651XXXXXXX")} - {None}
    expected = ALLOW if ALLOW in holding else next(iter(holding), None)
    assert action_on(book, now=now) is expected


def test_a_denied_trunk_is_denied_until_its_end_or_taken_back_and_no_number_is() -> None:
    book = ReviewBook([a_review(1, DENY, "trunk:carrier-a", NOW + 60.0)])
    stranger = a_caller()
    hit = book.match_trunk("carrier-a", stranger, NOW)
    assert hit == ListHit("reviewed", DENY, "trunk:carrier-a", overriding=False, reason="")
    assert book.match_trunk("carrier-b", stranger, NOW) is None
    assert book.match_trunk("carrier-a", stranger, NOW + 60.0) is None
    assert action_on(book) is None
    assert [one.place for one in book.in_force(NOW)] == [1]
    book.take_back(1)
    assert (book.trunks, len(book)) == ({}, 0)


def test_call_backs_of_emergency_services_come_by_a_denied_trunk() -> None:
    book = ReviewBook([a_review(1, DENY, "trunk:carrier-a", NOW + 60.0)])
    for number, denied in (("911", False), ("112", False), ("55512", True), ("", True)):
        assert (book.match_trunk("carrier-a", PLAN.read(number), NOW) is not None) is denied


@pytest.mark.parametrize("name", ["", " a", "a ", "a\n", "x" * 81, "a\x1fb"])
def test_what_is_no_name_of_a_trunk_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="80 printable"):
        read_entry(f"trunk:{name}", PLAN)


def test_a_trunk_is_written_and_read_as_the_same() -> None:
    entry = read_entry("trunk:carrier a/2", PLAN)
    assert read_entry(write_entry(entry), PLAN) == entry
