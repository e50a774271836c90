import csv
import io
import json

import pytest

from screener.cli.arguments import Form
from screener.cli.log_output import calls_text, heading, line
from screener.desk.call_rows import COLUMNS, listed, row
from screener.storage.log_query import Found

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


def test_a_row_has_every_column_as_inert_text() -> None:
    found = dict(zip(COLUMNS, row(CALL), strict=True))
    assert found["at"] == "2026-11-22T08:00:00Z"
    assert found["reasons"] == "score limit:number-burst"
    assert found["outcome"] == "answered"
    assert found["trunk"] == "?[31mred"
    assert (found["score"], found["would_score"]) == ("0.0", "9.5")
    assert row({**CALL, "score": None})[COLUMNS.index("score")] == ""


def test_a_full_page_tells_a_reader_how_to_go_on() -> None:
    first = calls_text([{**CALL, "seq": 8}, CALL], Form.TABLE, is_full=True).splitlines()[0]
    assert "2 calls, newest first; the page after this: --before 7" in first
    assert "--before" not in calls_text([CALL], Form.TABLE)
    assert calls_text([CALL], Form.CSV, is_full=True) == calls_text([CALL], Form.CSV)


def test_a_value_that_is_no_list_counts_as_none() -> None:
    assert list(listed(None)) == []
    assert listed([{"a": 1}]) == [{"a": 1}]


@pytest.mark.parametrize("form", list(Form))
def test_calls_are_printed_whole(form: Form) -> None:
    text = calls_text([CALL, CALL], form)
    assert all(char.isprintable() or char in "\r\n" for char in text)
    if form is Form.JSON:
        assert json.loads(text) == [CALL, CALL]
    elif form is Form.CSV:
        rows = list(csv.reader(io.StringIO(text)))
        assert rows[0] == list(COLUMNS)
        assert rows[1][COLUMNS.index("did")] == "'=1+1"
    else:
        assert "2 calls, newest first" in text


def test_followed_calls_are_a_line_each_without_what_is_not_known_yet() -> None:
    assert json.loads(line(CALL, Form.JSON)) == CALL
    assert heading(Form.JSON) == ""
    for form in Form:
        assert line(CALL, form).count("\n") == 1
        assert "answered" not in line(CALL, form) or form is Form.JSON
    assert heading(Form.CSV) == ",".join(COLUMNS[:-1]) + "\r\n"
    head, told = heading(Form.TABLE), line({**CALL, "treatment": None}, Form.TABLE)
    assert head.index("verdict") == told.index("drop")
    assert " -  " in told
