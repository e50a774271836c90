from hypothesis import given
from hypothesis import strategies as st

from screener.core.store_clock import StoreClock
from tests.builders import NOW


def test_until_told_the_clocks_are_taken_to_be_alike() -> None:
    clock = StoreClock()
    assert clock.ahead_s == 0.0
    assert not clock.is_known


def test_a_quick_answer_tells_the_difference_and_a_slow_one_does_not_blur_it() -> None:
    clock = StoreClock()
    clock.told(NOW - 100.0, NOW, NOW + 0.002)
    assert abs(clock.ahead_s - 100.0) <= 0.001
    before = clock.ahead_s
    clock.told(NOW - 99.0 + 0.4, NOW + 1.0, NOW + 1.8)
    assert clock.ahead_s == before


def test_a_quicker_answer_is_believed_at_once() -> None:
    clock = StoreClock()
    clock.told(NOW, NOW, NOW + 0.4)
    clock.told(NOW + 1.0, NOW + 1.0, NOW + 1.001)
    assert abs(clock.ahead_s) <= 0.001


def test_a_store_whose_clock_was_set_is_believed_at_once() -> None:
    clock = StoreClock()
    clock.told(NOW, NOW, NOW + 0.001)
    clock.told(NOW + 3_600.0, NOW + 5.0, NOW + 5.4)
    assert abs(clock.ahead_s - (5.2 - 3_600.0)) < 0.001


@given(
    st.floats(-86_400.0, 86_400.0),
    st.lists(
        st.tuples(st.floats(0.0, 0.5), st.floats(0.0, 0.5), st.floats(0.0, 100.0)),
        min_size=1,
        max_size=30,
    ),
)
def test_the_difference_is_right_to_within_half_the_quickest_round_trip_and_drift(
    ahead: float, answers: list[tuple[float, float, float]]
) -> None:
    clock, now, bound = StoreClock(), NOW, 1e9
    for there, back, gap in answers:
        asked, now = now, now + there + back
        clock.told(asked + there - ahead, asked, now)
        bound = min(bound, max((there + back) / 2.0, 1e-4))
        assert abs(clock.ahead_s - ahead) <= bound + 1e-6 + 200e-6 * 3_100.0
        now += gap
