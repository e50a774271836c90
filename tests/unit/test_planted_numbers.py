"""No number gets out: a few hundred planted in a real agent, and the search that looks for them."""

from pathlib import Path

import pytest

from tests.bench.planted_numbers import Planting
from tests.bench.planted_search import Searcher, made_up, writings

COUNT = 200


@pytest.mark.parametrize("way", range(15))
def test_a_number_is_found_in_whatever_way_it_is_written(way: int) -> None:
    numbers = made_up(20)
    ways = writings(numbers.planted[7])
    assert len(ways) == 15
    searcher = Searcher(numbers)
    searcher.look("a log", f"VERDICT id=0123456789abcdef ms=0.1234567 caller={ways[way]} ok")
    searcher.look("a file", b"\x00\xff" + ways[way].encode() + b"\x00")
    assert searcher.found.planted == {
        "a log": {numbers.planted[7]},
        "a file": {numbers.planted[7]},
    }
    assert searcher.found.never == {"a log": set(), "a file": set()}


def test_masks_moments_and_ids_are_not_taken_for_numbers_and_strangers_are_counted_apart() -> None:
    numbers = made_up(20)
    searcher = Searcher(numbers)
    last = numbers.planted[3][3:]
    searcher.look("masked", f"+1\u2022\u2022\u2022{last[-2:]} at 1795334400.{last} id=ab{last}cd")
    searcher.look("others", " ".join(numbers.never))
    assert searcher.found.leaked == set()
    assert searcher.found.never["others"] == set(numbers.never)


def test_of_the_numbers_planted_none_is_in_any_log_output_or_file(tmp_path: Path) -> None:
    planting = Planting(tmp_path, COUNT)
    found = planting.run()
    assert found.seen == []
    assert found.leaked == set()
    # What was searched held what it was to hold.
    log = planting.agent.log.read_text()
    assert {"admit", "challenge", "drop"} <= set(planting.verdicts)
    assert planting.waiting_bytes > 0
    for words in (
        "a session raised RuntimeError",
        "handler of explain raised RuntimeError",
        "the event loop raised RuntimeError",
        "a thread raised RuntimeError",
        "FAIL-OPEN",
        "MALFORMED",
        "STATE-SAVED",
        "recovered=",
    ):
        assert words in log
    for place in ("storage: memory.state", "storage: review.db", "storage: decisions.db"):
        assert found.bytes_read[place] > 0
    done = {command for command, status in planting.ended if status == 0}
    refused = {command for command, status in planting.ended if status != 0}
    assert done >= {"log", "stats", "status", "explain", "lists show", "audit", "erase", "not-spam"}
    assert done >= {
        "allow",
        "deny",
        "undo",
        "lists import",
        "import",
        "replay",
        "apply",
        "rollback",
    }
    assert refused >= {"lists import", "import", "deny"}
