import pytest

from screener.storage.central.cursor import Cursor, as_text, from_text
from screener.storage.central.marks import Mark


def test_a_cursor_comes_back_from_its_text() -> None:
    cursor = Cursor((Mark(1, "a"), Mark(9, "\u20ac'\"")), (Mark(-3, "b"),), ())
    assert from_text(as_text(cursor)) == cursor
    assert as_text(cursor).isascii()


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", '{"calls": 7}', "{", "null"])
def test_what_is_no_cursor_begins_anew(text: str) -> None:
    assert from_text(text) == Cursor()
