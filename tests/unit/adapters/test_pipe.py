"""The decision stream's wire, with the real engine behind it."""

import io
import json
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.adapters import pipe as adapter
from screener.adapters.pipe import Pipe, serve_pipe
from screener.core.memory import Memory
from screener.core.settings import PolicySettings, Settings, Treatment
from tests.builders import NOW, a_memory
from tests.unit.core.engines import challenging

NUMBER = "+16515550142"
OPEN = {"verdict": "admit", "score": 0.0, "reasons": ["screener-error"], "priority": 5}


def a_table(_settings: Settings) -> Memory:
    return a_memory()


def line(kind: str, **fields: object) -> bytes:
    return json.dumps({"type": kind, "now": NOW, **fields}).encode() + b"\n"


def call(call_id: str = "c1", /, **fields: object) -> bytes:
    return line("call", **{"call_id": call_id, "caller": NUMBER, **fields})


def talk(*lines: bytes, rules: Settings | None = None) -> tuple[list[object], list[object]]:
    """Send the lines and return the answers and the diagnostics."""
    answers, complaints = io.BytesIO(), io.BytesIO()
    serve_pipe(rules or Settings(), a_table, io.BytesIO(b"".join(lines)), answers, complaints)
    return read(answers), read(complaints)


def read(stream: io.BytesIO) -> list[object]:
    return [json.loads(one) for one in stream.getvalue().splitlines()]


def answer_to(*lines: bytes, rules: Settings | None = None) -> dict[str, object]:
    """Return the last answer; nothing may have gone wrong."""
    answers, complaints = talk(*lines, rules=rules)
    assert complaints == []
    assert isinstance(answers[-1], dict)
    return answers[-1]


def test_only_hello_call_and_stats_are_answered_in_order() -> None:
    answers, complaints = talk(
        line("hello", contract=1, config={"operators": 56}),
        line("history", records=[{"caller": NUMBER, "at": NOW - 9, "outcome": "abandoned"}]),
        line("lists", block=[], allow=[]),
        line("queue", waiting=3),
        call(),
        line("feedback", call_id="c1", event="queue_joined"),
        line("stats"),
        line("bye"),
        line("stats"),
    )
    assert complaints == []
    assert answers == [
        {"type": "ready"},
        {
            "call_id": "c1",
            "verdict": "admit",
            "score": 1.0,
            "reasons": ["score", "new-caller"],
            "priority": 5,
        },
        {"keys": 3},
    ]


def test_without_hello_bye_and_last_line_end_it_works_as_well() -> None:
    assert answer_to(call().rstrip())["verdict"] == "admit"
    assert talk() == ([], [])


def test_a_challenge_tells_the_place_in_line_after_it() -> None:
    told = answer_to(line("queue", waiting=7, operators_total=3), call(), rules=challenging())
    assert (told["verdict"], told["priority"]) == ("challenge", 5)
    assert "treatment" not in told


def test_who_may_hold_the_operators_waits_behind_the_others_even_after_a_challenge() -> None:
    told = answer_to(line("queue", waiting=20, operators_total=10), call())
    assert (told["verdict"], told["priority"]) == ("challenge", 2)
    assert told["reasons"] == ["score", "held-operators", "new-caller"]


@pytest.mark.parametrize(
    ("treatment", "word"),
    [(Treatment.REFUSE, "refuse"), (Treatment.ANNOUNCE, "refuse"), (Treatment.BUSY, "busy")],
)
def test_a_drop_tells_its_treatment_in_a_word_of_the_stream(
    treatment: Treatment, word: str
) -> None:
    told = answer_to(
        line("lists", block=[NUMBER]),
        call(),
        rules=Settings(policy=PolicySettings(refuse_with=treatment)),
    )
    assert (told["verdict"], told["treatment"]) == ("drop", word)
    assert "priority" not in told


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"attestation": "A"}, "attestation-a"),
        ({"attestation": "B"}, "attestation-b"),
        ({"attestation": "C"}, "attestation-c"),
        ({"attestation": "invalid"}, "attestation-failed"),
        ({"pres": "restricted"}, "withheld"),
        ({"pres": "unavailable"}, "no-number"),
        ({"caller": None}, "no-number"),
        ({"caller": "anonymous"}, "withheld"),
        ({"caller": "sip:x@y"}, "junk-number"),
        ({"caller": "+19995550100"}, "unallocated-number"),
    ],
)
def test_every_fact_of_a_call_reaches_the_rules(fields: dict[str, object], reason: str) -> None:
    reasons = answer_to(call(**fields))["reasons"]
    assert isinstance(reasons, list)
    assert reason in reasons


