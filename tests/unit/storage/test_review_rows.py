import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.lists import Exact, parse_entry
from screener.core.number import CallerClass
from screener.core.review import trunk_entry
from screener.storage.keys import Keys
from screener.storage.pseudonyms import pseudonym
from screener.storage.review_rows import (
    EntrySealer,
    Remarked,
    masked,
    shown,
    singled,
    writing_of,
)
from tests.unit.storage.reviews import PLAN, entry

KEYS = Keys("one", b"p" * 32, b"s" * 32)
SEALER = EntrySealer(KEYS)
OPENED = SEALER.opener(PLAN)

ENTRIES = [
    *("+16515550142", "911", "5551212", "+442079460018", "+16515550142;ext=12", "+12345"),
    *(
        "+1900*",
        "+16515550000-+16515559999",
        "_1900X.",
        "_.",
        "_165155501XX",
        "911;phone-context=+44",
    ),
]


@pytest.mark.parametrize("text", ENTRIES)
@pytest.mark.parametrize("remark", ["", "Bob, of sales", "\u20ac \x7f"])
def test_what_is_sealed_is_opened_as_it_was(text: str, remark: str) -> None:
    told = Remarked(entry(text), remark)
    kept = SEALER.seal(told)
    found = OPENED(kept.key, kept.sealed, kept.key_id)
    assert found is not None
    assert SEALER.key(found.entry) == kept.key == SEALER.key(told.entry)
    assert found.remark == remark
    assert shown(found.entry) == kept.shown


@pytest.mark.parametrize("text", ENTRIES)
def test_a_written_entry_is_read_as_the_same(text: str) -> None:
    written = writing_of(entry(text))
    assert SEALER.key(parse_entry(written, PLAN)) == SEALER.key(entry(text))


def test_a_number_has_the_pseudonym_that_the_decision_log_has() -> None:
    assert SEALER.key(entry("651 555 0142")) == pseudonym("number", "+16515550142", KEYS)
    assert SEALER.key(entry("+1900*")) != SEALER.key(entry("_1900X."))


def test_nothing_is_opened_with_other_keys_or_of_another_row() -> None:
    kept, other = SEALER.seal(Remarked(entry("911"))), SEALER.seal(Remarked(entry("+1900*")))
    strange = EntrySealer(Keys("two", b"p" * 32, b"x" * 32)).opener(PLAN)
    assert strange(kept.key, kept.sealed, kept.key_id) is None
    assert strange(kept.key, kept.sealed, "two") is None
    assert OPENED(kept.key, other.sealed, kept.key_id) is None
    for place in range(len(kept.sealed)):
        harmed = bytearray(kept.sealed)
        harmed[place] ^= 1
        assert OPENED(kept.key, bytes(harmed), kept.key_id) is None
    assert OPENED(kept.key, b"", kept.key_id) is None


@given(st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True))
def test_a_mask_shows_what_the_log_shows(text: str) -> None:
    caller = PLAN.read(text)
    if caller.identity and caller.kind is not CallerClass.SHORT:
        assert masked(caller.identity) == caller.masked


@given(st.from_regex(r"\+1651555[0-9]{4}", fullmatch=True))
def test_no_form_to_show_holds_a_whole_number(number: str) -> None:
    for text in (number, f"{number}*", f"{number}-{number}", f"_{number[1:]}", f"_{number[1:-1]}X"):
        assert number[-6:-2] not in shown(entry(text))


@pytest.mark.parametrize("text", ["+16515550142-+16515550142", "_16515550142", "_+16515550142"])
def test_what_holds_one_number_becomes_that_number(text: str) -> None:
    alone = singled(entry(text), PLAN)
    assert isinstance(alone, Exact)
    assert alone.identity == "+16515550142"


@pytest.mark.parametrize("text", ["+1900*", "_1900X.", "+16515550142-+16515550143", "911"])
def test_what_holds_more_stays(text: str) -> None:
    assert singled(entry(text), PLAN) == entry(text)


def test_wide_entries_are_shown_as_written() -> None:
    for text in ("+1900*", "_1900X.", "+16515550000-+16515559999", "_[2-9]XXX5551X!"):
        assert shown(entry(text)) == text


def test_a_trunk_is_sealed_opened_and_shown() -> None:
    told = Remarked(trunk_entry("carrier-a"))
    kept = SEALER.seal(told)
    assert OPENED(kept.key, kept.sealed, kept.key_id) == told
    assert (kept.exact, kept.shown) == (False, "trunk carrier-a")
