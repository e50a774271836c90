import json

import pytest

from screener.cli.arguments import Form
from screener.cli.printing import printed, table_text

HOSTILE = "\x1b[31m=cmd|\u202e\n\r\x00"


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
