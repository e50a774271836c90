from hypothesis import given
from hypothesis import strategies as st

from screener.core.breaker import Breaker


def closed(failures: int = 3) -> Breaker:
    breaker = Breaker(failures, probe=1.0, apart=0.004)
    breaker.probed_well()
    return breaker


def test_nobody_asks_before_the_first_probe_which_is_due_at_once() -> None:
    breaker = Breaker(3, probe=1.0, apart=0.004)
    assert breaker.is_open
    assert breaker.probe_in(0.0) == 0.0
    assert breaker.probed_well()
    assert not breaker.is_open
    assert not breaker.probed_well()
    assert breaker.opened == 0


def test_so_many_failures_open_it_and_the_last_one_says_so() -> None:
    breaker = closed(3)
    assert [breaker.failed(second, 0.0) for second in (1.0, 2.0, 3.0, 4.0)] == [
        False,
        False,
        True,
        False,
    ]
    assert breaker.opened == 1


def test_a_burst_of_late_answers_is_one_stall() -> None:
    breaker = closed(3)
    for number in range(100):
        breaker.failed(1.0 + number * 1e-5, 0.0)
    assert not breaker.is_open


def test_answers_between_take_failures_away() -> None:
    breaker = closed(3)
    for second in range(1, 100):
        breaker.failed(second, 0.0)
        for _ in range(4):
            breaker.succeeded()
    assert not breaker.is_open


def test_a_third_of_all_answers_late_opens_it_in_the_end() -> None:
    breaker = closed(5)
    for second in range(1, 100):
        breaker.failed(second, 0.0)
        breaker.succeeded()
        breaker.succeeded()
    assert breaker.is_open


def test_a_probe_in_vain_puts_the_next_one_off_and_an_answered_one_closes() -> None:
    breaker = closed(1)
    assert breaker.failed(10.0, 1.0)
    assert breaker.probe_in(10.0) == 1.0
    breaker.probed_in_vain(11.0, 0.0)
    assert breaker.probe_in(11.0) == 0.5
    assert breaker.probe_in(12.0) == 0.0
    assert breaker.probed_well()
    assert not breaker.failed(12.001, 0.0) or breaker.is_open


def test_a_success_of_before_it_opened_does_not_close_it() -> None:
    breaker = closed(1)
    breaker.failed(1.0, 0.0)
    breaker.succeeded()
    assert breaker.is_open


def test_opening_it_twice_counts_once() -> None:
    breaker = closed(5)
    assert breaker.open(1.0, 0.0)
    assert not breaker.open(2.0, 0.0)
    assert breaker.opened == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["fail", "succeed", "probe", "vain"]), st.floats(0.0, 10.0)),
    max_size=200,
)


@given(failures=st.integers(1, 10), probe=st.floats(0.1, 4.0), steps=STEPS, chance=st.floats(0, 1))
def test_whatever_happens_the_next_probe_is_near_and_only_a_probe_closes(
    failures: int, probe: float, steps: list[tuple[str, float]], chance: float
) -> None:
    breaker = Breaker(failures, probe=probe, apart=0.004)
    now = in_a_row = 0.0
    for what, later in steps:
        now += later
        was_open = breaker.is_open
        match what:
            case "fail":
                in_a_row += 1
                opens = breaker.failed(now, chance)
                assert opens == (breaker.is_open and not was_open)
                assert not opens or in_a_row > 0
            case "succeed":
                in_a_row = 0
                breaker.succeeded()
                assert breaker.is_open == was_open
            case "probe":
                assert breaker.probed_well() == was_open
                assert not breaker.is_open
            case "vain":
                breaker.open(now, chance)
                assert breaker.is_open
        assert breaker.is_open or breaker._count < failures
        if breaker.is_open:
            assert 0.0 <= breaker.probe_in(now) <= probe + 1e-9  # rounding of the moments
