"""The table in memory: bounded, and no flood of new keys reaches its protected segment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.storage.memory import SegmentedTable


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
