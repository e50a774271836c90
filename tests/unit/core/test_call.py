import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import (
    NAME_LIMIT,
    Attestation,
    Facts,
    _digits_of,
    _is_told,
    inert,
    read_attestation,
    read_call,
)
from screener.core.number import CallerClass, NumberPlan
from tests.builders import NOW

PLAN = NumberPlan("US")


def test_facts_become_a_call_and_the_load_beside_it() -> None:
    facts = Facts(
        number="6515392200",
        name="Ann",
        presentation="allowed",
        did="+16515550100",
        trunk="trunk-a",
        queue_waiting="3",
        operators_logged_in="8",
        channels_in_use="12",
    )
    call, load = read_call(facts, PLAN, call_id="c1", now=NOW)
    assert call.caller.identity == "+16515392200"
    assert (call.name, call.did, call.trunk, call.arrived_at) == (
        "Ann",
        "+16515550100",
        "trunk-a",
        NOW,
    )
    assert (load.queue_waiting, load.operators_logged_in, load.channels_in_use) == (3, 8, 12)


def test_what_was_not_told_is_not_made_up() -> None:
    call, load = read_call(Facts(), PLAN, call_id="c1", now=NOW)
    assert call.caller.kind is CallerClass.ABSENT
    assert call.attestation is Attestation.NONE
    assert load.queue_waiting is None


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "\u0663", "1234567", " 3"])
def test_a_count_that_is_none_is_left_out(text: str) -> None:
    assert read_call(Facts(queue_waiting=text), PLAN, call_id="c", now=NOW)[1].queue_waiting is None


@pytest.mark.parametrize(
    ("level", "verification", "read"),
    [
        ("A", "success", Attestation.FULL),
        ("b", "SUCCESS", Attestation.PARTIAL),
        ("C", "success", Attestation.GATEWAY),
        ("", "", Attestation.NONE),
        ("A", "cert_not_trusted", Attestation.FAILED),
        ("A", "", Attestation.FAILED),
        ("", "cid_orig_tn_mismatch", Attestation.FAILED),
        ("Z", "success", Attestation.NONE),
    ],
)
def test_a_level_counts_only_where_it_was_verified(
    level: str, verification: str, read: Attestation
) -> None:
    assert read_attestation(level, verification) is read


@given(st.text(max_size=300), st.integers(0, 100))
def test_inert_text_is_one_short_printable_line(text: str, limit: int) -> None:
    shown = inert(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit


@given(st.builds(Facts, *[st.text(max_size=120)] * 17))
def test_no_facts_whatever_make_reading_fail_or_leave_control_characters(facts: Facts) -> None:
    call, _ = read_call(facts, PLAN, call_id="c", now=NOW)
    for text in (call.name, call.did, call.trunk, call.source, call.caller.masked):
        assert text.isprintable()
    for key in (call.caller.identity, call.caller.counter_key, call.caller.prefix):
        assert "\x1f" not in key


@pytest.mark.parametrize("number", ["+16515550142", "6515550142", "(651) 555-0142"])
@pytest.mark.parametrize("planted", ["x-16515550142-9@h", "+16515550142@h", "9955501428@h"])
def test_a_telephones_call_id_does_not_keep_its_number(number: str, planted: str) -> None:
    facts = Facts(number=number, sip_call_id=planted)
    call, _ = read_call(facts, NumberPlan("US"), call_id="c", now=NOW)
    assert "5550142" not in call.sip_call_id
    assert "(number)" in call.sip_call_id


@pytest.mark.parametrize(
    "number",
    [
        *("tel:+1-651-555-0142;ext=12", "sip:6515550142@192.0.2.7;user=phone", "555-0142"),
        *("6515550142x=cmd|'/C calc'!A1", "n6515550142\x1b[2J", "+16515550142 +16515550143"),
    ],
)
@pytest.mark.parametrize(
    "planted", ["6515550142-1a@h", "+1-651-555-0142@h", "651.555.0142-77@h", "x-555-0142@h"]
)
def test_nor_where_either_is_written_with_more_around_it(number: str, planted: str) -> None:
    facts = Facts(number=number, sip_call_id=planted)
    call, _ = read_call(facts, NumberPlan("US"), call_id="c", now=NOW)
    assert not re.search(r"555\D?0142", call.sip_call_id)
    assert "(number)" in call.sip_call_id


@pytest.mark.parametrize("number", ["", "911", "anonymous", "+16515550142"])
def test_any_other_call_id_stays_as_it_is(number: str) -> None:
    facts = Facts(number=number, sip_call_id="0142-911-ab-5551234@10.0.0.1")
    call, _ = read_call(facts, NumberPlan("US"), call_id="c", now=NOW)
    assert call.sip_call_id == facts.sip_call_id


HOSTILE = (
    st.text(max_size=8)
    | st.text("ab 01\x1b\x7f\n\xe9\u202e\udc80", max_size=8)
    | st.integers(NAME_LIMIT - 1, 2 * NAME_LIMIT + 1).map(lambda size: "x" * size)
)


@given(st.tuples(*[HOSTILE] * 8))
def test_what_is_kept_of_all_facts_is_what_is_kept_of_each(texts: tuple[str, ...]) -> None:
    def kept(text: str, limit: int) -> str:
        return "".join(c if c.isprintable() else "?" for c in text[:limit])

    name, did, trunk, source, origid, uniqueid, linkedid, sip_call_id = texts
    facts = Facts(
        name=name,
        did=did,
        trunk=trunk,
        source=source,
        origid=origid,
        uniqueid=uniqueid,
        linkedid=linkedid,
        sip_call_id=sip_call_id,
    )
    call, _ = read_call(facts, PLAN, call_id="c", now=NOW)
    told = (call.name, call.did, call.trunk, call.source, call.origid, call.uniqueid, call.linkedid)
    assert told == tuple(kept(text, NAME_LIMIT) for text in texts[:7])
    assert call.sip_call_id == kept(sip_call_id, 2 * NAME_LIMIT)


@given(st.text(max_size=12) | st.text("+0189-. a\u0661\xb2\udc80", max_size=24))
def test_digits_are_those_of_ascii_alone(text: str) -> None:
    assert _digits_of(text) == re.sub("[^0-9]", "", text)


@given(st.text("01", max_size=18), st.text("01", max_size=18), st.integers(0, 9))
def test_seven_digits_in_a_row_tell_of_a_number(digits: str, text: str, at: int) -> None:
    for other in (text, text[:4] + digits[at : at + 7] + text[4:]):
        told = any(digits[one : one + 7] in other for one in range(len(digits) - 6))
        assert _is_told(digits, other) == told


@given(
    st.text(max_size=4) | st.integers(-1, 2_000_000).map(str) | st.text("0129\u0661", max_size=7)
)
def test_a_count_is_up_to_six_digits_of_ascii(text: str) -> None:
    told = int(text) if re.fullmatch("[0-9]{1,6}", text) else None
    _, load = read_call(Facts(queue_waiting=text, channels_in_use="1"), PLAN, call_id="c", now=NOW)
    assert load.queue_waiting == told
