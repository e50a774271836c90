from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from screener.core.call import Facts, read_call
from screener.core.engine import Engine
from screener.core.number import CallerClass, CallerId, NumberPlan
from screener.core.recorded import RecordedCall
from screener.core.settings import Action, Mode, Settings
from screener.storage.keys import Keys
from screener.storage.log_rows import COLUMNS, RowMaker
from screener.storage.recorded_rows import COUNTED, READ, ReadTally, RowReader
from tests.builders import NOW, a_memory

KEYS = Keys("one", b"p" * 32, b"s" * 32)
OTHER = Keys("two", b"q" * 32, b"t" * 32)
ENGINE = Engine(Settings(mode=Mode.ENFORCE), a_memory())
PLAN = NumberPlan("US")

numbers = st.one_of(
    st.from_regex(r"\+?[1-9][0-9]{1,14}(;ext=[0-9]{1,4})?(;isub=[a-z]{1,3})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,8}(;phone-context=\+[1-9][0-9]{0,2})?", fullmatch=True),
    st.from_regex(r"\+1?651555[0-9]{4}", fullmatch=True),
    st.text(max_size=12),
)


def kept(
    facts: Facts, *, malformed: bool = False, keys: Keys = KEYS
) -> tuple[CallerId, list[object]]:
    """Return the caller of a call, and the row that the log keeps of the call."""
    call, load = read_call(facts, PLAN, call_id="c" * 16, now=NOW)
    decision = ENGINE.assess(call, load, malformed=malformed)
    row = dict(zip(COLUMNS, RowMaker(keys).of_decision(decision).values, strict=True)) | {"seq": 7}
    return call.caller, [row[name] for name in READ]


def read(row: list[object], tally: ReadTally | None = None) -> RecordedCall:
    return RowReader(KEYS, PLAN, tally or ReadTally()).call(row)


@given(numbers)
@example("911")
@example("tel:12345;phone-context=+49")
@example("+12345")
@example("6515550142;ext=12;isub=a")
def test_a_caller_with_an_identity_is_read_back_whole(number: str) -> None:
    caller, row = kept(Facts(number=number))
    if caller.identity:
        assert read(row).call.caller == caller


@given(numbers)
def test_who_can_only_be_counted_is_counted_under_one_key_each(number: str) -> None:
    caller, row = kept(Facts(number=number, presentation="prohib"))
    again = read(row).call.caller
    assert (again.kind, again.identity, again.masked) == (caller.kind, "", caller.masked)
    assert bool(again.counter_key) == bool(caller.counter_key)
    assert not again.counter_key or again.counter_key.startswith(COUNTED)
    assert read(kept(Facts(number=number, presentation="prohib"))[1]).call.caller == again


def test_junk_is_counted_apart_from_other_junk() -> None:
    one, other = (read(kept(Facts(number=text))[1]).call.caller for text in ("sip!", "sip?"))
    assert one.kind is other.kind is CallerClass.JUNK
    assert one.counter_key != other.counter_key


def test_a_row_under_other_keys_is_a_caller_unknown_of_its_class_and_counted() -> None:
    tally = ReadTally()
    caller = read(kept(Facts(number="+16515550142"), keys=OTHER)[1], tally).call.caller
    assert (caller.kind, caller.identity, caller.e164) == (CallerClass.VALID, "", "")
    assert tally.unopened == 1
    again = read(kept(Facts(number="+16515550142"), keys=OTHER)[1]).call.caller
    assert again.counter_key == caller.counter_key


def test_a_seal_that_was_changed_is_as_one_of_other_keys() -> None:
    tally = ReadTally()
    _, row = kept(Facts(number="+16515550142"))
    place = READ.index("sealed")
    row[place] = bytes(reversed(bytes(row[place])))  # type: ignore[call-overload]  # a row's value
    assert not read(row, tally).call.caller.identity
    assert tally.unopened == 1


def test_facts_load_and_verdict_are_read_back() -> None:
    facts = Facts(
        number="+16515550142",
        did="+16515392200",
        trunk="trunk-a",
        source="127.0.0.1",
        attestation="A",
        verification="success",
        origid="o-1",
        uniqueid="17.1",
        linkedid="17.0",
        sip_call_id="s@1",
        queue_waiting="3",
        operators_ready="0",
    )
    _, row = kept(facts, malformed=True)
    found = read(row)
    told, load = read_call(facts, PLAN, call_id="c" * 16, now=NOW)
    assert found.call == told
    assert found.load == load
    assert (found.seq, found.action, found.would) == (7, Action.CHALLENGE, Action.CHALLENGE)
    assert (found.config, found.imported, found.malformed) == ("default", False, True)
    assert found.reasons[0] == "malformed-caller"


def test_the_name_of_a_caller_is_not_known_any_more() -> None:
    _, row = kept(Facts(number="+16515550142", name="Zebedee"))
    assert read(row).call.name == ""


def test_a_valid_number_is_at_home_or_abroad_as_the_present_plan_sees_it() -> None:
    caller, row = kept(Facts(number="+16515550142"))
    british = RowReader(KEYS, NumberPlan("GB", prefix_tail=3), ReadTally()).call(row).call.caller
    assert british == replace(caller, kind=CallerClass.FOREIGN, prefix="+16515550"[:9])


def test_a_row_of_nulls_is_a_call_that_tells_nothing() -> None:
    found = read([None] * len(READ))
    assert (found.call.caller.kind, found.action) == (CallerClass.ABSENT, Action.ADMIT)
    assert found.reasons == ()
