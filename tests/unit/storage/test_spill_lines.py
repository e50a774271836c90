import json
import marshal
import math
import zlib
from binascii import b2a_base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.outcome import Event as Word
from screener.core.outcome import Outcome
from screener.storage.keys import Keys
from screener.storage.log_rows import (
    COLUMNS,
    FORMER_COLUMNS,
    FORMER_TEXTS,
    OWN,
    TEXTS,
    Fault,
    Row,
    RowMaker,
    row_of,
)
from screener.storage.log_writer import Event
from screener.storage.spill_lines import decode, encode, shape_of
from tests.builders import NOW
from tests.unit.storage.logs import decided

MAKER = RowMaker(Keys("k1", b"p" * 32, b"s" * 32))
ROW = MAKER.of_decision(decided("c1", did="+16515392200\n", queue_waiting="3"))
EVENT = Event("c1", 1_800_000_000.25, Outcome(Word.ANSWERED, 61.5))

values = st.one_of(
    st.none(),
    st.text(),
    st.binary(max_size=40),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.lists(values, min_size=len(COLUMNS), max_size=len(COLUMNS)).map(tuple))
def test_any_row_comes_back_as_it_went(row: tuple[str | bytes | int | float | None, ...]) -> None:
    line = encode(row_of(row))
    assert line.count(b"\n") == 1
    assert decode(line) == row_of(row)


@given(st.text(), st.sampled_from(["", "\0", "\0\0", "\ud800"]), st.text())
def test_a_text_that_holds_what_stands_between_texts_comes_back(
    before: str, between: str, after: str
) -> None:
    for column in ("did", "signals", "trunk", "config"):
        place, text = COLUMNS.index(column), before + between + after
        row = row_of((*ROW.values[:place], text, *ROW.values[place + 1 :]))
        assert decode(encode(row)) == row


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


@pytest.mark.parametrize("entry", [ROW, EVENT])
@given(place=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
def test_a_line_changed_anywhere_is_no_entry(entry: Row | Event, place: int, change: int) -> None:
    line = bytearray(encode(entry).rstrip(b"\n"))
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
        '{"call":{"at":1e999},"facets":[]}',
        '{"facets":[]}',
        "[" * 100_000,
    ],
)
def test_a_whole_line_that_holds_no_entry_is_none(text: str) -> None:
    line = b"%08x %b\n" % (zlib.crc32(text.encode()), text.encode())
    assert decode(line) is None


def whole(text: bytes) -> bytes:
    return b"%08x %b\n" % (zlib.crc32(text), text)


def test_a_call_that_an_earlier_version_left_is_read_by_its_columns_names() -> None:
    told = dict(zip(COLUMNS, ROW.values, strict=True)) | {"forgotten": 1}
    call = {
        name: [value.hex()] if isinstance(value, bytes) else value
        for name, value in told.items()
        if value is not None
    }
    text = json.dumps({"call": call, "facets": sorted(ROW.facets)})
    assert decode(whole(text.encode())) == ROW


def summed(shape: bytes, packed: bytes, kind: bytes = b"~") -> bytes:
    """Return a packed line that is whole."""
    told = packed + zlib.adler32(packed).to_bytes(4, "big")
    escaped = told.replace(b"\x1b", b"\x1be").replace(b"\n", b"\x1bn")
    return b"%b%b %b\n" % (kind, shape, escaped)


@pytest.mark.parametrize("columns", [COLUMNS, *FORMER_COLUMNS])
def test_a_call_that_an_earlier_version_packed_is_read(columns: tuple[str, ...]) -> None:
    values = tuple(ROW.values[COLUMNS.index(name)] for name in columns)
    packed = marshal.dumps((values, tuple(ROW.facets)), 2)
    text = b"=%b %b" % (shape_of(columns), b2a_base64(packed, newline=False))
    assert decode(whole(text)) == ROW
    assert decode(summed(shape_of(columns), packed)) == ROW


