"""A view tells a table as it was, whatever happens to the table meanwhile."""

import gc

from hypothesis import given
from hypothesis import strategies as st

from screener.storage.memory import SegmentedTable
from screener.storage.packing import NUMBERS
from screener.storage.table_view import Entries

FEW = 40
"""Objects that may come and go by chance."""

KEYS = st.integers(0, 60).map(str)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["get", "protect", "forget"]), KEYS),
        st.tuples(st.just("put"), KEYS, st.integers(100, 199)),
        st.tuples(st.just("resize"), st.integers(1, 90), st.integers(0, 30)),
        st.tuples(st.just("tell")),
    ),
    max_size=120,
)


@given(
    st.lists(st.tuples(st.booleans(), KEYS), max_size=80),
    STEPS,
    st.integers(2, 20),
    st.integers(5, 90),
)
def test_each_entry_of_the_beginning_is_told_once_as_it_was(
    before: list[tuple[bool, str]], steps: list[tuple[str | int, ...]], largest: int, capacity: int
) -> None:
    table = SegmentedTable[int](capacity, 20, largest=largest)
    for protected, key in before:
        table.put(key, int(key))
        if protected:
            table.protect(key)
    expected = [dict(table.entries(protected=False)), dict(table.entries(protected=True))]
    told: list[list[tuple[str, int]]] = [[], []]
    view = table.parts()

    def tell() -> bool:
        part = next(view, None)
        for segment, entries in zip(told, part or (), strict=part is not None):
            segment.extend(entries.items())
        return part is not None

    for name, *arguments in steps:
        if name == "tell":
            tell()
        else:
            getattr(table, str(name))(*arguments)
    while tell():
        pass
    assert [dict(segment) for segment in told] == expected
    assert [len(segment) for segment in told] == [len(segment) for segment in expected]
    table.put("one more", 1)
    assert next(view, None) is None


def test_two_views_and_one_that_is_closed_do_not_disturb_each_other() -> None:
    table = SegmentedTable[int](1_000, 0, largest=4)
    for place in range(100):
        table.put(f"k{place}", place)
    first = table.parts()
    table.put("k7", -7)
    second, third = table.parts(), table.parts()
    table.forget("k8")
    third.close()
    third.close()
    assert list(third) == []
    then = [
        {key: one for part in view for key, one in part.probation.items()}
        for view in (first, second)
    ]
    assert (then[0]["k7"], then[0]["k8"]) == (7, 8)
    assert (then[1]["k7"], then[1]["k8"]) == (-7, 8)
    assert table.get("k8") is None


def test_entries_are_unpacked_when_they_are_asked_for() -> None:
    table = SegmentedTable[tuple[float, ...]](10, 0, NUMBERS)
    table.put("a", (1.0, 2.0))
    entries = table.entries(protected=False)
    assert (list(entries), len(entries), entries["a"]) == (["a"], 1, (1.0, 2.0))
    assert "b" not in entries
    table.put("a", (3.0,))
    assert entries == {"a": (1.0, 2.0)}


def test_what_a_view_notes_is_nothing_to_the_collector() -> None:
    table = SegmentedTable[tuple[float, ...]](2_000, 2_000, NUMBERS, largest=64)
    for place in range(2_000):
        table.put(f"k{place}", (float(place),))
    view = table.parts()
    gc.collect()
    before = len(gc.get_objects())
    for place in range(2_000):
        table.protect(f"k{place}")
        table.put(f"k{place}", (-1.0,))
        table.put(f"late{place}", (-1.0,))
    gc.collect()
    assert len(gc.get_objects()) - before < FEW
    told = {key: one for part in view for key, one in part.probation.items()}
    assert told == {f"k{place}": (float(place),) for place in range(2_000)}


def test_notes_are_put_in_step_by_step_and_at_once_where_an_entry_is_asked_for() -> None:
    table = SegmentedTable[int](1_000, 0, largest=64)
    for place in range(100):
        table.put(f"k{place}", place)
    slow, quick = table.parts(), table.parts()
    for place in range(100):
        table.put(f"k{place}", -1)
        table.put(f"late{place}", -1)
    steps, told = 0, dict[str, int]()
    for part in slow:
        entries = part.probation
        assert type(entries) is Entries
        while entries.settle_some():
            steps += 1
        told.update(entries)
    assert steps > 10
    assert told == {key: one for part in quick for key, one in part.probation.items()}
    assert told == {f"k{place}": place for place in range(100)}


def test_a_table_that_grows_a_thousandfold_while_it_is_told_is_told_as_it_was() -> None:
    table = SegmentedTable[int](10_000, 0, largest=2)
    for place in range(3):
        table.put(f"k{place}", place)
    view = table.parts()
    for place in range(10_000):
        table.put(f"late{place}", -1)
    told = [dict(part.probation) for part in view]
    assert {key: one for part in told for key, one in part.items()} == {"k0": 0, "k1": 1, "k2": 2}
    assert sum(map(len, told)) == 3
