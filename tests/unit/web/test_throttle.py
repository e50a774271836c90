from hypothesis import given, settings
from hypothesis import strategies as st

from screener.web.throttle import (
    FORGOTTEN_S,
    LONGEST_WAIT_PROVEN_S,
    LONGEST_WAIT_S,
    OF_ADDRESS,
    Attempt,
    Throttle,
)

HOME = Attempt("anna", "192.0.2.1", proven=True)
AWAY = Attempt("anna", "198.51.100.9")

PAUSES = st.floats(0.0, 40.0, allow_nan=False)
STRANGERS = st.builds(
    Attempt,
    st.sampled_from(["anna", "bert", "carl"]),
    st.sampled_from([f"198.51.100.{last}" for last in range(9)]),
)


def taken(throttle: Throttle, attempt: Attempt, times: list[float]) -> list[float]:
    return [at for at in times if throttle.ask(attempt, at) == 0.0]


def most_in_a_minute(times: list[float]) -> int:
    return max((sum(at <= other < at + 60.0 for other in times) for at in times), default=0)


def test_the_first_tries_are_free_and_each_failure_then_doubles_the_wait() -> None:
    throttle = Throttle()
    assert [throttle.ask(HOME, 0.0), throttle.ask(HOME, 0.0)] == [0.0, 0.0]
    now, waits = 0.0, []
    for _ in range(6):
        waits.append(throttle.ask(HOME, now))
        now += waits[-1]
        assert throttle.ask(HOME, now) == 0.0
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_who_asks_too_soon_waits_no_longer_for_it() -> None:
    throttle = Throttle()
    throttle.ask(HOME, 0.0)
    throttle.ask(HOME, 0.0)
    assert [throttle.ask(HOME, at) for at in (1.0, 2.0, 3.0)] == [4.0, 3.0, 2.0]
    assert throttle.ask(HOME, 5.0) == 0.0


def test_a_right_password_makes_good_for_wrong_ones() -> None:
    throttle = Throttle()
    for attempt in (HOME, AWAY):
        for _ in range(40):
            assert throttle.ask(attempt, 7.0) == 0.0
            throttle.passed(attempt)


def test_an_hour_without_a_failure_begins_anew() -> None:
    throttle = Throttle()
    for at in (0.0, 0.0, 5.0, 15.0):
        assert throttle.ask(HOME, at) == 0.0
    later = 15.0 + FORGOTTEN_S
    assert [throttle.ask(HOME, later), throttle.ask(HOME, later)] == [0.0, 0.0]


@given(st.lists(st.tuples(PAUSES, STRANGERS), max_size=120))
@settings(max_examples=150)
def test_strangers_get_five_tries_a_minute_at_an_account_from_everywhere_together(
    steps: list[tuple[float, Attempt]],
) -> None:
    throttle, now, times = Throttle(), 0.0, dict[str, list[float]]()
    for pause, attempt in steps:
        now += pause / 10.0
        if throttle.ask(attempt, now) == 0.0:
            times.setdefault(attempt.account, []).append(now)
    assert all(most_in_a_minute(of_one) <= 5 for of_one in times.values())


@given(st.lists(st.tuples(PAUSES, st.one_of(STRANGERS, st.just(HOME))), max_size=120))
@settings(max_examples=150)
def test_strangers_and_a_proven_address_together_get_ten_at_most(
    steps: list[tuple[float, Attempt]],
) -> None:
    throttle, now, times = Throttle(), 0.0, list[float]()
    for pause, attempt in steps:
        now += pause / 10.0
        if throttle.ask(attempt, now) == 0.0 and attempt.account == "anna":
            times.append(now)
    assert most_in_a_minute(times) <= 10


@given(
    st.lists(st.tuples(PAUSES, STRANGERS), max_size=60),
    st.lists(st.integers(0, 59), max_size=12),
)
@settings(max_examples=150)
def test_what_others_try_changes_nothing_for_a_proven_address(
    steps: list[tuple[float, Attempt]], mine: list[int]
) -> None:
    attacked, alone, now = Throttle(), Throttle(), 0.0
    for number, (pause, attempt) in enumerate(steps):
        now += pause
        attacked.ask(attempt, now)
        for _ in range(mine.count(number)):
            assert attacked.ask(HOME, now) == alone.ask(HOME, now)


@given(st.lists(st.tuples(PAUSES, st.one_of(STRANGERS, st.just(HOME))), min_size=1, max_size=120))
@settings(max_examples=150)
def test_nobody_waits_longer_than_told_nor_for_ever(
    steps: list[tuple[float, Attempt]],
) -> None:
    throttle, now = Throttle(), 0.0
    for pause, attempt in steps:
        now += pause
        wait = throttle.ask(attempt, now)
        longest = LONGEST_WAIT_PROVEN_S if attempt.proven else LONGEST_WAIT_S
        assert 0.0 <= wait <= longest + 1e-6  # times are sums of floats
        if wait:
            now += wait + 1e-6
            assert throttle.ask(attempt, now) == 0.0


def test_one_address_cannot_try_many_accounts_and_is_not_shut_out_for_it() -> None:
    throttle = Throttle()
    tries = [Attempt(f"user{number}", "203.0.113.5") for number in range(1_000)]
    assert sum(throttle.ask(one, 0.0) == 0.0 for one in tries) == OF_ADDRESS.calls
    assert throttle.ask(tries[-1], 0.0) <= OF_ADDRESS.per / OF_ADDRESS.calls
    assert throttle.ask(Attempt("user0", "203.0.113.6"), 0.0) == 0.0
    behind_it = Attempt("anna", "203.0.113.5", proven=True)
    assert throttle.ask(behind_it, 0.0) == 0.0


def test_tries_at_once_are_counted_before_any_is_known_to_be_wrong() -> None:
    throttle = Throttle()
    assert len(taken(throttle, AWAY, [0.0] * 50)) == 2


def test_no_table_outgrows_its_bound_whatever_names_are_tried() -> None:
    throttle = Throttle(most=100)
    for number in range(5_000):
        throttle.ask(Attempt(f"name{number}", f"address{number}"), number / 1_000.0)
    assert throttle.kept == 100
