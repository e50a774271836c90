"""What was refused in front: exact by kind, rows by key that a flood cannot drown."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.service import front_counts
from screener.service.front_counts import HITS_S, MOST_DUE, SEVERAL, SHED, FrontCounts

NOW = 1_000.0


def test_counts_add_up_by_kind_and_are_taken_once() -> None:
    counts = FrontCounts(60)
    counts.begin("")
    assert counts.take({"1": 3, "4": 2, "shed": 5}) == {"review": 3, "limit": 2, SHED: 5}
    assert counts.take({"1": 3, "4": 7, "shed": 5}) == {"limit": 5}
    assert counts.refused == {"review": 3, "limit": 7, SHED: 5}


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
    assert counts.hit("+1", 4) == 4
    assert counts.rows(NOW) == [("+1", 4)]
    counts.hit("+1", 10)
    assert counts.rows(NOW + 30) == []
    counts.hit("+1", 11)
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


def test_a_key_that_the_proxy_dropped_meanwhile_is_counted_anew_and_not_kept_for_ever() -> None:
    counts = FrontCounts(600)
    counts.hit("+1", 9)
    assert counts.hit("+1", 2) == 2
    for hour in range(4):
        counts.rows(NOW + hour * HITS_S)
    assert counts.hit("+1", 2) == 2


def test_what_is_counted_on_is_remembered() -> None:
    counts = FrontCounts(600)
    for hour in range(1, 5):
        assert counts.hit("+1", hour) == 1
        counts.rows(NOW + hour * HITS_S)


def test_a_proxy_that_counts_anew_is_believed() -> None:
    counts = FrontCounts(60)
    counts.hit("+1", 9)
    counts.forget_hits()
    assert counts.hit("+1", 2) == 2
    assert counts.rows(NOW) == [("+1", 11)]


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
            counts.hit(key, total[key])
            at += 20.0
            seen += sum(times for _, times in counts.rows(at))
            assert len(counts._due) <= 3
    assert seen + sum(times for _, times in counts.leftovers()) == total.total()
