from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from screener.storage.central.marks import (
    Mark,
    Marks,
    advanced,
    as_plain,
    from_plain,
    holding,
    place_of,
)


def of(places: list[int]) -> Marks:
    return tuple(Mark(place, f"row {place}") for place in places)


def tags_up_to(last: int) -> Callable[[int], str | None]:
    return lambda place: str(place) if place <= last else None


def test_following_goes_on_from_the_newest_mark_whose_row_still_stands_there() -> None:
    marks = of([10, 20, 30])
    rows: dict[int, str] = {place: f"row {place}" for place in range(40)}

    def tag_at(place: int) -> str | None:
        return rows.get(place)

    assert holding(marks, tag_at) == marks
    rows[30] = "another row"
    assert place_of(holding(marks, tag_at), 0) == 20
    del rows[20]
    assert place_of(holding(marks, tag_at), 0) == 10
    assert holding(marks, tags_up_to(0)) == ()
    assert place_of((), 7) == 7


@given(st.lists(st.integers(1, 500), min_size=1, max_size=200), st.booleans())
def test_marks_are_few_and_the_farther_back_the_farther_apart(
    steps: list[int], downwards: bool
) -> None:
    marks: Marks = ()
    place = 0
    for step in steps:
        place += -step if downwards else step
        marks = advanced(marks, Mark(place, str(place)))
    assert marks[-1].place == place
    assert len(marks) <= 25
    far = [abs(place - mark.place) for mark in reversed(marks)]
    assert far == sorted(set(far))


def test_whoever_goes_back_a_little_goes_not_back_far() -> None:
    marks: Marks = ()
    for place in range(1, 10_001):
        marks = advanced(marks, Mark(place, str(place)))
    for lost in (1, 10, 100, 1_000):
        left = place_of(holding(marks, tags_up_to(10_000 - lost)), 0)
        assert lost <= 10_000 - left <= 4 * lost + 1
    assert len(marks) < 20


def test_marks_come_back_from_what_json_holds_and_nonsense_is_none() -> None:
    marks = of([1, 5, 6])
    assert from_plain(as_plain(marks)) == marks
    nothings: tuple[object, ...] = (None, 7, "abc", [1], [["1", "x"]], [[1, 2]], [[1, "x", 3]], {})
    assert {from_plain(one) for one in nothings} == {()}
