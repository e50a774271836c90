"""Seconds of the hub: what is counted where, what is forgotten, what is unknown."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from screener.core.incident import Ruled
from screener.core.settings import Action, Level
from screener.web.hub_seconds import SPAN_S, Calls, Gauge, Seconds

NOW = 1_800_000_000.0
CALLS = st.lists(
    st.tuples(
        st.floats(0.0, 300.0),
        st.sampled_from(Ruled),
        st.sampled_from(Action),
        st.floats(1e-7, 60.0),
    ),
    max_size=60,
)
Came = list[tuple[float, Ruled, Action, float]]


def fed(came: Came) -> Seconds:
    """Return seconds that were told of each call, `gap` after the one before."""
    seconds, now = Seconds(), NOW
    for gap, ruled, would, latency_s in came:
        now += gap
        seconds.call(now, ruled, would, latency_s)
    return seconds


def end_of(came: Came) -> float:
    return NOW + sum(gap for gap, *_ in came)


@given(CALLS, st.sampled_from([1, 2, 5, 60]))
def test_columns_count_each_call_of_their_time_once(came: Came, each: int) -> None:
    end = end_of(came) + each
    columns = fed(came).columns(end, each)
    last = int(end) // each * each
    now, wanted = NOW, Counter[Ruled]()
    for gap, ruled, _, _ in came:
        now += gap
        wanted[ruled] += last - SPAN_S <= int(now) < last and int(now) > int(end_of(came)) - SPAN_S
    told = Counter[Ruled]()
    for column in columns:
        told += column.calls.ruled if column.calls else Counter()
    assert told == +wanted
    assert len(columns) == SPAN_S // each
    assert [column.at % each for column in columns] == [0.0] * len(columns)


@given(CALLS)
def test_no_more_is_kept_than_the_span(came: Came) -> None:
    assert len(fed(came)._calls) <= SPAN_S


@given(st.lists(st.floats(2e-6, 30.0), min_size=1), st.floats(0.01, 1.0))
def test_a_quantile_of_the_latency_is_right_to_within_a_fifth(
    latencies: list[float], share: float
) -> None:
    calls = Calls()
    for latency in latencies:
        calls.add(Ruled.ADMIT, Action.ADMIT, latency)
    ranked = sorted(latencies)
    exact = next(
        one for at, one in enumerate(ranked, 1) if at >= share * len(ranked) or at == len(ranked)
    )
    told = calls.latency_ms(share)
    assert told is not None
    assert exact * 1000 * 0.999 <= told <= exact * 1000 * 1.2 * 1.001


def test_without_a_call_there_is_no_latency() -> None:
    assert Calls().latency_ms(0.5) is None


def test_a_second_that_was_watched_without_a_call_is_calm_and_others_are_unknown() -> None:
    seconds = Seconds()
    seconds.watched(NOW + 5)
    old, calm, *_ = seconds.columns(NOW + 10, 5)[-2:]
    assert old.calls is None
    assert calm.calls is not None
    assert (calm.calls.total, calm.per_s(Ruled.ADMIT), old.per_s(Action.DROP)) == (0, 0.0, 0.0)


def test_the_last_seconds_are_told_per_second_of_those_watched() -> None:
    seconds = Seconds()
    for second in range(3):
        for _ in range(4):
            seconds.call(NOW + second, Ruled.BUSY, Action.DROP, 0.001)
    seconds.call(NOW + 3, Ruled.ADMIT, Action.ADMIT, 0.001)
    last = seconds.last(NOW + 3.5, 10)
    assert (last.seconds, last.per_s(Ruled.BUSY), last.per_s(Ruled.ADMIT)) == (3, 4.0, 0.0)
    assert last.per_s(Action.DROP) == 4.0


def test_nobody_watched_is_no_division_by_zero() -> None:
    last = Seconds().last(NOW, 10)
    assert (last.seconds, last.calls) == (1, None)


def test_the_last_look_at_the_site_stands_in_its_column() -> None:
    seconds = Seconds()
    for at, waiting in ((0.1, 1), (0.2, 2), (6.0, 3), (9.0, 4)):
        seconds.saw(NOW + at, Gauge(Level.CALM, 0.0, waiting))
    gauges = [one.gauge for one in seconds.columns(NOW + 10, 5)[-2:]]
    assert [one and one.waiting for one in gauges] == [2, 4]


def test_looks_are_bounded_too() -> None:
    seconds = Seconds(10)
    for at in range(100):
        seconds.saw(NOW + at, Gauge(Level.CALM, 0.0, at))
        seconds.watched(NOW + at)
    assert len(seconds._gauges) == len(seconds._watched) == 10
