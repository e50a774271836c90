"""What the rules rely on in every store of a table, whatever keeps it."""

from collections.abc import Callable
from functools import partial

import pytest

from screener.core.tables import Table
from screener.storage.memory import SegmentedTable
from screener.storage.packing import Packing

STORES: dict[str, Callable[[int, int], Table[int]]] = {
    "memory": SegmentedTable[int],
    "memory, in small parts": partial(SegmentedTable[int], largest=8),
    "memory, packed": partial(SegmentedTable[int], packing=Packing(str, int)),
}


@pytest.fixture(params=sorted(STORES))
def make(request: pytest.FixtureRequest) -> Callable[[int, int], Table[int]]:
    return STORES[request.param]


Make = Callable[[int, int], Table[int]]


def test_what_was_put_is_found_and_what_was_not_is_none(make: Make) -> None:
    table = make(4, 4)
    assert table.get("+16515392200") is None
    table.put("+16515392200", 1)
    table.put("", 0)
    assert table.get("+16515392200") == 1
    assert table.get("") == 0
    assert len(table) == 2


def test_a_second_put_replaces_the_first_in_the_segment_where_it_is(make: Make) -> None:
    table = make(1, 1)
    table.put("a", 1)
    table.protect("a")
    table.put("a", 2)
    table.put("b", 3)
    table.put("c", 4)
    assert (table.get("a"), table.get("b"), table.get("c")) == (2, None, 4)
    assert len(table) == 2


def test_a_forgotten_key_is_gone_from_either_segment_and_leaves_its_place(make: Make) -> None:
    table = make(1, 1)
    table.put("a", 1)
    table.protect("a")
    table.put("b", 2)
    table.forget("a")
    table.forget("b")
    table.forget("never")
    assert (table.get("a"), table.get("b"), len(table)) == (None, None, 0)
    table.put("a", 3)
    assert table.get("a") == 3


def test_the_least_recently_used_key_on_probation_goes_first(make: Make) -> None:
    table = make(2, 0)
    table.put("a", 1)
    table.put("b", 2)
    assert table.get("a") == 1
    table.put("c", 3)
    assert (table.get("a"), table.get("b"), table.get("c")) == (1, None, 3)


def test_protecting_a_key_that_is_not_there_does_nothing(make: Make) -> None:
    table = make(2, 2)
    table.protect("a")
    assert table.get("a") is None
    assert len(table) == 0


def test_the_table_stays_bounded_and_the_protected_stay_in_it_through_a_flood(make: Make) -> None:
    table = make(100, 50)
    for number in range(50):
        table.put(f"good{number}", number)
        table.protect(f"good{number}")
    for number in range(5_000):
        table.put(f"new{number}", number)
        assert len(table) <= 150
    assert [table.get(f"good{number}") for number in range(50)] == list(range(50))


def test_keys_of_any_text_are_kept_apart(make: Make) -> None:
    table = make(10, 10)
    texts = ["a", "A", "a ", "a\x00", "a\n", "\u00e9", "e\u0301", "\ud800"]
    for number, text in enumerate(texts):
        table.put(text, number)
    assert [table.get(text) for text in texts] == list(range(len(texts)))


def test_a_copy_of_a_segment_holds_its_entries_and_changes_no_order_of_use(make: Make) -> None:
    table = make(2, 2)
    table.put("old", 1)
    table.put("known", 2)
    table.protect("known")
    table.put("new", 3)
    assert table.entries(protected=False) == {"old": 1, "new": 3}
    copied = table.entries(protected=True)
    table.put("known", 9)
    assert copied == {"known": 2}
    table.put("newest", 4)
    assert table.get("old") is None


def test_parts_together_are_the_table_as_it_was_and_telling_them_is_no_use(make: Make) -> None:
    table = make(40, 20)
    for number in range(60):
        table.put(f"k{number}", number)
        if number % 3 == 0:
            table.protect(f"k{number}")
    parts = table.parts()
    told = [next(parts)]
    for number in range(60):
        table.put(f"k{number}", -1)
    table.forget("k0")
    table.put("late", 1)
    told += parts
    protected = {key: value for part in told for key, value in part.protected.items()}
    probation = {key: value for part in told for key, value in part.probation.items()}
    assert protected == {f"k{number}": number for number in range(0, 60, 3)}
    assert probation == {f"k{number}": number for number in range(60) if number % 3}
    assert sum(len(part.protected) + len(part.probation) for part in told) == 60
    table.parts().close()


def test_a_smaller_bound_is_kept_at_once_by_a_small_table(make: Make) -> None:
    table = make(60, 20)
    for number in range(80):
        table.put(f"k{number}", number)
        if number < 20:
            table.protect(f"k{number}")
    table.resize(30, 5)
    assert len(table) == 35
    assert len(table.entries(protected=True)) == 5
    table.put("new", 1)
    assert table.get("new") == 1
    assert len(table) <= 35