def test_the_shapes_of_versions_before_are_known() -> None:
    assert [shape_of(columns) for columns in FORMER_COLUMNS] == [b"f184f467", b"03a8fcfd"]
    assert FORMER_JOINED == b"062a0d66"


@given(st.binary(max_size=40))
def test_what_would_end_a_line_or_begin_an_escape_is_escaped(told: bytes) -> None:
    for column in ("id", "sealed", "trunk", "priority"):
        place, hostile = COLUMNS.index(column), told + b"\n\x1b\x1bn\x1be"
        value = hostile.decode("latin-1") if column == "trunk" else hostile
        row = row_of((*ROW.values[:place], value, *ROW.values[place + 1 :]))
        line = encode(row)
        assert line.index(b"\n") == len(line) - 1
        assert decode(line) == row


PACKED_WITHOUT_A_ROW = pytest.mark.parametrize(
    "packed",
    [
        marshal.dumps((ROW.values[:-1], ())),
        marshal.dumps((ROW.values,)),
        marshal.dumps((tuple(math.inf if one == NOW else one for one in ROW.values), ())),
        marshal.dumps(((*ROW.values[:-1], ("a",)), ())),
        marshal.dumps([ROW.values, (), ()]),
        marshal.dumps(None),
        marshal.dumps((ROW.values, ()))[:-1],
        b"",
    ],
)


@PACKED_WITHOUT_A_ROW
def test_a_packed_line_that_holds_no_row_is_none(packed: bytes) -> None:
    shape = shape_of(COLUMNS)
    assert decode(whole(b"=%b %b" % (shape, b2a_base64(packed, newline=False)))) is None
    assert decode(summed(shape, packed)) is None


FORMER_JOINED = shape_of((*FORMER_TEXTS, "", *FORMER_COLUMNS[-1][len(FORMER_TEXTS) :]))
FORMER_WORDS = "id\0valid\0" + "\0".join("x" * 14)


def joined(*told: Any) -> bytes:  # noqa: ANN401 - what marshal takes
    """Return a line of a joined call, as the version before left them, that is whole."""
    return summed(FORMER_JOINED, marshal.dumps(told, 2), b"!")


def test_a_call_that_the_version_before_joined_is_read() -> None:
    told = dict(zip(COLUMNS, ROW.values, strict=True))
    columns = FORMER_COLUMNS[-1]
    texts = "\0".join(str(told[name]) for name in FORMER_TEXTS)
    others = tuple(told[name] for name in columns[len(FORMER_TEXTS) :])
    assert decode(joined(texts, others)) == ROW


def test_a_joined_call_is_read_value_by_value() -> None:
    read = decode(joined(FORMER_WORDS, (1.5, "+1", *[None] * 25)))
    assert isinstance(read, Row)
    told = dict(zip(COLUMNS, read.values, strict=True))
    assert (told["id"], told["at"], told["caller_class"], told["caller"]) == (
        *("id", 1.5, "valid", "+1"),
    )
    assert [told[name] for name in ("did", "sip_call_id", "sealed")] == ["x", "x", None]


NONE = (None,)


@pytest.mark.parametrize(
    "told",
    [
        (),
        (FORMER_WORDS,),
        (FORMER_WORDS, NONE * 27, ()),
        (FORMER_WORDS, NONE * 26),
        (FORMER_WORDS, NONE * 28),
        (FORMER_WORDS, None),
        (FORMER_WORDS, [None] * 27),
        (FORMER_WORDS + "\0", NONE * 27),
        (FORMER_WORDS[:-2], NONE * 27),
        ("", NONE * 27),
        (FORMER_WORDS.encode(), NONE * 27),
        (7, NONE * 27),
        (FORMER_WORDS, (*NONE * 26, ["x"])),
        (FORMER_WORDS, (*NONE * 26, ())),
        (FORMER_WORDS, (float("nan"), *NONE * 26)),
    ],
)
def test_a_joined_line_that_holds_no_row_is_none(told: tuple[Any, ...]) -> None:
    assert decode(joined(FORMER_WORDS, NONE * 27)) is not None
    assert decode(joined(*told)) is None


