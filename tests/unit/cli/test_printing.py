import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.cli.arguments import Form
from screener.cli.printing import printed, table_text
from screener.desk.cells import csv_text, shown, spreadsheet_safe

HOSTILE = "\x1b[31m=cmd|\u202e\n\r\x00"


@given(text=st.text(max_size=40))
def test_what_is_shown_is_printable(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) == len(text)


def test_nothing_is_shown_of_nothing() -> None:
    assert (shown(None), shown(""), shown(0.5)) == ("", "", "0.5")


@given(rows=st.lists(st.lists(st.text(max_size=10), min_size=2, max_size=4), max_size=5))
def test_csv_is_read_back_and_no_cell_of_it_is_run(rows: list[list[str]]) -> None:
    found = list(csv.reader(io.StringIO(csv_text(rows))))
    assert found == [[spreadsheet_safe(shown(cell)) for cell in row] for row in rows]
    assert not [cell for row in found for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_a_table_is_neither_coloured_nor_marked_up() -> None:
    text = table_text(("a", "b"), [("[red]x[/red]", HOSTILE), (1, None)], "two rows")
    assert text.splitlines()[0].strip() == "two rows"
    assert "[red]x[/red]" in text
    assert all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize("form", list(Form))
def test_the_same_rows_are_printed_in_every_form(form: Form) -> None:
    text = printed(form, ("name", "n"), [("x", 1)], {"x": 1}, "title")
    expected = {
        Form.JSON: json.dumps({"x": 1}, indent=2) + "\n",
        Form.CSV: "name,n\r\nx,1\r\n",
        Form.TABLE: table_text(("name", "n"), [("x", 1)], "title"),
    }
    assert text == expected[form]
    assert text.endswith("\n")
