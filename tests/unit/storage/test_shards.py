import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.storage.shards import HASH_BITS, MOST_BITS, Shards


def filled(keys: list[str], largest: int, bound: int) -> Shards:
    shards = Shards(bound, largest)
    for key in keys:
        while len(shards.probation[hash(key) >> shards.shift]) >= largest:
            if not shards.split(hash(key) >> shards.shift):
                break
        shards.probation[hash(key) >> shards.shift][key] = len(key)
    return shards


def runs_of(shards: Shards) -> list[tuple[int, int]]:
    place, runs = 0, []
    while place < len(shards.probation):
        runs.append(shards.run(place))
        place = runs[-1][1]
    return runs


@given(st.lists(st.text(max_size=6), unique=True, max_size=300), st.integers(2, 9))
def test_every_key_is_where_its_hash_leads_to_however_often_all_was_split(
    keys: list[str], largest: int
) -> None:
    shards = filled(keys, largest, 4 * len(keys) + 1)
    assert all(key in shards.probation[hash(key) >> shards.shift] for key in keys)
    runs = runs_of(shards)
    assert len(runs) == shards.pairs
    assert sum(len(shards.probation[first]) for first, _ in runs) == len(keys)
    for first, behind in runs:
        assert shards.run(behind - 1) == (first, behind)
        assert (behind - first) & (behind - first - 1) == 0
        assert shards.protected[first] is shards.protected[behind - 1]


def test_both_dictionaries_of_a_pair_are_split_together() -> None:
    shards = Shards(1_000, 4)
    for place in range(40):
        shards.protected[0][f"k{place}"] = place
    assert shards.split(0)
    assert shards.pairs == 2
    assert sorted(map(len, shards.probation)) == [0, 0]
    assert all(
        f"k{place}" in shards.protected[hash(f"k{place}") >> shards.shift] for place in range(40)
    )


def test_there_are_at_most_so_many_as_leave_each_half_empty() -> None:
    keys = [f"k{place}" for place in range(5_000)]
    shards = filled(keys, 8, 64)
    assert len(shards.probation) == 16
    assert not any(shards.split(place) for place in range(16))
    shards.allow(128)
    assert shards.split(3)
    assert Shards(10**12, 4_096).split(0)


def test_a_bound_beyond_all_measure_leads_to_no_endless_list() -> None:
    shards = Shards(10**12, 2)
    while shards.split(0):
        pass
    assert len(shards.probation) == 1 << MOST_BITS


@pytest.mark.parametrize("entries", [0, 1, 3, 100, 1_000])
def test_what_is_spread_before_it_is_filled_has_room_for_all(entries: int) -> None:
    shards = Shards(entries, 10)
    shards.spread(entries)
    assert len(shards.probation) == shards.pairs == 1 << (HASH_BITS - shards.shift)
    assert entries <= 10 * shards.pairs
    assert [behind - first for first, behind in runs_of(shards)] == [1] * shards.pairs
