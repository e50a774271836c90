import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.desk.cells import csv_text, shown, spreadsheet_safe

RUN = ("=", "+", "-", "@", "\t", "\r", "\0")
"""What makes a spreadsheet run a cell that begins with it."""

HOSTILE = st.text(
    st.sampled_from("=+-@\t\r\n\0\x1b\x7f\x9b\u202e\u2066\ud800'\",;|\u00e9\u2022 1aA\U0010ffff"),
    max_size=12,
)
ROWS = st.lists(st.lists(HOSTILE, min_size=2, max_size=4), max_size=5)


@given(text=st.text(max_size=40) | HOSTILE)
def test_no_control_character_is_shown_and_what_is_printable_stays(text: str) -> None:
    found = shown(text)
    assert found.isprintable()
    assert [new for old, new in zip(text, found, strict=True) if new not in (old, "?")] == []
    assert text != found or text.isprintable()


def test_nothing_is_shown_of_nothing_and_no_more_than_a_cell_holds() -> None:
    assert (shown(None), shown(""), shown(0.5)) == ("", "", "0.5")
    assert len(shown("x" * 40_000)) == 32_000


@given(rows=ROWS)
def test_csv_is_read_back_cell_by_cell_whatever_they_hold(rows: list[list[str]]) -> None:
    found = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [
        [shown(cell).removeprefix("'") for cell in row] for row in rows
    ]


@given(rows=ROWS)
def test_no_line_break_of_a_cell_breaks_a_line_and_every_line_has_its_end(
    rows: list[list[str]],
) -> None:
    text = csv_text(rows)
    assert text.count("\r\n") == text.count("\n") == text.count("\r") == len(rows)
    assert all(char.isprintable() or char in "\r\n" for char in text)


@given(sign=st.sampled_from(RUN), text=HOSTILE)
def test_what_a_spreadsheet_would_run_is_quoted_and_can_be_had_again(sign: str, text: str) -> None:
    assert spreadsheet_safe(sign + text) == f"'{sign}{text}"
    ((cell,),) = csv.reader(io.StringIO(csv_text([[sign + text]]), newline=""))
    assert not cell.startswith(RUN)


@pytest.mark.parametrize("text", ["", "1", "a=1", "x+1", " =1", "'=1", "?=1", "\u2022"])
def test_what_no_spreadsheet_runs_stays_as_it_is(text: str) -> None:
    assert spreadsheet_safe(text) == text


def test_numbers_and_nothing_are_cells_too() -> None:
    assert csv_text([(None, 1, -1.5, True)]) == ",1,'-1.5,True\r\n"
    assert csv_text([]) == ""
