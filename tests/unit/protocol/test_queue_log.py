from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.queue_log import QueueEvent, Step, parse_queue_line

HEAD = "1700000000|1700000000.7|support|PJSIP/201"


@pytest.mark.parametrize(
    ("line", "step", "number", "talk_s"),
    [
        ("ENTERQUEUE||+16515550142|1", Step.ENTERED, "+16515550142", 0.0),
        ("ENTERQUEUE||+16515550142", Step.ENTERED, "+16515550142", 0.0),
        ("ENTERQUEUE|||1", Step.ENTERED, "", 0.0),
        ("ENTERQUEUE||a|b|1", Step.ENTERED, "a|b", 0.0),
        ("CONNECT|28|1700000000.8|3", Step.CONNECTED, "", 0.0),
        ("COMPLETECALLER|28|42|1", Step.SERVED, "", 42.0),
        ("COMPLETEAGENT|28|42|1", Step.SERVED, "", 42.0),
        ("TRANSFER|300|internal|28|42|1", Step.SERVED, "", 42.0),
        ("TRANSFER|300|internal|28|42", Step.SERVED, "", 42.0),
        ("BLINDTRANSFER|300|internal|28|42|1", Step.SERVED, "", 42.0),
        ("ATTENDEDTRANSFER|BRIDGE|x|28|42|1", Step.SERVED, "", 42.0),
        ("ATTENDEDTRANSFER|LINK|x|y|28|42|1", Step.SERVED, "", 42.0),
        ("ABANDON|1|1|28", Step.LEFT, "", 0.0),
        ("EXITWITHTIMEOUT|1|1|300", Step.LEFT, "", 0.0),
        ("EXITEMPTY|1|1|5", Step.LEFT, "", 0.0),
        ("EXITWITHKEY|0|1|1|5", Step.LEFT, "", 0.0),
        ("JOINEMPTY", Step.LEFT, "", 0.0),
        ("DID|6515392200", Step.DIALLED, "6515392200", 0.0),
    ],
)
def test_a_step_of_a_call_is_read(line: str, step: Step, number: str, talk_s: float) -> None:
    assert parse_queue_line(f"{HEAD}|{line}") == QueueEvent(
        1_700_000_000.0, "1700000000.7", step, number, talk_s
    )


@pytest.mark.parametrize(
    "line",
    [
        "1700000000|NONE|NONE|NONE|CONFIGRELOAD|",
        "1700000000|NONE|NONE|NONE|QUEUESTART|",
        "1700000000|1700000000.7|support|PJSIP/201|RINGNOANSWER|1000",
        "1700000000|1700000000.7|support|PJSIP/201|PAUSE|",
        "1700000000|REALTIME|support|PJSIP/201|ADDMEMBER|",
        "1700000000|1700000000.7|support|PJSIP/201|AN EVENT OF ASTERISK 30|1",
    ],
)
def test_lines_that_are_about_no_call_of_a_caller_are_nothing(line: str) -> None:
    assert parse_queue_line(line) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "1 fields; expected are epoch"),
        ("1700000000|1700000000.7|support", "3 fields; expected are epoch"),
        ("2023-11-14 22:13:20|1.7|support|NONE|ENTERQUEUE||1|1", "seconds since 1970"),
        (f"{HEAD}|ENTERQUEUE|", "ENTERQUEUE needs url|callerid"),
        (f"{HEAD}|COMPLETECALLER|28", "COMPLETECALLER needs the seconds of the talk"),
        (f"{HEAD}|COMPLETECALLER|28|=calc|1", "COMPLETECALLER needs the seconds of the talk"),
        (f"{HEAD}|ATTENDEDTRANSFER|1", "ATTENDEDTRANSFER needs the seconds of the talk"),
        ("1700000000|a call|support|NONE|ABANDON|1|1|1", "the call id must be"),
        (f"1700000000|{'7' * 151}|support|NONE|ABANDON|1|1|1", "the call id must be"),
    ],
)
def test_what_is_no_line_of_a_queue_log_is_refused_without_quoting_it(line: str, said: str) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        parse_queue_line(line)
    assert said in str(refused.value)
    assert "calc" not in str(refused.value)


def test_a_line_that_is_cut_is_refused_or_tells_less_and_never_breaks() -> None:
    line = f"{HEAD}|COMPLETECALLER|28|42|1"
    for place in range(len(line)):
        with suppress(RemoteProtocolError):
            event = parse_queue_line(line[:place])
            assert event is None or event.talk_s <= 42.0


@given(st.text(max_size=80), st.sampled_from(["", f"{HEAD}|", f"{HEAD}|ENTERQUEUE|"]))
def test_no_text_breaks_the_reader(text: str, head: str) -> None:
    with suppress(RemoteProtocolError):
        event = parse_queue_line(head + text)
        assert event is None or event.at > 0.0
