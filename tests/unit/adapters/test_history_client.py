from pathlib import Path

import pytest

from screener.adapters.history_client import MOST_RECORDS, batches, teach
from screener.errors import MissingPartError
from screener.protocol.control import REQUEST_LIMIT, encode
from tests.unit.agents import an_agent

RECORD = {"caller": "+16515550142", "at": 1.0, "outcome": "answered", "talk_s": 42.0}


def test_batches_hold_no_more_than_a_request_may() -> None:
    assert [len(one) for one in batches([RECORD] * 450)] == [MOST_RECORDS, MOST_RECORDS, 50]
    wide = {**RECORD, "trunk": "\N{FACE WITH TEARS OF JOY}" * 80}
    found = list(batches([wide] * 300))
    assert sum(map(len, found)) == 300
    assert len(found) > 2
    assert all(len(encode({"op": "learn", "records": one})) <= REQUEST_LIMIT for one in found)


def test_nothing_to_tell_is_no_batch() -> None:
    assert list(batches([])) == []


def test_an_agent_learns_and_says_of_how_many(tmp_path: Path) -> None:
    days = [{**RECORD, "at": 86_400.0 * day} for day in range(250)]
    with an_agent(tmp_path) as agent:
        told = teach(
            agent.control, [*days, {**RECORD, "caller": "anonymous"}], pause=lambda _: None
        )
    assert told == 250


def test_without_an_agent_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError):
        teach(tmp_path / "none.sock", [RECORD])
