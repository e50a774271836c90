"""Lines of the decision stream into messages, and answers into lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.decision_stream import (
    CALL_ID_LIMIT,
    LINE_LIMIT,
    Arrival,
    Bye,
    Feedback,
    Hello,
    History,
    Lists,
    LostCall,
    PastCall,
    Queue,
    Received,
    Stats,
    decode,
    encode_error,
    encode_keys,
    encode_verdict,
    lost_call,
)

CALL = (
    b'{"type":"call","now":5,"call_id":"c17","at":5,"caller":"+16125550100","caller_name":null,'
    b'"pres":"allowed","dnis":"+16515392200","trunk":"pri-1","src_ip":null,"attestation":"A"}\n'
)


def a_call(**changes: object) -> bytes:
    """Return the line of a call with some keys changed."""
    return json.dumps({**json.loads(CALL), **changes}).encode()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            (
                b'{"type":"hello","contract":1,"now":5,"config":{"operators":56,"channels":138,'
                b'"dids":["+16515392200"],"mean_service_s":177,"trunks":["pri-1"]}}'
            ),
            Hello(5.0, 56, 138, 177.0),
        ),
        (b'{"type":"hello","now":5}', Hello(5.0)),
        (
            (
                b'{"type":"history","records":[{"caller":"+16125550100","at":4,'
                b'"outcome":"answered","talk_s":93.0},{"caller":null,"at":4,"outcome":"abandoned"}]}'
            ),
            History(
                (
                    PastCall("+16125550100", 4.0, "answered", 93.0),
                    PastCall("", 4.0, "abandoned", 0.0),
                )
            ),
        ),
        (b'{"type":"lists","block":["+18005550100"],"allow":[]}', Lists(("+18005550100",), ())),
        (
            (
                b'{"type":"queue","now":5,"waiting":3,"operators_busy":56,"operators_total":56,'
                b'"channels_in_use":71,"channels_total":138,"longest_wait_s":12.0}'
            ),
            Queue(5.0, 3, 56, 56, 71, 138),
        ),
        (b'{"type":"queue","now":5}', Queue(5.0)),
        (
            CALL,
            Arrival(5.0, "c17", "+16125550100", "", "allowed", "+16515392200", "pri-1", "", "A"),
        ),
        (b'{"type":"call","now":5,"call_id":"c17"}', Arrival(5.0, "c17")),
        (
            (
                b'{"type":"feedback","now":5,"call_id":"c17","event":"hangup","talk_s":93.0,'
                b'"who":"caller"}'
            ),
            Feedback(5.0, "c17", "hangup", 93.0),
        ),
        (
            b'{"type":"feedback","now":5,"call_id":"c17","event":"queue_joined"}',
            Feedback(5.0, "c17", "queue_joined"),
        ),
        (b'{"type":"stats","now":5}', Stats(5.0)),
        (b'{"type":"bye","now":5}', Bye()),
        (b' {"type":"bye","of":"another day"}\r\n', Bye()),
    ],
)
def test_every_message_of_the_contract_is_read(line: bytes, message: object) -> None:
    assert decode(line) == Received(message, ())  # type: ignore[arg-type]  # one of the messages


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "a message is not JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"type":"call"', "a message is not JSON"),
        (b'{"type":"bye","type":"bye"}', "a key comes twice"),
        (b'{"type":"stats","now":NaN}', "NaN is no number"),
        (b'{"now":5}', "`type` must be one of hello, history"),
        (b'{"type":"ready"}', "`type` must be one of"),
        (b'{"type":["call"]}', "`type` must be one of"),
        (b'{"type":"call","call_id":"c17"}', "`now` is missing"),
        (a_call(now="5"), "`now` must be a number"),
        (a_call(now=-1), "`now` must be a number"),
        (a_call(call_id=17), "`call_id` must be a text"),
        (a_call(call_id=""), "`call_id` must be a text"),
        (a_call(call_id="x" * (CALL_ID_LIMIT + 1)), "`call_id` must be a text of 1 to 256"),
        (a_call(caller=16125550100), "`caller` must be a text or null"),
        (a_call(attestation=1), "`attestation` must be a text or null"),
        (b'{"type":"feedback","now":5,"call_id":"c1","event":"sold"}', "`event` must be one of"),
        (b'{"type":"feedback","now":5,"event":"hangup"}', "`call_id` must be a text"),
        (
            b'{"type":"feedback","now":5,"call_id":"c1","event":"hangup","talk_s":-1}',
            "`talk_s` must be a number, 0 to 86400",
        ),
        (b'{"type":"queue","now":5,"waiting":-3}', "`waiting` must be a whole number"),
        (b'{"type":"history","records":{}}', "`records` must be a list"),
        (b'{"type":"lists","block":"+18005550100"}', "`block` must be a list"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_for_its_reason(line: bytes, why: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(line)
    assert why in str(caught.value)
    assert "6125550100" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message", "remark"),
    [
        (b'{"type":"hello","now":5,"contract":2}', Hello(5.0), "`contract` is not 1"),
        (b'{"type":"hello"}', Hello(None), "`now` is missing"),
        (b'{"type":"hello","now":"x"}', Hello(None), "`now` must be a number"),
        (b'{"type":"hello","now":5,"config":7}', Hello(5.0), "`config` must be an object"),
        (
            b'{"type":"hello","now":5,"config":{"operators":0,"channels":9}}',
            Hello(5.0, channels=9),
            "`operators` must be a whole number, 1 to 10000",
        ),
        (b'{"type":"stats"}', Stats(None), "`now` is missing"),
        (b'{"type":"lists","allow":["a",1]}', Lists((), ("a",)), "`allow`: 1 left out"),
        (
            b'{"type":"history","records":[{"caller":"a","at":4,"outcome":"sold"}]}',
            History(()),
            "`records`: 1 left out that cannot be read, the first at place 1: `outcome` must be",
        ),
        (b'{"type":"call","now":5,"call_id":"c","pres":"x"}', Arrival(5.0, "c"), "`pres` is none"),
        (
            b'{"type":"call","now":5,"call_id":"c","attestation":"Z"}',
            Arrival(5.0, "c"),
            "`attestation` is none of A, B, C, invalid",
        ),
    ],
)
def test_a_line_that_makes_sense_without_its_faulty_part_is_taken_without_it(
    line: bytes, message: object, remark: str
) -> None:
    received = decode(line)
    assert received.message == message
    assert [remark in one for one in received.remarks] == [True]


def test_a_line_over_the_limit_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="at most"):
        decode(b'{"type":"bye"}' + b" " * LINE_LIMIT)


def test_no_cut_of_a_line_is_a_message_and_every_cut_that_names_a_call_is_a_lost_call() -> None:
    kind, named = CALL.index(b"call") + 5, CALL.index(b"c17") + 4
    for size in range(len(CALL) - 1):
        cut = CALL[:size]
        with pytest.raises(RemoteProtocolError):
            decode(cut)
        found = lost_call(cut)
        if size < kind:
            assert found is None
        else:
            assert found == LostCall("c17" if size >= named else None)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (a_call(now="x"), LostCall("c17")),
        (a_call(call_id=17), LostCall(None)),
        (b'{"call_id":"c1","type":"call","call_id":"c2"}', LostCall("c1")),
        (b'{"type":"call","call_id":"\\u00e9\\"","caller', LostCall('\u00e9"')),
        (b'{"type":"call","call_id":"\\q","caller', LostCall(None)),
        (b'{"type":"call","call_id":"\xff","caller', LostCall(None)),
        (b'{"type":"lists","block":["\\"type\\":\\"call\\""', None),
        (b'{"type":"lists","inner":{"type":"call"', None),
        (b'{"type":"feedback","call_id":"c1"}', None),
        (b'[{"type":"call","call_id":"c1"}]', None),
        (b'"type":"call"', None),
        (b"", None),
        (b'{"pad":"' + b"x" * 70_000 + b'","type":"call"', None),
    ],
)
def test_a_call_is_found_on_a_refused_line_where_it_surely_is_one(
    line: bytes, found: LostCall | None
) -> None:
    assert lost_call(line) == found


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(line: bytes) -> None:
    try:
        decode(line)
    except RemoteProtocolError:
        lost_call(line)


texts = st.text(st.sampled_from('a1+"\\ \n\x00\u00e9\u202e\U0001f600\ud800'), max_size=8)
keys = st.sampled_from(
    ["type", "now", "call_id", "caller", "records", "block", "config", "event", "talk_s", "waiting"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)
kinds = st.sampled_from(
    ["hello", "history", "lists", "queue", "call", "feedback", "stats", "bye", "x"]
)


@given(kinds, st.dictionaries(keys, values, max_size=6))
def test_any_object_is_a_message_or_refused(kind: str, fields: dict[str, object]) -> None:
    line = json.dumps({**fields, "type": kind}).encode()
    try:
        decode(line)
    except RemoteProtocolError:
        assert lost_call(line) is None or kind == "call"


@given(texts, st.floats(-100, 100), st.lists(texts, max_size=4))
def test_an_answer_is_one_line_of_ascii_that_reads_back(
    call_id: str, score: float, reasons: list[str]
) -> None:
    line = encode_verdict(call_id, "admit", score, reasons, priority=5)
    assert line.isascii()
    assert line.index(b"\n") == len(line) - 1
    told = json.loads(line)
    assert told == {
        "call_id": call_id,
        "verdict": "admit",
        "score": round(score, 3),
        "reasons": reasons,
        "priority": 5,
    }


def test_the_other_lines_are_as_the_contract_has_them() -> None:
    assert encode_keys(12345) == b'{"keys":12345}\n'
    assert encode_error("no", 7) == b'{"error":"no","line":7}\n'
