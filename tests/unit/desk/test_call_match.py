from dataclasses import replace
from pathlib import Path

import pytest

from screener.desk.call_match import CallMatch, can_follow
from screener.storage.caller_calls import number_keys_at
from screener.storage.log_query import Filter, open_to_read, page
from tests.builders import NOW
from tests.unit.storage.logs import a_log, at, refused

ALICE, BOB = "+16515550142", "+442079460143"

FILTERS = [
    Filter(),
    Filter(verdict="drop"),
    Filter(would="admit"),
    Filter(did="+16515392200"),
    Filter(trunk="b", verdict="admit"),
    Filter(reason="new-caller"),
    Filter(reason="new"),
    Filter(caller="*42"),
    Filter(caller="+4*43"),
    Filter(caller="+1*4"),
    Filter(caller="withheld"),
    Filter(since=NOW),
    Filter(since=NOW + 1.0),
    Filter(number=b"\x00" * 16),
]


@pytest.mark.parametrize("wanted", FILTERS)
def test_it_says_what_a_search_of_the_log_says(tmp_path: Path, wanted: Filter) -> None:
    with a_log(tmp_path) as log:
        log.decisions(at(NOW - 1.0, "1" * 16, ALICE))
        log.decisions(at(NOW, "2" * 16, BOB, trunk="b"))
        log.decisions(at(NOW + 1.0, "3" * 16, ALICE, presentation="prohib", did="x"))
        log.decisions(refused(at(NOW + 2.0, "4" * 16, BOB)))
        log.upkeep.step()
        connection = open_to_read(log.path)
        try:
            everything = page(connection, Filter()).calls
            keys = number_keys_at(connection, [int(str(call["seq"])) for call in everything])
            wanted_ones = [wanted]
            if wanted.number is not None:
                wanted_ones += [replace(wanted, number=key) for key in keys.values()]
            for one in wanted_ones:
                fits = CallMatch(one).fits
                matched = [
                    call["id"] for call in everything if fits(call, keys.get(int(str(call["seq"]))))
                ]
                assert matched == [call["id"] for call in page(connection, one).calls]
        finally:
            connection.close()


def test_what_becomes_of_a_call_and_an_end_cannot_be_followed() -> None:
    assert can_follow(Filter(verdict="drop", since=NOW))
    assert not can_follow(Filter(outcome="answered"))
    assert not can_follow(Filter(until=NOW))


def test_only_a_filter_by_number_needs_pseudonyms() -> None:
    assert CallMatch(Filter(number=b"1" * 16)).by_number
    assert not CallMatch(Filter(caller="*42")).by_number


def test_a_filter_by_edge_fits_calls_of_the_central_log_alone() -> None:
    fits = CallMatch(Filter(edge="edge-a")).fits
    assert fits({"edge": "edge-a"}, None)
    assert not fits({"edge": "edge-b"}, None)
    assert not fits({}, None)
