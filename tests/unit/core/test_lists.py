"""The first list that holds a caller speaks, and a permanent allow before all."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.lists import (
    Exact,
    ListAction,
    ListBook,
    ListHit,
    ListSpec,
    Pattern,
    Prefix,
    Range,
    parse_entry,
)
from screener.core.number import NumberPlan

PLAN = NumberPlan("US")
ALLOW, DENY = ListAction.ALLOW, ListAction.DENY


def deny(*entries: str) -> ListBook:
    return ListBook([ListSpec("bad", DENY, entries)], PLAN)


def entry_for(book: ListBook, number: str, presentation: str = "") -> str | None:
    hit = book.match(PLAN.read(number, presentation), 0.0)
    return hit.entry if hit else None


@pytest.mark.parametrize("entry", ["+16515392200", "6515392200", "(651) 539-2200"])
@pytest.mark.parametrize("number", ["+16515392200", "16515392200", "tel:+1-651-539-2200"])
def test_an_exact_entry_in_any_writing_holds_the_number_in_any_writing(
    entry: str, number: str
) -> None:
    assert entry_for(deny(entry), number) == entry
    assert entry_for(deny(entry), "+16515392201") is None


def test_a_number_stands_for_its_whole_line_and_an_extension_for_itself() -> None:
    assert entry_for(deny("6515392200"), "+16515392200;ext=7") == "6515392200"
    book = deny("6515392200;ext=7")
    assert entry_for(book, "+16515392200;ext=7") == "6515392200;ext=7"
    assert entry_for(book, "+16515392200") is None
    assert entry_for(book, "+16515392200;ext=8") is None


def test_a_short_code_is_held_by_itself_and_by_no_pattern_of_full_numbers() -> None:
    assert entry_for(deny("911"), "911") == "911"
    assert entry_for(deny("+1911*", "_9!", "_."), "911") is None


@pytest.mark.parametrize(
    ("entry", "yes", "no"),
    [
        ("+1900*", "9005551234", "9015551234"),
        ("+1900*", "+19005551234;ext=1", "+441900555123"),
        ("+16515390000-+16515399999", "6515390000", "6515389999"),
        ("+16515390000-+16515399999", "6515399999", "6515400000"),
        ("_1900X.", "9005551234", "9015551234"),
        ("_+1NXXNXXXXXX", "6515392200", "1515392200"),
        ("_.", "+442071838750", "anonymous"),
    ],
)
def test_prefixes_ranges_and_patterns_hold_the_whole_international_number(
    entry: str, yes: str, no: str
) -> None:
    assert entry_for(deny(entry), yes) == entry
    assert entry_for(deny(entry), no) is None


@pytest.mark.parametrize(
    ("number", "presentation"),
    [
        ("6515392200", "prohib"),
        ("6515392200", "unavailable"),
        ("anonymous", ""),
        ("", ""),
        ("6515392200x", ""),
    ],
)
def test_a_call_that_identifies_nobody_is_on_no_list(number: str, presentation: str) -> None:
    assert entry_for(deny("_.", "6515392200", "+1651*"), number, presentation) is None


def test_the_first_list_in_order_speaks() -> None:
    first = ListSpec("first", DENY, ("+1651*",), reason="why")
    second = ListSpec("second", ALLOW, ("6515392200",), until=100.0)
    caller = PLAN.read("6515392200")
    hit = ListBook([first, second], PLAN).match(caller, 0.0)
    assert hit == ListHit("first", DENY, "+1651*", overriding=False, reason="why")
    hit = ListBook([second, first], PLAN).match(caller, 0.0)
    assert hit == ListHit("second", ALLOW, "6515392200", overriding=False, reason="")


def test_an_empty_list_holds_nobody_and_changes_no_order() -> None:
    empty, full = ListSpec("empty", ALLOW, ()), ListSpec("full", DENY, ("6515392200",))
    hit = ListBook([empty, full], PLAN).match(PLAN.read("6515392200"), 0.0)
    assert hit == ListHit("full", DENY, "6515392200", overriding=False, reason="")


def test_a_list_ends_at_its_time() -> None:
    book = ListBook([ListSpec("a", DENY, ("6515392200",), until=100.0)], PLAN)
    caller = PLAN.read("6515392200")
    assert book.match(caller, 99.999) is not None
    assert book.match(caller, 100.0) is None


@given(st.permutations(range(4)), st.sampled_from([0.0, 50.0, 150.0]))
def test_a_permanent_allow_beats_everything_wherever_it_stands(
    order: list[int], now: float
) -> None:
    specs = [
        ListSpec("deny", DENY, ("6515392200",)),
        ListSpec("deny-all", DENY, ("_.",), until=100.0),
        ListSpec("allow-today", ALLOW, ("6515392200",), until=100.0),
        ListSpec("allow", ALLOW, ("+1651*",)),
    ]
    book = ListBook([specs[place] for place in order], PLAN)
    hit = book.match(PLAN.read("6515392200"), now)
    assert hit is not None
    assert (hit.list_name, hit.overriding) == ("allow", True)


numbers = st.integers(0, 120).map(lambda n: f"+1651539{n:04d}")
ranges = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
prefixes = st.integers(0, 12).map(lambda n: f"+1651539{n:03d}*")


@given(st.lists(st.one_of(numbers, ranges, prefixes), max_size=12), numbers)
def test_a_look_up_finds_an_entry_exactly_where_one_of_them_holds_the_number(
    entries: list[str], number: str
) -> None:
    def holds(entry: str) -> bool:
        low, _, high = entry.partition("-")
        return (low <= number <= high) if high else number.startswith(entry.rstrip("*"))

    found = entry_for(deny(*entries), number)
    assert (found is not None) == any(map(holds, entries))
    assert found is None or holds(found)


def test_each_of_many_patterns_is_named_in_its_hit() -> None:
    patterns = [f"_1{area}NXX{end}" for area, end in product(range(200, 260), ("XXX0", "XXX1"))]
    book = deny(*patterns)
    assert entry_for(book, "2592345670") == "_1259NXXXXX0"
    assert entry_for(book, "2002345671") == "_1200NXXXXX1"
    assert entry_for(book, "2002345672") is None


def test_an_entry_is_read_as_what_it_is() -> None:
    assert parse_entry("651-539-2200", PLAN) == Exact("651-539-2200", "+16515392200")
    assert parse_entry("911", PLAN) == Exact("911", "short:911")
    assert parse_entry("+1900*", PLAN) == Prefix("+1900*", "1900")
    text = "+16515390000-+16515399999"
    assert parse_entry(text, PLAN) == Range(text, "16515390000", "16515399999")
    assert parse_entry("_1N!", PLAN) == Pattern("_1N!", "1[2-9][0-9]*")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("", "is no number; allowed are"),
        ("anonymous", "is no number"),
        ("6515392200 ", "is no number"),
        ("1.6515392200e10", "is no number"),
        ("*", r"is not \+ and 1 to 14 digits"),
        ("+*", "country code first"),
        ("1900*", "country code first"),
        ("+0900*", "country code first"),
        ("+1900**", "country code first"),
        ("+16515390000-+165153999990", "runs from 11 to 12 digits; both ends"),
        ("+16515399999-+16515390000", "ends before it begins; the lower"),
        ("+16515390000-+", "is not two numbers"),
        ("6515390000-+16515399999", "is not two numbers"),
        ("+16515390000 -+16515399999", "is not two numbers"),
        ("_X.", "matches every number"),
        ("_abc", "in it; allowed are"),
    ],
)
def test_a_wrong_entry_is_refused_with_what_is_allowed(entry: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_entry(entry, PLAN)
    with pytest.raises(ValueError, match=why):
        deny("911", entry)


@given(st.text(max_size=40))
def test_any_text_is_an_entry_or_refused(text: str) -> None:
    try:
        entry = parse_entry(text, PLAN)
    except ValueError:
        return
    assert entry.text == text
    assert deny(text).match(PLAN.read("anonymous"), 0.0) is None
