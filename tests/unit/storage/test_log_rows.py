from screener.core.settings import Action
from screener.storage.keys import Keys
from screener.storage.log_rows import COLUMNS, SHOWN, Fault, RowMaker, insert, read_row
from tests.unit.storage.logs import decided, refused

MAKER = RowMaker(Keys("one", b"p" * 32, b"s" * 32))


def test_a_row_has_a_value_for_every_column() -> None:
    for row in (MAKER.of_decision(decided("a1")), MAKER.of_fault(Fault("f1", 1.0, "1.2", "X"))):
        assert len(row.values) == len(COLUMNS)
    assert insert().count("?") == 1 + len(COLUMNS)


def test_no_value_of_a_row_holds_the_number_or_the_name() -> None:
    row = MAKER.of_decision(decided("a1", "+16515550142", name="Zebedee"))
    told = repr(row)
    assert "5550142" not in told
    assert "Zebedee" not in told
    assert "6515550" not in told


def test_a_drop_says_how_it_was_refused() -> None:
    row = dict(zip(COLUMNS, MAKER.of_decision(refused(decided("a1"))).values, strict=True))
    assert row["verdict"] == Action.DROP.value
    assert "verdict:drop" in MAKER.of_decision(refused(decided("a1"))).facets


def test_what_is_shown_holds_neither_pseudonym_nor_seal() -> None:
    assert not {"number_key", "prefix_key", "sealed", "key_id"} & set(SHOWN)


def test_hostile_text_goes_in_as_text() -> None:
    hostile = "'); DROP TABLE calls; --\u202e\x00"
    row = MAKER.of_decision(decided("a1", did=hostile, trunk=hostile))
    assert "'); DROP TABLE calls; --??" in row.values


def test_a_call_without_signals_is_read_back() -> None:
    values = dict.fromkeys(SHOWN) | {"reasons": "screener-error", "id": "f1"}
    told = read_row([values[name] for name in SHOWN])
    assert (told["signals"], told["reasons"]) == ([], ["screener-error"])
