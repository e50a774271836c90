"""What was refused in front: exact by kind, rows by key that a flood cannot drown."""

import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.service import front_counts
from screener.service.front_counts import (
    ALL,
    MOST_DUE,
    NOTED,
    RING,
    RINGS,
    SEVERAL,
    SHED,
    FrontCounts,
)

NOW = 1_000.0


def test_counts_add_up_by_kind_and_are_taken_once() -> None:
    counts = FrontCounts(60)
    counts.begin("")
    assert counts.take({"1": 3, "4": 2, "shed": 5}) == {"review": 3, "limit": 2, SHED: 5}
    assert counts.take({"1": 3, "4": 7, "shed": 5}) == {"limit": 5}
    assert counts.refused == {"review": 3, "limit": 7, SHED: 5}


def test_what_stands_in_a_block_names_its_kind() -> None:
    counts = FrontCounts(60)
    assert counts.take({"60302": 3, "1248602": 2, "48605": 1}) == {"list": 5, "score": 1}
    assert counts.taken == "1248602=2,48605=1,60302=3"


@given(st.lists(st.integers(0, 100), max_size=20), st.integers(0, 20))
def test_a_restart_of_ours_neither_loses_nor_doubles(more: list[int], at: int) -> None:
    counts, total, seen = FrontCounts(60), 0, 0
    for place, count in enumerate(more):
        total += count
        if place == at:
            successor = FrontCounts(60)
            seen += counts.refused.total()
            successor.begin(counts.taken)
            counts = successor
        counts.take({"2": total})
    assert seen + counts.refused.total() == total


def test_what_kamailio_kept_of_another_writing_is_not_believed() -> None:
    counts = FrontCounts(60)
    counts.begin("x,1=,=3,2=-4,3=5")
    assert counts.taken == "3=5"
    assert counts.take({"3": 6, "9": 1, "odd": "x"}) == {"challenge-block": 1, "9": 1}


def test_a_key_has_one_row_a_minute_that_tells_of_all_its_calls() -> None:
    counts = FrontCounts(600)
    counts.hit("+1", 4)
    assert counts.rows(NOW) == [("+1", 4)]
    counts.hit("+1", 6)
    assert counts.rows(NOW + 30) == []
    counts.hit("+1", 1)
    assert counts.rows(NOW + 61) == [("+1", 7)]
    assert counts.rows(NOW + 200) == []


def test_rows_are_bounded_and_none_is_forgotten() -> None:
    counts = FrontCounts(60)
    for place in range(500):
        counts.hit(f"+{place}", 2)
    told = counts.rows(NOW)
    assert len(told) == 60
    told += counts.rows(NOW + 10)
    assert len(told) == 70
    told += counts.leftovers()
    assert sorted(told) == sorted((f"+{place}", 2) for place in range(500))


