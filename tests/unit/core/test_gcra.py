from hypothesis import given
from hypothesis import strategies as st

from screener.core import gcra
from screener.core.settings import Window
from tests.builders import NOW

FIVE_A_MINUTE = Window(calls=5, per=60.0)

windows = st.builds(Window, calls=st.integers(1, 1_000), per=st.floats(0.1, 30 * 86_400.0))


def play(window: Window, times: list[float]) -> list[float]:
    """Return the times of the calls that found room."""
    tat, allowed = 0.0, []
    for now in times:
        if gcra.check(window, tat, now).allowed:
            allowed.append(now)
        tat = gcra.spend(window, tat, now)
    return allowed


def test_a_key_never_seen_has_the_whole_burst() -> None:
    assert gcra.check(FIVE_A_MINUTE, 0.0, NOW) == gcra.Check(
        allowed=True, remaining=5, retry_in=0.0
    )


def test_the_burst_is_spent_call_by_call_and_then_refused() -> None:
    assert len(play(FIVE_A_MINUTE, [NOW] * 8)) == 5


def test_a_refused_call_learns_when_to_come_back_and_finds_room_then() -> None:
    tat = 0.0
    for _ in range(5):
        tat = gcra.spend(FIVE_A_MINUTE, tat, NOW)
    refused = gcra.check(FIVE_A_MINUTE, tat, NOW + 1.0)
    assert not refused.allowed
    assert abs(refused.retry_in - 11.0) < 1e-6
    assert gcra.check(FIVE_A_MINUTE, tat, NOW + 1.0 + refused.retry_in).allowed


def test_a_call_over_the_limit_spends_nothing() -> None:
    tat = 0.0
    for _ in range(5):
        tat = gcra.spend(FIVE_A_MINUTE, tat, NOW)
    assert gcra.spend(FIVE_A_MINUTE, tat, NOW) == tat


def test_looking_is_free() -> None:
    first = gcra.check(FIVE_A_MINUTE, NOW + 5.0, NOW)
    assert first == gcra.check(FIVE_A_MINUTE, NOW + 5.0, NOW)


def test_an_hour_of_rest_gives_the_whole_burst_back() -> None:
    assert len(play(FIVE_A_MINUTE, [NOW] * 5 + [NOW + 3_600.0] * 8)) == 10


def test_a_tat_from_a_clock_far_ahead_holds_a_caller_for_one_window_at_most() -> None:
    wild = NOW + 1_000_000.0
    assert gcra.check(FIVE_A_MINUTE, wild, NOW).retry_in <= FIVE_A_MINUTE.per
    assert gcra.spend(FIVE_A_MINUTE, wild, NOW) <= NOW + FIVE_A_MINUTE.per


@given(windows, st.lists(st.floats(0.0, 100_000.0), min_size=1, max_size=200))
def test_never_more_than_a_burst_and_the_refill_in_any_span(
    window: Window, offsets: list[float]
) -> None:
    allowed = play(window, [NOW + offset for offset in sorted(offsets)])
    for first, start in enumerate(allowed):
        for last in range(first, len(allowed)):
            refill = (allowed[last] - start) * window.calls / window.per
            # The 0.01 is the tolerance for rounding that `check` declares.
            assert last - first + 1 <= window.calls + refill + 0.01 * (last - first + 1) + 0.01


@given(windows, st.floats(-1e6, 1e6))
def test_the_quick_form_says_what_the_long_one_says(window: Window, ahead: float) -> None:
    full = gcra.is_full(window, NOW + ahead, NOW)
    assert full is not gcra.check(window, NOW + ahead, NOW).allowed


@given(windows, st.integers(1, 50))
def test_calls_paced_at_the_limit_always_find_room(window: Window, count: int) -> None:
    interval = window.per / window.calls * 1.001
    assert len(play(window, [NOW + n * interval for n in range(count)])) == count
