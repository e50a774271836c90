from hypothesis import given
from hypothesis import strategies as st

from screener.core.score import Adder, add_up
from screener.core.settings import GroupCap
from screener.core.signals import Signal

CAPS = {"number": GroupCap(-1.0, 3.0), "limits": GroupCap(0.0, 9.0)}

signals = st.lists(
    st.builds(
        Signal,
        name=st.sampled_from(["a", "b", "c"]),
        group=st.sampled_from(["number", "limits", "other"]),
        points=st.floats(-50, 50),
        reason=st.just("because"),
        counts=st.booleans(),
    ),
    max_size=12,
)


def a_signal(points: float, group: str = "number", *, counts: bool = True) -> Signal:
    return Signal("one", group, points, "because", counts)


def test_nothing_found_is_a_score_of_zero() -> None:
    assert add_up((), CAPS).total == 0.0


def test_points_of_one_group_are_capped_at_both_ends() -> None:
    assert add_up([a_signal(2.0), a_signal(2.5)], CAPS).total == 3.0
    assert add_up([a_signal(-2.0), a_signal(-2.5)], CAPS).total == -1.0


def test_groups_add_up_beyond_the_cap_of_one() -> None:
    assert add_up([a_signal(5.0), a_signal(5.0, "limits")], CAPS).total == 8.0


def test_a_group_without_a_cap_is_free() -> None:
    assert add_up([a_signal(40.0, "other")], CAPS).total == 40.0


def test_an_observed_signal_counts_only_for_what_would_be() -> None:
    score = add_up([a_signal(2.0, counts=False)], CAPS)
    assert (score.total, score.would) == (0.0, 2.0)
    assert not score.enforced


def test_decimal_points_add_up_to_what_an_admin_expects() -> None:
    assert add_up([a_signal(0.1), a_signal(0.2)], CAPS).total == 0.3


@given(signals)
def test_the_parts_are_kept_and_order_never_matters(parts: list[Signal]) -> None:
    forward, backward = add_up(parts, CAPS), add_up(parts[::-1], CAPS)
    assert forward.signals == tuple(parts)
    assert abs(forward.total - backward.total) < 1e-5
    assert abs(forward.would - backward.would) < 1e-5


@given(signals)
def test_an_adder_says_of_the_same_signals_what_adding_them_up_says(parts: list[Signal]) -> None:
    adder = Adder(CAPS)
    for _ in range(2):
        assert adder.add_up(tuple(parts)) == add_up(parts, CAPS)


@given(signals, st.floats(0, 20))
def test_one_more_unwanted_signal_never_lowers_a_score(parts: list[Signal], points: float) -> None:
    more = [*parts, a_signal(points, "limits")]
    assert add_up(more, CAPS).total >= add_up(parts, CAPS).total - 1e-6
