from hypothesis import given
from hypothesis import strategies as st

from screener.storage.central.values import BYTES, REAL, WHOLE, plain_row, raw, real, text, whole
from screener.storage.log_rows import COLUMNS

ANYTHING = st.one_of(
    st.none(), st.text(), st.binary(), st.integers(-(2**63), 2**63 - 1), st.floats()
)


def test_every_kind_of_column_is_one_of_the_log() -> None:
    assert set(COLUMNS) >= WHOLE | REAL | BYTES
    assert not WHOLE & REAL


def test_values_of_their_kind_stay_as_they_are() -> None:
    assert (text("a"), real(1), real(0.5), whole(7), raw(b"\0")) == ("a", 1.0, 0.5, 7, b"\0")
    assert (text(None), real(None), whole(None), raw(None)) == (None, None, None, None)


def test_what_is_of_another_kind_is_none_or_told_as_text() -> None:
    assert (text(7), text(b"\xff7")) == ("7", "\ufffd7")
    assert [real(one) for one in ("1", float("nan"), True)] == [None, None, None]
    assert (whole("1"), whole(0.5), whole(2.0), whole(2**63)) == (None, None, 2, None)
    assert (raw("a"), raw(1)) == (None, None)


def test_no_text_holds_what_postgresql_refuses() -> None:
    assert text("a\0b\ud800") == "a\ufffdb?"


@given(st.lists(ANYTHING, min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_whatever_stands_in_a_row_it_comes_out_as_one_that_is_taken(values: list[object]) -> None:
    row = dict(zip(COLUMNS, plain_row(values), strict=True))
    for name in ("id", "verdict", "would", "reasons"):
        assert isinstance(row[name], str)
    assert isinstance(row["at"], float)
    for value in row.values():
        assert value is None or isinstance(value, str | float | int | bytes)
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()
