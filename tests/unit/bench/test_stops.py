"""Why a process stood still."""

import pytest

from tests.bench.stops import EDGES_MS, Cause, Stop, histogram, longest


@pytest.mark.parametrize(
    ("stop", "cause"),
    [
        (Stop(wall=8.0, own=7.0, others=0.0, collecting=6.0), Cause.COLLECTION),
        (Stop(wall=8.0, own=7.0, others=0.0, collecting=6.0, copying=True), Cause.COLLECTION),
        (Stop(wall=8.0, own=7.0, others=0.0, collecting=0.1, grown=True), Cause.GROWTH),
        (Stop(wall=8.0, own=7.0, others=0.0, collecting=0.0, copying=True), Cause.COPY),
        (Stop(wall=8.0, own=7.0, others=0.0, collecting=0.0), Cause.WORK),
        (Stop(wall=8.0, own=0.5, others=7.0, collecting=0.0), Cause.THREAD),
        (Stop(wall=8.0, own=0.5, others=0.0, collecting=0.0), Cause.MACHINE),
        (Stop(wall=8.0, own=0.5, others=0.5, collecting=0.4, grown=True), Cause.MACHINE),
    ],
)
def test_the_clocks_name_the_cause(stop: Stop, cause: Cause) -> None:
    assert stop.cause is cause


def test_what_the_machine_took_is_not_counted_where_our_thread_ran() -> None:
    assert Stop(wall=8.0, own=5.0, others=0.0, collecting=0.0).length == 5.0
    assert Stop(wall=8.0, own=1.0, others=0.0, collecting=0.0).length == 8.0


def test_a_histogram_counts_each_stop_under_its_cause_from_edge_to_edge() -> None:
    at_an_edge = Stop(EDGES_MS[1], EDGES_MS[1], 0.0, 0.0)
    huge = Stop(1_000.0, 0.0, 0.0, 0.0)
    too_small = Stop(EDGES_MS[0] / 2, EDGES_MS[0] / 2, 0.0, 0.0)
    counts = histogram([at_an_edge, huge, huge, too_small])
    assert counts[Cause.WORK] == [0, 1, *[0] * (len(EDGES_MS) - 2)]
    assert counts[Cause.MACHINE] == [*[0] * (len(EDGES_MS) - 1), 2]
    assert sum(map(sum, counts.values())) == 3


def test_the_longest_is_told_for_each_cause_that_any_stop_had() -> None:
    stops = [Stop(2.0, 2.0, 0.0, 0.0), Stop(3.0, 3.0, 0.0, 0.0)]
    assert longest(stops) == {Cause.WORK: 3.0}
