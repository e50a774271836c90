import csv
import io
import json

import pytest

from screener.cli.arguments import Form
from screener.cli.log_output import calls_text, heading, line
from screener.desk.call_rows import CENTRAL_COLUMNS, COLUMNS
from tests.unit.desk.test_call_rows import CALL


def test_a_full_page_tells_a_reader_how_to_go_on() -> None:
    first = calls_text([{**CALL, "seq": 8}, CALL], Form.TABLE, is_full=True).splitlines()[0]
    assert "2 calls, newest first; the page after this: --before 7" in first
    assert "--before" not in calls_text([CALL], Form.TABLE)
    assert calls_text([CALL], Form.CSV, is_full=True) == calls_text([CALL], Form.CSV)


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


def test_followed_calls_of_all_edges_tell_theirs() -> None:
    assert heading(Form.CSV, central=True) == ",".join(CENTRAL_COLUMNS[:-1]) + "\r\n"
    call = {**CALL, "edge": "edge-\x1bb"}
    assert line(call, Form.CSV, central=True).split(",")[2] == "edge-?b"
    assert "  edge-?b       " in line(call, Form.TABLE, central=True)
    assert "edge" not in line(call, Form.TABLE)
