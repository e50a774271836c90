from hypothesis import given
from hypothesis import strategies as st

from screener.storage.order_of_use import BASKETS, STEP, in_order_of_use


def no_pause() -> None:
    """Go on at once."""


@given(st.dictionaries(st.text(max_size=5), st.floats(0.0, 1e9), max_size=300))
def test_every_key_is_told_once(table: dict[str, float]) -> None:
    assert sorted(in_order_of_use(table, float, no_pause)) == sorted(table)


def test_a_few_keys_are_in_exact_order() -> None:
    table = {"late": 30.0, "early": 10.0, "middle": 20.0}
    assert in_order_of_use(table, float, no_pause) == ["early", "middle", "late"]


def test_of_many_keys_none_is_far_from_its_place() -> None:
    many = 40 * BASKETS
    table = {str(place): float(place * 7_919 % many) for place in range(many)}
    told = in_order_of_use(table, float, no_pause)
    furthest = max(abs(table[key] - place) for place, key in enumerate(told))
    assert furthest < 3 * many / BASKETS


def test_keys_of_one_moment_fall_into_one_basket() -> None:
    table = dict.fromkeys(map(str, range(5_000)), 1.0)
    assert in_order_of_use(table, float, no_pause) == list(table)


def test_it_pauses_now_and_then() -> None:
    pauses: list[None] = []
    table = dict.fromkeys(map(str, range(3 * STEP + 1)), 1.0)
    in_order_of_use(table, float, lambda: pauses.append(None))
    assert len(pauses) == 3
