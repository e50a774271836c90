"""Looking for a rate on a ladder."""

import pytest

from tests.bench.rate_search import (
    FINE_RATIO,
    FINE_SPAN,
    LEAST,
    RATIO,
    RUNGS,
    RateSearch,
    fine_search,
)


def _searched(limit: float) -> tuple[int, int]:
    search, tries = RateSearch(), 0
    while (rate := search.next) is not None:
        search.tell(borne=rate <= limit)
        tries += 1
    return search.found, tries


@pytest.mark.parametrize("place", range(RUNGS))
def test_the_highest_rung_that_is_borne_is_found(place: int) -> None:
    rung = round(LEAST * RATIO**place)
    assert _searched(rung)[0] == rung
    assert _searched(rung * 1.1)[0] == rung


def test_it_takes_four_tries_at_most() -> None:
    assert max(_searched(limit)[1] for limit in range(0, 5_000, 10)) == 4


def test_a_rate_that_nothing_bears_is_none() -> None:
    assert _searched(0.0)[0] == 0


@pytest.mark.parametrize(("lowest", "highest"), [(541, 659), (541, 541), (1, 2), (200, 3_200)])
def test_a_fine_search_goes_around_what_was_found(lowest: int, highest: int) -> None:
    for limit in (lowest, highest):
        search = fine_search(lowest, highest)
        while (rate := search.next) is not None:
            search.tell(borne=rate <= limit)
        assert limit / FINE_RATIO - 1 <= search.found <= limit
    search = fine_search(lowest, highest)
    while search.next is not None:
        search.tell(borne=True)
    assert search.found >= highest * FINE_SPAN * 0.99 - 1
