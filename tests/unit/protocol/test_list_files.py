import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.list_files import (
    LINE_LIMIT,
    REMARK_LIMIT,
    BadRow,
    Item,
    ListDecoder,
    ListForm,
    ListRow,
    Skipped,
    encode_astdb,
    encode_csv,
)


def decode(data: bytes, *, step: int = 0, form: ListForm = ListForm.AUTO) -> list[Item]:
    """Decode the file whole, or in pieces of so many bytes."""
    decoder = ListDecoder(form)
    pieces = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    return [item for piece in pieces for item in decoder.feed(piece)] + decoder.feed_eof()


def numbers(data: bytes) -> list[tuple[str, str]]:
    return [(one.number, one.remark) for one in decode(data) if isinstance(one, ListRow)]


PLAIN = [("+16515550142", ""), ("5551212", "")]
FILES: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "one a line": (b"+16515550142\n5551212\n", PLAIN),
    "no last end": (b"+16515550142\n5551212", PLAIN),
    "CRLF": (b"+16515550142\r\n5551212\r\n", PLAIN),
    "BOM": (b"\xef\xbb\xbf+16515550142\n5551212\n", PLAIN),
    "comments and empty lines": (b"# mine\n\n+16515550142\n  \n5551212\n", PLAIN),
    "no header": (b"+16515550142,a friend\n", [("+16515550142", "a friend")]),
    "our own": (
        b"number,description,action\r\n'+16515550142,'=cmd,deny\r\n",
        [("+16515550142", "=cmd")],
    ),
    "FreePBX": (
        b'"number","description"\n"6515550142","Smith, Bob"\n',
        [("6515550142", "Smith, Bob")],
    ),
    "named later": (
        b"Created_Date,Company_Phone_Number,Comment\n2021-04-14,2012068659,rude\n",
        [("2012068659", "rude")],
    ),
    "no reason": (b"day,number,reports\n2021-04-14,2012068659,1\n", [("2012068659", "")]),
    "semicolons": (b"Phone Number;Reason\n0301234567;laut\n", [("0301234567", "laut")]),
    "tabs": (b"callerid\tname\n0301234567\tX\n", [("0301234567", "X")]),
    "an extension": (b"+16515550142;ext=12\n", [("+16515550142;ext=12", "")]),
    "a pattern": (b"_.\n_1900X.\n", [("_.", ""), ("_1900X.", "")]),
    "kept as text": (b'="+16515550142",x\n', [("+16515550142", "x")]),
    "Latin-1": ("5551212,M\u00fcller\n".encode("latin-1"), [("5551212", "M\u00fcller")]),
    "UTF-8": ("5551212,M\u00fcller\n".encode(), [("5551212", "M\u00fcller")]),
    "Asterisk": (
        b"/blacklist/5551212        : 1\n/blacklist/+16515550142   : Bob: rude\n2 results found.\n",
        [("5551212", ""), ("+16515550142", "Bob: rude")],
    ),
    "nothing": (b"", []),
}


@pytest.mark.parametrize("name", FILES)
def test_a_list_is_read_whole_and_in_any_pieces(name: str) -> None:
    data, expected = FILES[name]
    assert numbers(data) == expected
    whole = decode(data)
    for step in (1, 2, 3, 7, 64):
        assert decode(data, step=step) == whole


@pytest.mark.parametrize("name", FILES)
def test_a_list_cut_anywhere_is_read_up_to_the_cut(name: str) -> None:
    data, _ = FILES[name]
    whole = decode(data)
    for cut in range(len(data)):
        try:
            items = decode(data[:cut])
        except RemoteProtocolError:
            continue  # a header cut short names no column
        ended = [item for item in items if not isinstance(item, ListRow) or item.ended]
        lines = data[:cut].count(b"\n")
        assert [item for item in ended if item.line <= lines] == [
            item for item in whole if item.line <= lines
        ]
        assert all(item.line > lines for item in items if item not in ended)


def test_settings_of_freepbx_are_no_numbers() -> None:
    items = decode(
        b"/blacklist/blocked : 1\n/blacklist/dest : app-blackhole,hangup,1\n"
        b"/AMPUSER/200/cidname : Bob\n/blacklist/5551212 : 1\n"
    )
    assert [type(item) for item in items] == [Skipped, Skipped, Skipped, ListRow]
    assert [item.line for item in items] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff\xfe5\0", "line 1: this is UTF-16"),
        (b"5551212\n555\x001212\n", "line 2: holds a zero byte"),
        (b"x" * (LINE_LIMIT + 1), "line 1: is longer"),
        (b"5551212\n" + b"5" * (LINE_LIMIT + 1) + b"\n", "line 2: is longer"),
        (b"id,name\n1,Bob\n", "line 1: there is no column of numbers"),
        (b"2021-04-14,2012068659,1\n", "line 1: the first column holds dates"),
        (b"4/14/2021,2012068659,1\n", "line 1: the first column holds dates"),
    ],
)
def test_what_is_no_list_is_refused_at_its_line(data: bytes, told: str) -> None:
    for step in (0, 1):
        with pytest.raises(RemoteProtocolError, match=re.escape(told)):
            decode(data, step=step)


def test_freepbx_means_named_columns() -> None:
    with pytest.raises(RemoteProtocolError, match="no column of numbers"):
        decode(b"5551212,Bob\n", form=ListForm.FREEPBX)
    assert len(decode(b"number,description\n5551212,Bob\n", form=ListForm.FREEPBX)) == 1


def test_bad_rows_are_told_by_line_and_never_quoted() -> None:
    items = decode(b'name,number\nBob,5551212\nEve\n"Mallory,5551213\n')
    assert [(type(item), item.line) for item in items] == [(ListRow, 2), (BadRow, 3), (BadRow, 4)]
    assert decode(b"/blacklist/5551212 : 1\nnonsense 5551213\n")[1] == BadRow(
        2, "is no line of `database show`: /blacklist/NUMBER : TEXT"
    )


def test_a_long_remark_is_cut() -> None:
    row = decode(b"5551212," + b"x" * 1_000 + b"\n")[0]
    assert isinstance(row, ListRow)
    assert len(row.remark) == REMARK_LIMIT


CELL = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\x85"),
    max_size=30,
).map(lambda text: " ".join(text.split()))


@given(st.lists(st.tuples(st.sampled_from(["+16515550142", "911", "_1900X."]), CELL), min_size=1))
def test_what_we_write_we_read_again_and_no_spreadsheet_runs_it(
    rows: list[tuple[str, str]],
) -> None:
    text = "".join(encode_csv([("number", "description"), *rows]))
    assert numbers(text.encode()) == [
        (number, re.sub(r'^="([^"]*)"$', r"\1", remark)) for number, remark in rows
    ] or any('"' in remark for _, remark in rows)
    for row in csv.reader(io.StringIO(text)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_what_is_written_for_asterisk_is_read_again() -> None:
    rows = [("+16515550142", ""), ("5551212", "Bob")]
    assert numbers("".join(encode_astdb(rows)).encode()) == rows


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_the_same_in_pieces(data: bytes) -> None:
    def outcome(step: int) -> object:
        try:
            return decode(data, step=step)
        except RemoteProtocolError as error:
            return str(error)

    assert outcome(0) == outcome(1)
