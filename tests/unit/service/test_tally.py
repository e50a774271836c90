from hypothesis import given
from hypothesis import strategies as st

from screener.service.tally import LatencyTally, Tally
from tests.builders import a_decision


def test_verdicts_are_counted_by_name() -> None:
    tally = Tally()
    tally(a_decision())
    tally(a_decision())
    snapshot = tally.snapshot()
    assert snapshot["verdicts"] == {"admit": 2}
    assert snapshot["faults"] == {}
    assert (tally.verdicts["admit"], tally.verdicts["drop"]) == (2, 0)
    assert (tally.would["admit"], tally.would["challenge"]) == (2, 0)


def test_an_empty_tally_has_no_latency() -> None:
    assert LatencyTally().quantile(0.99) == 0.0


@given(st.lists(st.floats(2e-6, 30.0), min_size=1, max_size=300), st.floats(0.01, 1.0))
def test_a_quantile_is_right_to_within_a_fifth(durations: list[float], share: float) -> None:
    tally = LatencyTally()
    for seconds in durations:
        tally.add(seconds)
    ranked = sorted(durations)
    at = max(-(-len(ranked) * share // 1), 1)
    exact = ranked[min(int(at), len(ranked)) - 1]
    assert exact * 0.999 <= tally.quantile(share) <= exact * 1.21


def test_absurd_durations_land_in_the_outer_buckets() -> None:
    tally = LatencyTally()
    tally.add(-1.0)
    tally.add(1e9)
    assert tally.quantile(0.5) < 1e-5
    assert tally.quantile(1.0) > 10.0
