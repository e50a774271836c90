from pathlib import Path

import pytest

from screener.adapters.line_problems import GIVE_UP, MOST_TOLD, LineProblems
from screener.errors import ScreenerError


def test_without_any_nothing_is_said() -> None:
    LineProblems(Path("queue_log")).check()


def test_the_first_are_told_by_place_and_the_rest_are_counted() -> None:
    problems = LineProblems(Path("queue_log"))
    for line in range(1, MOST_TOLD + 4):
        problems.add(line, "is none")
    with pytest.raises(ScreenerError) as refused:
        problems.check()
    lines = str(refused.value).splitlines()
    assert lines[0] == "queue_log:1:1: is none"
    assert lines[-2:] == [
        "and 3 more",
        "nothing was changed; --skip-broken brings in all other lines",
    ]
    assert len(lines) == MOST_TOLD + 2


def test_a_file_that_is_broken_all_over_is_not_read_to_its_end() -> None:
    problems = LineProblems(Path("queue_log"))
    for line in range(1, GIVE_UP):
        problems.add(line, "is none")
    with pytest.raises(ScreenerError, match="the rest was not read"):
        problems.add(GIVE_UP, "is none")
    assert problems.count == GIVE_UP


def test_where_they_are_to_be_left_out_they_are_only_counted() -> None:
    problems = LineProblems(Path("queue_log"), skipping=True)
    for line in range(1, GIVE_UP + 2):
        problems.add(line, "is none")
    problems.check()
    assert problems.count == GIVE_UP + 1