class Noting:
    """The proxy's side: refuses, and keeps the last notes."""

    def __init__(self) -> None:
        self.count = 0
        self.notes: dict[int, str] = {}

    def refuse(self, key: str, *, noted: bool = True) -> None:
        self.count += 1
        if noted:
            self.notes[self.count % NOTED] = f"{self.count} {key}"

    def looked_at(self, counts: FrontCounts) -> None:
        counts.take({ALL: self.count})
        rings = counts.rings()
        counts.attribute(text for at, text in self.notes.items() if at // RING in rings)


def _sums(counts: FrontCounts) -> Counter[str]:
    return Counter(dict(counts.leftovers()))


def test_each_refusal_is_read_once_from_the_tables_that_hold_it() -> None:
    counts, proxy = FrontCounts(60), Noting()
    for key in ("a", "b", "a"):
        proxy.refuse(key)
    counts.take({ALL: 3})
    assert counts.rings() == [0]
    proxy.looked_at(counts)
    proxy.looked_at(counts)
    assert counts.rings() == []
    assert _sums(counts) == {"a": 2, "b": 1}
    for _ in range(RING):
        proxy.refuse("c")
    counts.take({ALL: proxy.count})
    assert counts.rings() == [0, 1]


def test_what_was_written_over_is_told_as_a_sum() -> None:
    counts, proxy = FrontCounts(60), Noting()
    for place in range(NOTED + 10):
        proxy.refuse(f"+{place}")
    proxy.looked_at(counts)
    sums = _sums(counts)
    assert (sums[SEVERAL], sums["+9"], sums["+10"]) == (10, 0, 1)
    assert sums.total() == NOTED + 10


def test_a_note_that_is_late_is_looked_for_once_more() -> None:
    counts, proxy = FrontCounts(60), Noting()
    proxy.refuse("a", noted=False)
    proxy.refuse("b", noted=False)
    proxy.refuse("c")
    proxy.looked_at(counts)
    assert counts.pending == 1
    proxy.notes[1] = "1 a"
    proxy.looked_at(counts)
    assert counts.rings() == []
    assert _sums(counts) == {"a": 1, "c": 1, SEVERAL: 1}


def test_notes_that_mean_nothing_are_not_believed() -> None:
    counts = FrontCounts(60)
    counts.take({ALL: 2})
    counts.attribute(["", "1", "1 ", "x y", "-1 a", "3 a", f"{'9' * 5000} a", 7, "2 b", "2 b"])
    assert _sums(counts) == {"b": 1, SEVERAL: 1}


@pytest.mark.parametrize("refused", [2**31 - 2, 2**32 - 2, 2**33 + 2**31 - 2])
def test_counts_go_on_where_their_32_bits_are_full(refused: int) -> None:
    def as_told(count: int) -> int:
        return (count + 2**31) % 2**32 - 2**31

    counts, told = FrontCounts(60), Counter[str]()
    counts.begin(f"101={refused % 2**32},all={refused % 2**32}")
    for step in range(5):
        count = refused + 1 + step
        told += counts.take({"101": as_told(count), ALL: as_told(count)})
        assert counts.noting
        assert counts.rings() == [count // RING % RINGS]
        counts.attribute([f"{count} +{step}"])
        successor = FrontCounts(60)
        successor.begin(counts.taken)
        assert _sums(counts) == {f"+{step}": 1}
        counts = successor
    assert told.total() == 5


def test_a_number_that_is_erased_meanwhile_gets_no_row() -> None:
    counts = FrontCounts(60)
    counts.take({ALL: 2})
    counts.attribute(["1 +a", "2 +b"], ["+a"])
    assert _sums(counts) == {"+b": 1, SEVERAL: 1}


def test_a_proxy_whose_count_was_taken_away_is_counted_on() -> None:
    counts, proxy = FrontCounts(60), Noting()
    for _ in range(9):
        proxy.refuse("a")
    proxy.looked_at(counts)
    proxy.count = 0
    proxy.looked_at(counts)
    proxy.refuse("b")
    proxy.looked_at(counts)
    assert _sums(counts) == {"a": 9, "b": 1}


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.booleans()), max_size=30))
def test_however_many_come_between_two_looks_each_is_told_once(
    looks: list[tuple[int, bool, bool]],
) -> None:
    counts, proxy, told, refused = FrontCounts(60), Noting(), Counter[str](), 0
    with pytest.MonkeyPatch.context() as patched:
        for module in (front_counts, sys.modules[__name__]):
            patched.setattr(module, "NOTED", 16)
            patched.setattr(module, "RING", 4)
        patched.setattr(front_counts, "RINGS", 4)
        for more, noted, anew in looks:
            for place in range(more):
                proxy.refuse(f"+{place}", noted=noted)
                refused += 1
            proxy.looked_at(counts)
            if anew:
                told += _sums(counts)
                successor = FrontCounts(60)
                successor.begin(counts.taken)
                counts = successor
        for _ in range(2):
            proxy.looked_at(counts)
    assert (told + _sums(counts)).total() == refused


def test_a_very_long_flood_of_numbers_is_bounded_and_none_of_it_is_forgotten() -> None:
    counts = FrontCounts(60)
    for place in range(MOST_DUE + 500):
        counts.hit(f"+{place}", 3)
    assert len(counts._due) == MOST_DUE
    assert counts.pending == 3 * (MOST_DUE + 500)
    told = counts.rows(NOW)
    assert told[:2] == [(SEVERAL, 1_500), ("+500", 3)]
    assert len(told) == 60
    for place in range(60):
        counts.hit(f"+new{place}", 1)
    assert SEVERAL not in dict(counts.rows(NOW + 10))
    told_later = sum(times for _, times in counts.leftovers())
    assert counts.pending == 0
    assert told_later == 3 * MOST_DUE + 60 - 59 * 3 - 10 * 3


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 9)), max_size=40))
def test_whatever_is_bounded_the_sum_is_whole(hits: list[tuple[str, int]]) -> None:
    counts, total, at = FrontCounts(2), Counter[str](), NOW
    seen = 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(front_counts, "MOST_DUE", 3)
        for key, more in hits:
            total[key] += more
            counts.hit(key, more)
            at += 20.0
            seen += sum(times for _, times in counts.rows(at))
            assert len(counts._due) <= 3
    assert seen + sum(times for _, times in counts.leftovers()) == total.total()
