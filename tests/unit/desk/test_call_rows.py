import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from screener.desk.call_rows import COLUMNS, listed, row
from screener.desk.log_reading import reading
from screener.storage.log_query import Filter, Found, page
from tests.unit.cli.logged import logged
from tests.unit.storage.logs import decided

CALL: Found = {
    "seq": 7,
    "id": "00112233aabbccdd",
    "at": 1_795_334_400.5,
    "verdict": "drop",
    "would": "drop",
    "treatment": "busy",
    "score": 0.0,
    "would_score": 9.5,
    "pressure": "calm",
    "reasons": ["score", "limit:number-burst"],
    "caller": "+1\u2022\u202242",
    "caller_class": "valid",
    "did": "=1+1",
    "trunk": "\x1b[31mred",
    "outcomes": [{"at": 1.0, "event": "answered", "talk_s": 5.0}],
}


def told(call: Found) -> dict[str, str]:
    return dict(zip(COLUMNS, row(call), strict=True))


def test_a_row_has_every_column_as_inert_text() -> None:
    found = told(CALL)
    assert found["at"] == "2026-11-22T08:00:00Z"
    assert found["reasons"] == "score limit:number-burst"
    assert found["outcome"] == "answered"
    assert found["trunk"] == "?[31mred"
    assert (found["score"], found["would_score"]) == ("0.0", "9.5")


def test_what_a_call_does_not_tell_is_an_empty_cell() -> None:
    empty = told({"at": 0.0, "reasons": None, "outcomes": None})
    assert empty.pop("at") == "1970-01-01T00:00:00Z"
    assert set(empty.values()) == {""}
    assert told({**CALL, "score": None})["score"] == ""


def test_what_became_of_a_call_is_told_in_its_order() -> None:
    events = [{"event": "challenge_passed"}, {"event": "\x1b[2Janswered"}]
    assert told({**CALL, "outcomes": events})["outcome"] == "challenge_passed ?[2Janswered"


def test_a_value_that_is_no_list_counts_as_none() -> None:
    assert list(listed(None)) == []
    assert list(listed("reasons")) == []
    assert listed([{"a": 1}]) == [{"a": 1}]


@given(values=st.dictionaries(st.sampled_from(COLUMNS[1:]), st.text(max_size=20)))
def test_no_caller_s_text_steers_a_terminal(values: dict[str, str]) -> None:
    found = row({**CALL, **values})
    assert len(found) == len(COLUMNS)
    assert all(cell.isprintable() for cell in found)


def test_a_row_of_a_real_log_holds_no_number_and_what_else_was_kept(tmp_path: Path) -> None:
    with logged(tmp_path) as site:
        site.log.decisions(decided("a" * 16, "+16515550142", trunk="\u202etrunk"))
        site.log.upkeep.step()
        with reading(site.config) as connection:
            (call,) = page(connection, Filter()).calls
    found = told(call)
    assert (found["id"], found["trunk"], found["outcome"]) == ("a" * 16, "?trunk", "")
    assert (found["caller_class"], found["verdict"]) == ("valid", "admit")
    assert found["reasons"] == " ".join(map(str, listed(call["reasons"]))) != ""
    assert re.search(r"555[^0-9]{0,2}0142", " ".join(found.values())) is None
