import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import Event as Word
from screener.core.outcome import Outcome
from screener.storage.keys import Keys
from screener.storage.log_rows import COLUMNS, Row, RowMaker
from screener.storage.log_writer import Event
from screener.storage.spill_lines import decode, encode
from tests.unit.storage.logs import decided

MAKER = RowMaker(Keys("k1", b"p" * 32, b"s" * 32))
ROW = MAKER.of_decision(decided("c1", did="+16515392200\n", queue_waiting="3"))
EVENT = Event("c1", 1_800_000_000.25, Outcome(Word.ANSWERED, 61.5))

values = st.one_of(
    st.none(),
    st.text(),
    st.binary(max_size=40),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.floats(allow_nan=False),
)


@given(
    st.lists(values, min_size=len(COLUMNS), max_size=len(COLUMNS)).map(tuple),
    st.sets(st.text(), max_size=4),
)
def test_any_row_comes_back_as_it_went(
    row: tuple[str | bytes | int | float | None, ...], facets: set[str]
) -> None:
    line = encode(Row(row, facets))
    assert line.count(b"\n") == 1
    assert decode(line) == Row(row, facets)


@given(
    st.text(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(Word),
    st.floats(min_value=0.0, max_value=86_400.0),
)
def test_any_outcome_comes_back_as_it_went(
    call_id: str, at: float, word: Word, talk_s: float
) -> None:
    event = Event(call_id, at, Outcome(word, talk_s))
    assert decode(encode(event)) == event


def test_a_number_is_in_no_line() -> None:
    assert decode(encode(ROW)) == ROW
    assert b"6515550142" not in encode(ROW)


@pytest.mark.parametrize("entry", [ROW, EVENT])
def test_a_line_cut_anywhere_is_no_entry(entry: Row | Event) -> None:
    line = encode(entry)
    assert [cut for cut in range(len(line) - 1) if decode(line[:cut]) is not None] == []
    assert decode(line[:-1]) == entry  # only its line end is missing


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_line_changed_anywhere_is_no_entry(place: int, change: int) -> None:
    line = bytearray(encode(EVENT).rstrip(b"\n"))
    line[place % len(line)] ^= change
    assert decode(bytes(line)) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "[]", "{}", '"outcome"', '{"outcome":1}', '{"outcome":["a",1.0,"answered"]}'),
        '{"outcome":["a",1.0,"sang",0.0]}',
        '{"outcome":[7,1.0,"answered",0.0]}',
        '{"outcome":["a","late","answered",0.0]}',
        '{"call":[],"facets":[]}',
        '{"call":{"id":{}},"facets":[]}',
        '{"call":{"id":["zz"]},"facets":[]}',
        '{"call":{},"facets":[1]}',
        '{"call":{}}',
        "[" * 100_000,
    ],
)
def test_a_whole_line_that_holds_no_entry_is_none(text: str) -> None:
    line = b"%08x %b\n" % (zlib.crc32(text.encode()), text.encode())
    assert decode(line) is None


def test_a_column_that_this_version_does_not_know_is_left_out() -> None:
    line = encode(ROW).replace(b'{"call":{', b'{"call":{"new":1,', 1)[9:]
    assert decode(b"%08x %b" % (zlib.crc32(line.rstrip(b"\n")), line)) == ROW
