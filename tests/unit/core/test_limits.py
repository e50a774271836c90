from collections.abc import Iterator
from dataclasses import replace

import pytest

from screener.core.call import Call
from screener.core.limits import LimitBook, Tats
from screener.core.number import CallerClass
from screener.core.settings import KeyField, LimitSpec, Window
from screener.storage.memory import SegmentedTable
from tests.builders import NOW, a_call, a_caller

BY_NUMBER = LimitSpec("burst", (KeyField.NUMBER,), (Window(3, 60.0), Window(5, 3_600.0)), 4.0)
BY_TRUNK_AND_DID = LimitSpec("lane", (KeyField.TRUNK, KeyField.DID), (Window(2, 60.0),), 1.0)
ALL_WITHHELD = LimitSpec(
    "hidden",
    (KeyField.CLASS,),
    (Window(2, 60.0),),
    1.0,
    classes=frozenset({CallerClass.WITHHELD}),
)


@pytest.fixture
def counters() -> SegmentedTable[Tats]:
    return SegmentedTable(1_000, 0)


def count(book: LimitBook, call: Call, now: float) -> None:
    book.spend(book.look(call, now), now)


def names(book: LimitBook, number: str, now: float) -> set[str]:
    return {found.limit.name for found in book.look(a_call(number), now).exceeded}


def spend(book: LimitBook, number: str, times: Iterator[float] | list[float]) -> None:
    for now in times:
        count(book, a_call(number), now)


def test_a_number_over_its_limit_is_found_and_others_are_not(
    counters: SegmentedTable[Tats],
) -> None:
    book = LimitBook((BY_NUMBER,), counters)
    spend(book, "+16515550142", [NOW] * 3)
    assert names(book, "+16515550142", NOW) == {"burst"}
    assert names(book, "+16515550143", NOW) == set()


def test_looking_counts_nothing(counters: SegmentedTable[Tats]) -> None:
    book = LimitBook((BY_NUMBER,), counters)
    for _ in range(100):
        assert names(book, "+16515550142", NOW) == set()
    assert len(counters) == 0


def test_the_window_that_stays_full_longest_speaks(counters: SegmentedTable[Tats]) -> None:
    book = LimitBook((BY_NUMBER,), counters)
    spend(book, "+16515550142", [NOW, NOW, NOW, NOW + 60.0, NOW + 60.0])
    (found,) = book.look(a_call(), NOW + 60.0).exceeded
    assert found.window == Window(5, 3_600.0)
    assert found.counts_number


def test_a_limit_on_two_fields_counts_each_pair_by_itself(counters: SegmentedTable[Tats]) -> None:
    book = LimitBook((BY_TRUNK_AND_DID,), counters)
    for _ in range(2):
        count(book, a_call(trunk="a", did="1"), NOW)
    assert book.look(a_call(trunk="a", did="1"), NOW).exceeded
    assert not book.look(a_call(trunk="a", did="2"), NOW).exceeded
    assert not book.look(a_call(trunk="b", did="1"), NOW).exceeded


def test_fields_cannot_be_shifted_into_each_other(counters: SegmentedTable[Tats]) -> None:
    book = LimitBook((BY_TRUNK_AND_DID,), counters)
    for _ in range(2):
        count(book, a_call(trunk="ab", did="c"), NOW)
    assert not book.look(a_call(trunk="a", did="bc"), NOW).exceeded


def test_a_call_that_lacks_a_field_of_the_key_is_not_counted(
    counters: SegmentedTable[Tats],
) -> None:
    book = LimitBook((BY_NUMBER,), counters)
    nobody = a_call(caller=a_caller(kind=CallerClass.ABSENT))
    for _ in range(10):
        count(book, nobody, NOW)
    assert not book.look(nobody, NOW).exceeded
    assert len(counters) == 0


def test_a_limit_on_a_class_leaves_the_other_classes_alone(
    counters: SegmentedTable[Tats],
) -> None:
    book = LimitBook((ALL_WITHHELD,), counters)
    withheld = a_call(caller=a_caller(kind=CallerClass.WITHHELD))
    for _ in range(10):
        count(book, a_call(), NOW)
        count(book, withheld, NOW)
    assert book.look(withheld, NOW).exceeded
    assert not book.look(a_call(), NOW).exceeded


def test_limits_with_one_key_share_one_entry(counters: SegmentedTable[Tats]) -> None:
    book = LimitBook((BY_NUMBER, replace(BY_NUMBER, name="flood")), counters)
    spend(book, "+16515550142", [NOW])
    assert len(counters) == 1


def test_counts_survive_a_reload_that_leaves_the_limit_as_it_was(
    counters: SegmentedTable[Tats],
) -> None:
    spend(LimitBook((BY_NUMBER,), counters), "+16515550142", [NOW] * 3)
    heavier = replace(BY_NUMBER, points=9.0)
    assert names(LimitBook((heavier,), counters), "+16515550142", NOW) == {"burst"}


def test_other_windows_after_a_reload_start_afresh(counters: SegmentedTable[Tats]) -> None:
    spend(LimitBook((BY_NUMBER,), counters), "+16515550142", [NOW] * 3)
    wider = replace(BY_NUMBER, windows=(Window(3, 61.0), Window(5, 3_600.0)))
    assert names(LimitBook((wider,), counters), "+16515550142", NOW) == set()


def test_a_calls_counters_are_the_entries_that_counting_it_makes(
    counters: SegmentedTable[Tats],
) -> None:
    book = LimitBook((BY_NUMBER, BY_TRUNK_AND_DID, ALL_WITHHELD), counters)
    count(book, a_call(), NOW)
    told = dict(book.counters_of(a_call()))
    assert set(told) == set(counters.entries(protected=False))
    assert set(told.values()) == {((3, 60.0), (5, 3_600.0)), ((2, 60.0),)}


def test_forgetting_a_number_tells_which_entries_were_its_own(
    counters: SegmentedTable[Tats],
) -> None:
    book = LimitBook((BY_NUMBER, BY_TRUNK_AND_DID), counters)
    count(book, a_call(), NOW)
    (own, _), _ = book.counters_of(a_call())
    assert book.forget_number(a_call().caller.counter_key) == [own]
    assert counters.get(own) is None