SHARING_SHAPE = encode(ROW)[1:9]
OWN_TEXTS = "\0".join("o" * len(TEXTS))
OTHERS = len(OWN) - len(TEXTS)
KIND = ("\0".join("k" * 9), NONE * 6)


def sharing(kind: Any, own: Any, rest: bytes = b"") -> bytes:  # noqa: ANN401 - what marshal takes
    """Return a line of a call and its kind that is whole."""
    packed = marshal.dumps(kind, 2) + marshal.dumps(own, 2) + rest
    return summed(SHARING_SHAPE, packed, b"#")


def test_a_call_that_most_are_like_is_packed_with_its_kind() -> None:
    assert encode(ROW).startswith(b"#")
    withheld = MAKER.of_decision(decided("c2", "", presentation="prohib"))
    fault = MAKER.of_fault(Fault("f1", 1.0, "1.2", "X"))
    assert [encode(row)[:1] for row in (withheld, fault)] == [b"#", b"~"]
    assert [decode(encode(row)) for row in (withheld, fault)] == [withheld, fault]


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ((), (OWN_TEXTS, NONE * OTHERS)),
        (None, (OWN_TEXTS, NONE * OTHERS)),
        ((KIND[0], NONE * 5), (OWN_TEXTS, NONE * OTHERS)),
        ((KIND[0], NONE * 7), (OWN_TEXTS, NONE * OTHERS)),
        ((KIND[0] + "\0", KIND[1]), (OWN_TEXTS, NONE * OTHERS)),
        ((KIND[0][:-2], KIND[1]), (OWN_TEXTS, NONE * OTHERS)),
        ((KIND[0].encode(), KIND[1]), (OWN_TEXTS, NONE * OTHERS)),
        ((KIND[0], (*NONE * 5, ())), (OWN_TEXTS, NONE * OTHERS)),
        (KIND, ()),
        (KIND, (OWN_TEXTS, NONE * (OTHERS - 1))),
        (KIND, (OWN_TEXTS, NONE * (OTHERS + 1))),
        (KIND, (OWN_TEXTS, NONE * (OTHERS + 5))),
        (KIND, (OWN_TEXTS, [None] * OTHERS)),
        (KIND, (OWN_TEXTS, (float("inf"), *NONE * (OTHERS - 1)))),
        (KIND, (OWN_TEXTS + "\0", NONE * OTHERS)),
        (KIND, (OWN_TEXTS[:-2], NONE * OTHERS)),
    ],
)
def test_a_line_with_a_kind_that_holds_no_row_is_none(kind: object, own: object) -> None:
    assert decode(sharing(KIND, (OWN_TEXTS, NONE * OTHERS))) is not None
    assert decode(sharing(KIND, (OWN_TEXTS, NONE * (OTHERS + 4)))) is not None
    assert decode(sharing(kind, own)) is None


def test_a_line_with_a_kind_and_more_or_less_behind_it_is_none() -> None:
    assert decode(sharing(KIND, (OWN_TEXTS, NONE * OTHERS), b"N")) is None
    assert decode(summed(SHARING_SHAPE, marshal.dumps(KIND, 2), b"#")) is None


def test_a_packed_line_of_columns_that_nobody_knows_is_none() -> None:
    packed = marshal.dumps((ROW.values, ()), 2)
    unknown = shape_of(("id",))
    assert decode(whole(b"=%b %b" % (unknown, b2a_base64(packed, newline=False)))) is None
    assert decode(encode(ROW).replace(SHARING_SHAPE, unknown)) is None
    assert decode(summed(unknown, packed)) is None
    assert decode(whole(b"= *")) is None
    assert decode(b"~ *\n") is None
    assert decode(b"~\n") is None
    for mark in (b"!", b"#"):
        assert decode(summed(unknown, packed, mark)) is None
        assert decode(mark + b" *\n") is None
        assert decode(mark + b"\n") is None
