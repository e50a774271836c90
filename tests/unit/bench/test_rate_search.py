"""Looking for a rate on a ladder."""

import pytest

from tests.bench.rate_search import LEAST, RATIO, RUNGS, RateSearch


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
