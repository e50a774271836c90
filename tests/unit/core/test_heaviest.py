from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from screener.core.heaviest import Heaviest, Weighed

KEYS = st.lists(st.sampled_from("abcdefghijklmnop"), max_size=200)


def test_a_few_keys_are_counted_exactly_heaviest_first() -> None:
    heaviest = Heaviest(3)
    for key, weight in (("a", 1.0), ("b", 2.5), ("a", 0.5)):
        heaviest.add(key, weight)
    assert heaviest.top(0.0) == [Weighed("b", 2.5), Weighed("a", 1.5)]
    assert heaviest.top(2.0) == [Weighed("b", 2.5)]


def test_a_heavy_key_is_found_among_thousands_that_come_once() -> None:
    heaviest = Heaviest(8)
    for place in range(3_000):
        heaviest.add(f"once-{place}", 1.0)
        if place % 3 == 0:
            heaviest.add("often", 1.0)
    (found, *others) = heaviest.top(100.0)
    assert found.key == "often"
    assert others == []
    assert 600.0 <= found.weight <= 1_000.0


@given(keys=KEYS, places=st.integers(1, 10))
def test_what_is_told_of_a_key_is_never_more_than_it_weighs(keys: list[str], places: int) -> None:
    heaviest, exact = Heaviest(places), Counter(keys)
    for key in keys:
        heaviest.add(key, 1.0)
    told = heaviest.top(0.0)
    assert len(told) <= places
    assert all(0.0 <= one.weight <= exact[one.key] for one in told)


@given(keys=KEYS, places=st.integers(1, 10))
def test_a_key_of_more_than_its_part_is_always_held(keys: list[str], places: int) -> None:
    heaviest = Heaviest(places)
    for key in keys:
        heaviest.add(key, 1.0)
    held = {one.key for one in heaviest.top(0.0)}
    assert {key for key, count in Counter(keys).items() if count > len(keys) / places} <= held