def test_no_attestation_and_a_plain_presentation_are_neutral() -> None:
    told = answer_to(call(attestation=None, pres="allowed", src_ip=None, caller_name=None))
    assert told["reasons"] == ["score", "new-caller"]


def test_the_trunk_of_a_call_reaches_the_rules() -> None:
    records = [
        {"caller": NUMBER, "at": NOW - days * 86_400, "outcome": "answered", "talk_s": 60}
        for days in (5, 3)
    ]
    told = answer_to(
        line("history", records=records),
        call(trunk="pri-1"),
        line("feedback", call_id="c1", event="operator_answered"),
        line("feedback", call_id="c1", event="hangup", talk_s=93.0, who="caller"),
        call("c2", trunk="sip-a"),
    )
    assert told["reasons"] == ["score", "known-caller", "known-elsewhere"]


def test_what_hello_says_of_the_site_counts() -> None:
    queue = line("queue", waiting=30, channels_in_use=20, operators_total=None)
    small = answer_to(line("hello", config={"operators": 10, "channels": 60}), queue, call())
    large = answer_to(line("hello", config={"operators": 600, "channels": 600}), queue, call())
    assert (small["verdict"], large["verdict"]) == ("challenge", "admit")


def test_a_second_hello_starts_anew() -> None:
    answers, _ = talk(line("lists", block=[NUMBER]), call(), line("hello"), line("stats"), call())
    assert [one.get("verdict") for one in answers if isinstance(one, dict)] == [
        *("drop", None, None, "admit")
    ]
    assert answers[2] == {"keys": 0}


@pytest.mark.parametrize(
    ("broken", "call_id"),
    [
        (call("c9", now="noon"), "c9"),
        (call("c9", caller=6515550142), "c9"),
        (line("call", call_id=9), None),
        (line("call"), None),
        (call("c9")[:-10] + b"\n", "c9"),
        (b'{"type":"call","call_id":"c9","call_id":"c9"}\n', "c9"),
        (b'{"type":"call","now":NaN}\n', None),
    ],
)
def test_a_broken_call_is_let_through_and_told(broken: bytes, call_id: str | None) -> None:
    answers, complaints = talk(line("hello"), broken, line("stats"))
    assert answers == [{"type": "ready"}, {"call_id": call_id, **OPEN}, {"keys": 0}]
    (complaint,) = complaints
    assert isinstance(complaint, dict)
    assert set(complaint) == {"error", "line"}
    assert complaint["line"] == 2


@pytest.mark.parametrize(
    "broken",
    [b"\n", b"nonsense\n", b"\xff\x00\n", b"[]\n", line("ready"), line("feedback", call_id="c1")],
)
def test_a_broken_line_of_another_kind_is_told_and_that_is_all(broken: bytes) -> None:
    answers, complaints = talk(broken, line("stats"))
    assert answers == [{"keys": 0}]
    assert [one["line"] for one in complaints if isinstance(one, dict)] == [1]


def test_hello_and_stats_are_answered_whatever_cannot_be_read_of_them() -> None:
    answers, complaints = talk(
        line("hello", now="x", contract=3, config={"operators": "many"}), line("stats", now=[])
    )
    assert answers == [{"type": "ready"}, {"keys": 0}]
    assert [one["line"] for one in complaints if isinstance(one, dict)] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((line("feedback", call_id="c7", event="hangup"),), "names no call"),
        ((call(), call()), "names an earlier call"),
        ((line("lists", block=["nobody"]),), "1 deny entries left out"),
    ],
)
def test_what_a_sound_line_asks_in_vain_is_told(lines: tuple[bytes, ...], said: str) -> None:
    _, (complaint,) = talk(*lines)
    assert isinstance(complaint, dict)
    assert said in complaint["error"]
    assert complaint["line"] == len(lines)


