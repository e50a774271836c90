from hypothesis import given
from hypothesis import strategies as st

from screener.storage.memory import SegmentedTable
from screener.storage.table_fill import fill

KEYS = st.lists(st.integers(0, 40).map(str), unique=True, max_size=30)
USES = st.lists(st.tuples(st.sampled_from("gpPf"), st.integers(0, 60).map(str)), max_size=40)


def keys_of(table: SegmentedTable[int]) -> tuple[list[str], list[str]]:
    """Return the keys of both segments, least recently used first."""
    return list(table.entries(protected=False)), list(table.entries(protected=True))


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
    assert keys_of(table) == ((probation + protected[:over])[-capacity:], protected[over:])


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
    assert keys_of(quick) == keys_of(slow)


@given(st.integers(1, 400), st.integers(0, 200), st.integers(1, 9))
def test_a_table_of_many_small_parts_is_filled_as_one_of_a_single_part(
    new: int, known: int, largest: int
) -> None:
    probation = {f"n{place}": place for place in range(new)}
    protected = {f"k{place}": place for place in range(known)}
    table = SegmentedTable[int](400, 200, largest=largest)
    fill(table, probation, protected)
    assert len(table) == new + known
    assert table.entries(protected=False) == probation
    assert table.entries(protected=True) == protected
    assert all(table.get(key) == place for key, place in {**probation, **protected}.items())
    assert table.evicted == 0


def test_a_table_that_holds_something_keeps_it() -> None:
    table = SegmentedTable[int](10, 10)
    table.put("here", 1)
    fill(table, {"new": 2}, {"known": 3})
    assert table.entries(protected=False) == {"here": 1, "new": 2}
    assert table.entries(protected=True) == {"known": 3}
