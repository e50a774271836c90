import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.number import NumberPlan
from screener.core.past_call import PastCall, settled
from screener.core.settings import Action
from screener.storage.facets import LET_IN, REFUSED, facets_of
from screener.storage.keys import Keys
from screener.storage.log_kinds import SHARED
from screener.storage.log_rows import (
    COLUMNS,
    FORMER_COLUMNS,
    OWN,
    SELDOM,
    SHOWN,
    TEXTS,
    Fault,
    RowMaker,
    insert,
    read_row,
    row_of,
)
from tests.unit.storage.logs import decided, refused

PLAN = NumberPlan("US")
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


def test_features_follow_from_a_rows_values() -> None:
    assert MAKER.of_fault(Fault("f1", 7_200.0, "1.2", "X")).facets == {
        *("hour:000000002", "verdict:admit", "would:admit", "did:", "trunk:"),
        *("reason:screener-error", LET_IN),
    }
    dropped = MAKER.of_decision(refused(decided("a1", did="+16515392200")))
    assert {REFUSED, "verdict:drop", "would:drop", "did:+16515392200", "trunk:trunk-a"} < (
        dropped.facets
    )
    past = PastCall(
        "k",
        7_200.0,
        "",
        withheld=False,
        did="200",
        trunk="sip/a",
        uniqueid="1.2",
        linkedid="",
        ending=settled(None, 0.0, 0.0, None),
    )
    caller = PLAN.read("+16515550142")
    imported = MAKER.of_past(past, caller, 9_000.0).facets
    assert imported == facets_of(
        7_200.0, "admit", "admit", "imported", did="200", trunk="sip/a", caller=caller.masked
    )
    assert not {LET_IN, REFUSED} & imported


@given(st.floats(0.0, 1e10), st.text(), st.text(), st.sampled_from(["", "+1******42"]))
def test_features_are_those_of_the_moment_and_the_words(
    at: float, did: str, trunk: str, masked: str
) -> None:
    told: dict[str, str | float | None] = {"at": at, "verdict": "admit", "would": "drop"}
    told |= {"reasons": "a,b", "did": did, "trunk": trunk, "caller": masked or None}
    row = row_of(tuple(told.get(name) for name in COLUMNS))
    found = facets_of(at, "admit", "drop", "a,b", did=did, trunk=trunk, caller=masked)
    assert row.facets == found | {REFUSED}


@pytest.mark.parametrize("at", [math.inf, math.nan])
def test_a_row_of_no_moment_has_no_features(at: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        _ = MAKER.of_fault(Fault("f1", at, "1.2", "X")).facets


def test_an_insert_names_what_a_row_tells() -> None:
    assert insert(0b1100) == "INSERT INTO calls (seq, id, did) VALUES (?, ?, ?)"
    assert insert(0) == "INSERT INTO calls (seq) VALUES (?)"


@given(st.floats(0.0, 100.0))
def test_how_long_a_verdict_took_is_kept_to_the_microsecond(seconds: float) -> None:
    row = MAKER.of_decision(decided("a1").after(seconds))
    told = row.values[COLUMNS.index("latency_ms")]
    assert isinstance(told, float)
    assert abs(told - seconds * 1000.0) <= 0.000_501
    assert told == round(told, 3)


def test_texts_begin_a_rows_values_and_those_that_most_rows_lack_end_them() -> None:
    assert COLUMNS[: len(TEXTS)] == TEXTS
    assert COLUMNS[-len(SELDOM) :] == SELDOM
    assert (*OWN, *SHARED, *SELDOM) == COLUMNS
    for columns in FORMER_COLUMNS:
        assert sorted(COLUMNS) == sorted(columns)
    values = MAKER.of_decision(decided("a1")).values
    assert all(isinstance(value, str) for value in values[: len(TEXTS)])


def test_calls_that_share_their_words_share_a_kind() -> None:
    maker = RowMaker(Keys("one", b"p" * 32, b"s" * 32))
    rows = [maker.of_decision(decided(call_id)) for call_id in ("a1", "a2")]
    other = maker.of_decision(decided("a3", trunk="trunk-b"))
    assert rows[0].kind is rows[1].kind
    assert rows[0].sort == rows[1].sort
    assert other.kind is not rows[0].kind
    assert other.sort != rows[0].sort
    assert dict(zip(SHARED, other.kind.values, strict=True))["trunk"] == "trunk-b"


def test_however_many_trunks_call_their_kinds_and_rows_are_right() -> None:
    maker = RowMaker(Keys("one", b"p" * 32, b"s" * 32))
    for place in range(1_200):
        row = maker.of_decision(decided("a1", trunk=f"trunk-{place}"))
        assert row.values[COLUMNS.index("trunk")] == f"trunk-{place}"
    assert len(maker._kinds) <= 1_024


@given(
    st.lists(
        st.none() | st.text() | st.floats(allow_nan=False),
        min_size=len(COLUMNS),
        max_size=len(COLUMNS),
    ).map(tuple)
)
def test_a_row_holds_the_values_it_was_made_of(values: tuple[str | float | None, ...]) -> None:
    row = row_of(values)
    assert row.values == values
    assert (row, hash(row)) == (row_of(values), hash(row_of(values)))
    assert row != row_of((*values[:-1], "other"))
