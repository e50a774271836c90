import pytest

from screener.core.crowd import Crowd, Fading
from screener.core.settings import CrowdSettings
from screener.storage.crowd_state import FIELDS, KeptCrowds, copied, crowds_of, numbers_of
from tests.builders import NOW

(ONE,) = crowds_of(FIELDS, [[float(place)] for place in range(1, len(FIELDS) + 1)])
TWO = Crowd(NOW, fast=3.0)


def columns_of(*crowds: Crowd) -> list[list[float]]:
    numbers = numbers_of(crowds)
    return [numbers[place :: len(FIELDS)] for place in range(len(FIELDS))]


def test_a_copy_says_the_same_and_no_longer_follows() -> None:
    crowd = Crowd(NOW, fast=2.0, gaps=3)
    copy = copied(crowd)
    assert copy == crowd
    crowd.called(Fading(CrowdSettings()), NOW + 1.0)
    assert copy.fast == 2.0


def test_a_copy_and_a_row_leave_no_field_out() -> None:
    assert copied(ONE) == ONE
    assert numbers_of([ONE]) == [float(place) for place in range(1, len(FIELDS) + 1)]


def test_rows_are_read_as_they_were_written() -> None:
    read = crowds_of(FIELDS, columns_of(ONE, TWO))
    assert read == [ONE, TWO]
    assert isinstance(read[0].gaps, int)


def test_a_field_that_is_not_known_is_left_out_and_one_that_is_missing_begins_anew() -> None:
    names = ["of-tomorrow", *FIELDS[1:]]
    (read,) = crowds_of(names, columns_of(ONE))
    assert (read.at, read.fast, read.gaps) == (0.0, ONE.fast, ONE.gaps)
    assert crowds_of(["of-tomorrow"], [[1.0, 2.0]]) == []


def test_other_names_than_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        crowds_of(FIELDS, columns_of(ONE)[1:])


def test_all_are_moved_and_who_never_called_still_did_not() -> None:
    kept = KeptCrowds({"a": Crowd(NOW, last_call=NOW)}, {"b": Crowd(NOW)}, Crowd(NOW))
    kept.move(-10.0)
    assert kept == KeptCrowds(
        {"a": Crowd(NOW - 10.0, last_call=NOW - 10.0)}, {"b": Crowd(NOW - 10.0)}, Crowd(NOW - 10.0)
    )
