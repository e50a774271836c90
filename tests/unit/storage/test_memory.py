"""The table in memory: bounded, and no flood of new keys reaches its protected segment."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.storage.memory import AT_ONCE, SegmentedTable


class Model:
    """The same rules on two plain lists of (key, value), the least recently used first."""

    def __init__(self, capacity: int, protected: int) -> None:
        self.probation: list[tuple[str, int]] = []
        self.protected: list[tuple[str, int]] = []
        self.bounds = (capacity, protected)
        self.evicted = 0

    def where(self, key: str) -> list[tuple[str, int]] | None:
        for segment in (self.probation, self.protected):
            if any(held == key for held, _ in segment):
                return segment
        return None

    def get(self, key: str) -> int | None:
        segment = self.where(key)
        if segment is None:
            return None
        value = dict(segment)[key]
        segment[:] = [item for item in segment if item[0] != key] + [(key, value)]
        return value

    def put(self, key: str, value: int) -> None:
        segment = self.probation if self.where(key) is None else self.where(key)
        assert segment is not None
        segment[:] = [item for item in segment if item[0] != key] + [(key, value)]
        self.trim()

    def protect(self, key: str) -> None:
        value = self.get(key)
        if value is None or not self.bounds[1]:
            return
        self.forget(key)
        self.protected.append((key, value))
        self.trim()

    def forget(self, key: str) -> None:
        for segment in (self.probation, self.protected):
            segment[:] = [item for item in segment if item[0] != key]

    def resize(self, capacity: int, protected: int) -> None:
        self.bounds = (capacity, protected)
        self.trim()

    def trim(self) -> None:
        over = max(0, len(self.protected) - self.bounds[1])
        self.probation += self.protected[:over]
        del self.protected[:over]
        over = max(0, len(self.probation) - self.bounds[0])
        self.evicted += over
        del self.probation[:over]


keys = st.sampled_from([f"k{n}" for n in range(12)])
sizes = st.tuples(st.integers(1, 5), st.integers(0, 4))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("put"), keys, st.integers(0, 99)),
        st.tuples(st.just("protect"), keys),
        st.tuples(st.just("forget"), keys),
        st.tuples(st.just("resize"), st.integers(1, 5), st.integers(0, 4)),
    ),
    max_size=80,
)


@given(sizes, steps)
def test_the_table_equals_its_model_after_any_steps(
    size: tuple[int, int], script: list[tuple[str | int, ...]]
) -> None:
    table: SegmentedTable[int] = SegmentedTable(*size)
    model = Model(*size)
    for step, *arguments in script:
        name = str(step)
        assert getattr(table, name)(*arguments) == getattr(model, name)(*arguments)
        assert len(table) == len(model.probation) + len(model.protected)
        assert len(table) <= sum(model.bounds)
        assert table.evicted == model.evicted
        for key in (f"k{n}" for n in range(12)):
            assert table.is_protected(key) == any(key == held for held, _ in model.protected)
    for key in (f"k{n}" for n in range(12)):
        assert table.get(key) == model.get(key)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 500))
def test_a_flood_of_new_keys_never_loses_a_protected_one(
    capacity: int, protected: int, flood: int
) -> None:
    table: SegmentedTable[int] = SegmentedTable(capacity, protected)
    for number in range(protected):
        table.put(f"good{number}", number)
        table.protect(f"good{number}")
    for number in range(flood):
        table.put(f"new{number}", number)
    assert [table.get(f"good{number}") for number in range(protected)] == list(range(protected))
    assert len(table) == protected + min(flood, capacity)
    assert table.evicted == max(0, flood - capacity)


def test_a_promotion_into_a_full_segment_loses_nothing() -> None:
    table: SegmentedTable[int] = SegmentedTable(2, 1)
    table.put("a", 1)
    table.protect("a")
    table.put("b", 2)
    table.put("c", 3)
    table.protect("b")
    assert table.is_protected("b")
    assert not table.is_protected("a")
    assert (table.get("a"), table.get("b"), table.get("c")) == (1, 2, 3)
    assert table.evicted == 0


def test_asking_for_protection_again_counts_as_a_use() -> None:
    table: SegmentedTable[int] = SegmentedTable(3, 2)
    for key in ("a", "b", "c"):
        table.put(key, 0)
    for key in ("a", "b", "a", "c"):
        table.protect(key)
    assert table.is_protected("a")
    assert not table.is_protected("b")


def test_without_a_protected_segment_protect_does_nothing() -> None:
    table: SegmentedTable[int] = SegmentedTable(1, 0)
    table.put("a", 1)
    table.protect("a")
    assert not table.is_protected("a")
    table.put("b", 2)
    assert table.get("a") is None


@pytest.mark.parametrize(("capacity", "protected"), [(0, 1), (-1, 0), (1, -1)])
def test_a_table_without_room_is_refused_and_a_resize_to_one_changes_nothing(
    capacity: int, protected: int
) -> None:
    with pytest.raises(ValueError, match="1 or more, and 0 or more"):
        SegmentedTable[int](capacity, protected)
    table: SegmentedTable[int] = SegmentedTable(2, 2)
    table.put("a", 1)
    with pytest.raises(ValueError, match="allowed are"):
        table.resize(capacity, protected)
    assert table.get("a") == 1


CAPACITY, LARGEST = 4_000, 256


def parted(protected: int = 0) -> SegmentedTable[int]:
    """Return a table in some thirty parts; that chance fills one of them is out of the question."""
    return SegmentedTable(CAPACITY, protected, largest=LARGEST)


def longest(table: SegmentedTable[int]) -> int:
    return max(max(map(len, part)) for part in table.parts())


def test_a_table_of_many_parts_that_is_not_full_pushes_nothing_out() -> None:
    table = parted()
    for number in range(CAPACITY):
        table.put(f"k{number}", number)
    assert (len(table), table.evicted) == (CAPACITY, 0)
    assert [table.get(f"k{number}") for number in range(CAPACITY)] == list(range(CAPACITY))
    assert longest(table) <= LARGEST
    table.put("one more", 1)
    assert table.evicted > 0
    assert len(table) <= CAPACITY


def test_in_many_parts_a_flood_takes_what_was_used_longest_ago_nearly() -> None:
    table = parted(100)
    for number in range(100):
        table.put(f"good{number}", number)
        table.protect(f"good{number}")
    hot = [f"hot{number}" for number in range(50)]
    for number in range(20_000):
        if number % 1_000 == 0:
            for key in hot:
                table.put(key, 1) if table.get(key) is None else None
        table.put(f"new{number}", number)
        assert len(table) <= CAPACITY + 100
    assert all(table.get(key) for key in hot)
    assert all(table.is_protected(f"good{number}") for number in range(100))
    newest = [number for number in range(20_000) if table.get(f"new{number}") is not None]
    assert len(newest) > 0.97 * (CAPACITY - len(hot))
    assert min(newest) > 20_000 - 1.5 * CAPACITY
    assert longest(table) <= LARGEST


def test_whoever_makes_keys_that_meet_in_one_part_pushes_out_only_those() -> None:
    table = parted(100)
    others = [f"other{number}" for number in range(1_000)]
    for key in others:
        table.put(key, 1)
    crafted = [key for number in range(60_000) if hash(key := f"c{number}") >> 59 == 3]
    assert len(crafted) > 3 * LARGEST
    for key in crafted:
        table.put(key, 2)
    apart = [key for key in others if hash(key) >> 59 != 3]
    assert all(table.get(key) == 1 for key in apart)
    assert len(table) <= len(others) + LARGEST
    for key in crafted:
        table.put(key, 2)
        table.protect(key)
    assert longest(table) <= LARGEST
    assert all(table.get(key) == 1 for key in apart)


def test_a_promotion_into_a_full_segment_finds_who_must_leave_in_any_part() -> None:
    table = parted(3)
    for number in range(2_000):
        table.put(f"k{number}", number)
    for number in range(300):
        table.protect(f"k{number}")
        assert table.is_protected(f"k{number}")
    assert len(table.entries(protected=True)) == 3
    assert (len(table), table.evicted) == (2_000, 0)


def test_a_much_smaller_bound_is_reached_while_others_are_put() -> None:
    table = SegmentedTable[int](20_000, 10_000, largest=LARGEST)
    for number in range(25_000):
        table.put(f"k{number}", number)
        if number < 8_000:
            table.protect(f"k{number}")
    table.resize(1_000, 500)
    assert len(table) == 25_000
    assert len(table.entries(protected=True)) == 8_000 - AT_ONCE
    sizes = []
    for number in range(12):
        table.put(f"new{number}", number)
        sizes.append(len(table))
    assert all(before - after <= AT_ONCE for before, after in pairwise(sizes))
    assert sizes[-1] <= 1_500
    assert len(table.entries(protected=True)) == 500
    assert [table.get(f"new{number}") for number in range(12)] == list(range(12))
    table.resize(20_000, 10_000)
    for number in range(5_000):
        table.put(f"late{number}", number)
    assert table.get("late0") == 0
