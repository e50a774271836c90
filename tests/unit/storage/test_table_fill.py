from hypothesis import given
from hypothesis import strategies as st

from screener.storage.memory import SegmentedTable
from screener.storage.table_fill import fill

KEYS = st.lists(st.integers(0, 40).map(str), unique=True, max_size=30)
USES = st.lists(st.tuples(st.sampled_from("gpPf"), st.integers(0, 60).map(str)), max_size=40)


def drained(table: SegmentedTable[int]) -> tuple[list[str], list[str]]:
    """Return the keys of both segments, least recently used first; the table is spent."""
    return (
        [table._probation.popitem()[0] for _ in range(len(table._probation))],
        [table._protected.popitem()[0] for _ in range(len(table._protected))],
    )


def use(table: SegmentedTable[int], uses: list[tuple[str, str]]) -> None:
    for what, key in uses:
        match what:
            case "g":
                table.get(key)
            case "p":
                table.put(key, -1)
            case "P":
                table.protect(key)
            case _:
                table.forget(key)


@given(keys=KEYS, share=st.floats(0, 1), capacity=st.integers(1, 12), room=st.integers(0, 8))
def test_it_keeps_of_each_segment_the_most_recently_used(
    keys: list[str], share: float, capacity: int, room: int
) -> None:
    cut = int(share * len(keys))
    probation, protected = keys[:cut], keys[cut:]
    table = SegmentedTable[int](capacity, room)
    fill(table, {key: int(key) for key in probation}, {key: int(key) for key in protected})
    over = max(len(protected) - room, 0)
    entries = {**table.entries(protected=False), **table.entries(protected=True)}
    assert all(int(key) == value for key, value in entries.items())
    assert drained(table) == ((probation + protected[:over])[-capacity:], protected[over:])


@given(keys=KEYS, uses=USES, capacity=st.integers(1, 12), room=st.integers(0, 8))
def test_a_filled_table_goes_on_like_one_that_was_put(
    keys: list[str], uses: list[tuple[str, str]], capacity: int, room: int
) -> None:
    on_probation, protected = keys[room:], keys[:room]
    quick, slow = SegmentedTable[int](capacity, room), SegmentedTable[int](capacity, room)
    fill(quick, {key: int(key) for key in on_probation}, {key: int(key) for key in protected})
    for key in protected:
        slow.put(key, int(key))
        slow.protect(key)
    for key in on_probation:
        slow.put(key, int(key))
    use(quick, uses)
    use(slow, uses)
    assert len(quick) == len(slow)
    assert quick.entries(protected=True) == slow.entries(protected=True)
    assert drained(quick) == drained(slow)


def test_a_table_that_holds_something_keeps_it() -> None:
    table = SegmentedTable[int](10, 10)
    table.put("here", 1)
    fill(table, {"new": 2}, {"known": 3})
    assert table.entries(protected=False) == {"here": 1, "new": 2}
    assert table.entries(protected=True) == {"known": 3}
