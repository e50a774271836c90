import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.protocol.cdr import CSV_COLUMNS, CUSTOM_COLUMNS, CdrDecoder, CdrRow
from tests.unit.call_records import PERSON, START, cdr_fields, cdr_line, wall

UNIQUEID = f"{START}.7"


def read(text: str) -> list[CdrRow]:
    """Read a text in which every record is good."""
    found = [record for _, record in CdrDecoder().records(text.splitlines(keepends=True))]
    assert not [record for record in found if isinstance(record, str)]
    return [record for record in found if isinstance(record, CdrRow)]


def problems(text: str) -> list[tuple[int, str]]:
    found = CdrDecoder().records(text.splitlines(keepends=True))
    return [(place, record) for place, record in found if isinstance(record, str)]


def test_a_record_of_cdr_csv_is_read() -> None:
    assert read(cdr_line()) == [
        CdrRow(
            src=PERSON,
            dst="6515392200",
            dcontext="from-trunk",
            clid=f'"Ann ""A"" Example" <{PERSON}>',
            channel="PJSIP/trunk-a-0000001a",
            dstchannel="PJSIP/201-0000001b",
            lastapp="Queue",
            start=wall(START),
            duration=100.0,
            billsec=99.0,
            disposition="ANSWERED",
            uniqueid=UNIQUEID,
            linkedid="",
        )
    ]


@pytest.mark.parametrize(
    ("more", "uniqueid", "linkedid"),
    [
        ((), "", ""),
        ((UNIQUEID,), UNIQUEID, ""),
        (("a note",), "", ""),
        ((UNIQUEID, "a note"), UNIQUEID, ""),
        (("", "170000001.5", "3"), "", "170000001.5"),
        ((UNIQUEID, "", "170000001.5", "3"), UNIQUEID, "170000001.5"),
        (("a note", "", "170000001.5", "3"), "", "170000001.5"),
        ((f"pbx-{UNIQUEID}", "a note", "", "170000001.5", "3"), f"pbx-{UNIQUEID}", "170000001.5"),
    ],
)
def test_the_optional_columns_are_told_apart(
    more: tuple[str, ...], uniqueid: str, linkedid: str
) -> None:
    (record,) = read(cdr_line(more=more))
    assert (record.uniqueid, record.linkedid) == (uniqueid, linkedid)


def test_the_order_of_the_sample_cdr_custom_conf_is_known() -> None:
    native = dict(zip(CSV_COLUMNS, cdr_fields(more=()), strict=True))
    fields = [{**native, "uniqueid": UNIQUEID}[name] for name in CUSTOM_COLUMNS]
    line = ",".join(f'"{field.replace(chr(34), chr(34) * 2)}"' for field in fields)
    assert read(f"{line}\n") == read(cdr_line())


@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_a_header_may_name_the_columns_in_any_order(begin: str) -> None:
    names = [*CSV_COLUMNS, "uniqueid"]
    names[names.index("start")] = "CallDate"
    turned = ",".join(f'"{field.replace(chr(34), chr(34) * 2)}"' for field in cdr_fields()[::-1])
    assert read(f"{begin}{','.join(names[::-1])}\n{turned}\n") == read(cdr_line())


def test_a_header_without_a_column_we_need_is_told() -> None:
    ((place, text),) = problems("src,dst,channel,disposition\n")
    assert place == 1
    assert text == (
        "the header lacks the columns dcontext, clid, dstchannel, lastapp, start, duration, billsec"
    )


def test_a_line_end_in_a_name_is_part_of_the_name_and_lines_are_counted_on() -> None:
    text = cdr_line(clid='"Ann\nA" <1>') + cdr_line(duration="long")
    assert problems(text) == [(3, "duration and billsec must be seconds")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,b,c\n", "3 columns that are not those of a CDR"),
        (cdr_line(start="14/11/2023 22:13"), "not those of a CDR"),
        (";".join(cdr_fields()) + "\n", "2 columns that are not those of a CDR"),
        (cdr_line(disposition="=cmd|' /C calc'!A1"), "the disposition must be one of ANSWERED"),
        (cdr_line(billsec="-1"), "duration and billsec must be seconds"),
        ('"a"b,c\n', "the quotes do not match"),
        (f'"{"x" * 140_000}"\n', "a field is too long"),
        (cdr_line(more=("x",) * 60), "76 columns; expected are 15 to 64"),
    ],
)
def test_what_is_no_record_is_told_without_quoting_it_and_the_next_is_read(
    line: str, said: str
) -> None:
    found = list(CdrDecoder().records([line, cdr_line()]))
    assert len(found) == 2
    place, text = found[0]
    assert place == 1
    assert said in str(text)
    assert "calc" not in str(text)
    assert isinstance(found[1][1], CdrRow)


def test_once_the_columns_are_known_a_later_line_with_fewer_is_told() -> None:
    assert problems(cdr_line() + "1,2\n") == [
        (2, "2 columns; expected are 15 to 64, separated by commas")
    ]


def test_a_wrong_time_further_down_is_told() -> None:
    ((place, text),) = problems(cdr_line() + cdr_line(start="yesterday"))
    assert place == 2
    assert text.startswith("the start of the call must be YYYY-MM-DD hh:mm:ss")


@pytest.mark.parametrize("place", range(len(cdr_line(clid='"A\nB" <1>'))))
def test_a_record_that_is_cut_anywhere_is_never_read_as_whole(place: int) -> None:
    line = cdr_line(clid='"A\nB" <1>', more=())
    decoder = CdrDecoder()
    whole = line[: min(place, len(line) - 1)].rpartition("\n")[0]
    found = list(decoder.records([cdr_line(), *([f"{whole}\n"] if whole else [])]))
    assert [isinstance(record, CdrRow) for _, record in found] == [True]
    assert decoder.cut is bool(whole)


def test_empty_lines_are_nothing() -> None:
    assert read("\n" + cdr_line() + "\n\n") == read(cdr_line())


@given(st.lists(st.text(max_size=30), max_size=20), st.integers(0, 4))
def test_no_text_breaks_the_decoder(pieces: list[str], good: int) -> None:
    decoder = CdrDecoder()
    lines = [cdr_line()] * good + [f"{piece}\n" for piece in pieces]
    found = list(decoder.records(lines))
    assert [isinstance(record, CdrRow) for _, record in found[:good]] == [True] * good


@given(st.text(alphabet=st.characters(exclude_characters="\r\n"), max_size=60))
def test_what_a_caller_calls_itself_comes_back_as_it_was_written(name: str) -> None:
    (record,) = (
        read(cdr_line(clid=name).replace("\n", "") + "\n") if name.isprintable() else (None,)
    )
    assert record is None or record.clid == name