def test_no_diagnostic_holds_a_number() -> None:
    answers, complaints = io.BytesIO(), io.BytesIO()
    sent = [
        call(now=NUMBER),
        line("lists", block=[NUMBER + "x"]),
        line("history", records=[{"caller": NUMBER, "at": NUMBER}]),
        call(NUMBER, attestation=NUMBER),
        line("feedback", call_id=NUMBER, event=NUMBER),
        line(NUMBER),
        b'"' + NUMBER.encode(),
    ]
    serve_pipe(Settings(), a_table, io.BytesIO(b"".join(sent)), answers, complaints)
    assert len(complaints.getvalue().splitlines()) == len(sent)
    assert b"5550142" not in complaints.getvalue()


def test_a_line_over_the_limit_is_skipped_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "LINE_LIMIT", 200)
    monkeypatch.setattr("screener.protocol.decision_stream.LINE_LIMIT", 200)
    monkeypatch.setattr(adapter, "CHUNK_BYTES", 64)
    for size in range(190, 420):
        long = call(caller_name="x" * size)
        answers, complaints = talk(long, line("stats"))
        assert answers == [{"call_id": "c1", **OPEN}, {"keys": 0}], size
        assert complaints == [{"error": "a message may hold at most 200 bytes", "line": 1}]
        assert talk(long[:-1])[0] == [{"call_id": "c1", **OPEN}]


def test_a_fault_of_ours_lets_the_call_through_and_the_stream_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError(NUMBER)

    monkeypatch.setattr("screener.core.engine.Engine.decide", fail)
    monkeypatch.setattr("screener.service.stream.StreamSession.see", fail)
    answers, complaints = talk(line("queue"), call(), line("stats"))
    assert answers == [{"call_id": "c1", **OPEN}, {"keys": 0}]
    fault = "a fault of the agent's own: ZeroDivisionError"
    assert complaints == [{"error": fault, "line": 1}, {"error": fault, "line": 2}]


def test_a_reader_of_diagnostics_that_has_gone_does_not_stop_the_answers() -> None:
    class Gone(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError

    answers = io.BytesIO()
    serve_pipe(Settings(), a_table, io.BytesIO(b"x\n" + line("stats")), answers, Gone())
    assert read(answers) == [{"keys": 0}]


def test_every_answer_is_out_before_the_next_line_is_read() -> None:
    (told, telling), (heard, answering) = os.pipe(), os.pipe()
    with (
        os.fdopen(told, "rb") as source,
        os.fdopen(telling, "wb", buffering=0) as to_agent,
        os.fdopen(heard, "rb") as from_agent,
        os.fdopen(answering, "wb") as answers,
    ):
        agent = threading.Thread(
            target=serve_pipe, args=(Settings(), a_table, source, answers, io.BytesIO())
        )
        agent.start()
        for message in (line("hello"), call(), call("c2"), line("stats")):
            to_agent.write(message)
            assert json.loads(from_agent.readline())
        to_agent.write(line("bye"))
        agent.join(10.0)
        assert not agent.is_alive()


numbers = st.sampled_from([NUMBER, "6515550142", "+442079460000", "nobody", "", None, 5])
times = st.sampled_from([NOW, NOW + 1, NOW + 1e6, 0, -1, "x", None, 1e300])
ids = st.sampled_from(["c1", "c2", "c3", "", 4])
messages = st.one_of(
    st.builds(line, st.sampled_from(["hello", "stats"]), now=times),
    st.builds(line, st.just("call"), now=times, call_id=ids, caller=numbers),
    st.builds(
        line,
        st.just("feedback"),
        now=times,
        call_id=ids,
        event=st.sampled_from(["challenge_passed", "operator_answered", "hangup", "x"]),
        talk_s=st.sampled_from([93.0, -1, None]),
    ),
    st.builds(
        line,
        st.just("lists"),
        block=st.lists(numbers, max_size=3),
        allow=st.lists(numbers, max_size=3),
    ),
    st.builds(line, st.just("queue"), now=times, waiting=st.integers(-1, 500)),
    st.binary(max_size=30).map(lambda data: data.replace(b"\n", b"") + b"\n"),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(messages, max_size=25))
def test_any_lines_are_answered_one_for_one_where_an_answer_is_awaited(lines: list[bytes]) -> None:
    pipe = Pipe(Settings(), a_table, io.BytesIO())
    for sent in lines:
        awaited = any(f'"type": "{kind}"'.encode() in sent for kind in ("hello", "call", "stats"))
        assert pipe.take(sent).count(b"\n") == awaited
    assert not pipe.ended
