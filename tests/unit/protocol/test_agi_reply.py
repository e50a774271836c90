"""Asterisk's replies, in lock-step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError, RemoteProtocolError
from screener.protocol.agi_reply import DONE, HungUp, Refused, ReplyReader, Result

USAGE = (
    b"520-Invalid command syntax.  Proper usage follows:\n"
    b"Usage: EXEC <application> <options>\n"
    b"HANGUP\n"
    b"\n"
    b"520 End of proper usage.\n"
)
REPLIES = [
    (DONE, Result(0)),
    (b"200 result=0\n", Result(0)),
    (b"200 result=-1\n", Result(-1)),
    (b"200 result=52 endpos=1234\n", Result(52)),
    (b"200 result=-1 endpos=0\n", Result(-1)),
    (b"200 result=1 (two words)\n", Result(1, "two words")),
    (b"200 result=1 ()\n", Result(1, "")),
    (b"200 result=1 (a (b) \xff)\n", Result(1, "a (b) \ufffd")),
    (b"510 Invalid or unknown command\n", Refused(510)),
    (b"511 Command Not Permitted on a dead channel or intercept routine\n", Refused(511)),
    (b"520 Invalid command syntax.  Proper usage not available.\n", Refused(520)),
    (USAGE, Refused(520)),
    (b"HANGUP\n", HungUp()),
]
Event = Result | Refused | HungUp


def reply(pieces: list[bytes]) -> Event | str | None:
    """Feed the pieces after a command until something comes; an error as its text."""
    reader = ReplyReader()
    reader.command_sent()
    for piece in pieces:
        try:
            event = reader.receive(piece)
        except RemoteProtocolError as error:
            return str(error)
        if event is not None:
            return event
    return None


def one_by_one(stream: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in stream]


@pytest.mark.parametrize(("stream", "event"), REPLIES)
def test_a_reply_is_read_whole_byte_by_byte_and_not_before_its_end(
    stream: bytes, event: Event
) -> None:
    assert reply([stream]) == event
    assert reply(one_by_one(stream)) == event
    for size in range(len(stream)):
        assert reply([stream[:size]]) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"200",
        b"200 ok",
        b"200 result=",
        b"200 result=x",
        b"200 result=0 ",
        b"200 result=0 trailing",
        b"200 result=0 (open",
        b"200 result=0 endpos=",
        b"200 result=0 endpos=-1",
        b"200 result=0 endpos=01",
        b"200 result=0 endpos=1 ",
        b"200 result=0 (text) endpos=1",
        b"200 result=0  endpos=1",
        b"200 result=0 (a\r)",
        b"200 result=0\r",
        b"200  result=0",
        b" 200 result=0",
        b"200 result=12345678901",
        b"100 result=0 Trying...",
        b"404 Not found",
        b"510",
        b"hangup",
        b"HANGUP ",
        b"agi_callingpres: 0",
    ],
)
def test_any_other_line_breaks_the_protocol(line: bytes) -> None:
    assert reply([line + b"\n"]) == "a line came that is no AGI reply"


def test_a_reply_that_nothing_asked_for_breaks_the_protocol() -> None:
    reader = ReplyReader()
    with pytest.raises(RemoteProtocolError, match="no command asked for"):
        reader.receive(b"200 result=0\n")


def test_a_second_reply_breaks_the_protocol() -> None:
    reader = ReplyReader()
    reader.command_sent()
    assert reader.receive(b"200 result=0\n200 result=0\n") == Result(0)
    with pytest.raises(RemoteProtocolError, match="no command asked for"):
        reader.receive(b"")


def test_a_hangup_may_come_at_any_time_and_takes_no_reply_away() -> None:
    reader = ReplyReader()
    assert reader.receive(b"HANGUP\n") == HungUp()
    reader.command_sent()
    assert reader.receive(b"HANGUP\n200 result=0\n") == HungUp()
    assert reader.receive(b"") == Result(0)


def test_commands_go_one_at_a_time() -> None:
    reader = ReplyReader()
    reader.command_sent()
    with pytest.raises(LocalProtocolError):
        reader.command_sent()
    reader.receive(USAGE)
    reader.command_sent()
    assert reader.receive(b"200 result=0\n") == Result(0)


def test_a_usage_text_has_an_end() -> None:
    endless = "a usage text came that does not end"
    assert reply([b"520-Usage\n" + b"x\n" * 64]) == endless
    assert reply([b"520-Usage\n", *[b"x" * 2_000 + b"\n"] * 5]) == endless


def test_a_line_has_an_end() -> None:
    assert reply([b"2" * 8_193]) == "a line is longer than 8192 bytes"


@given(st.lists(st.sampled_from([stream for stream, _ in REPLIES] + [b"x\n", b"\n"])), st.binary())
def test_any_bytes_give_events_or_our_error_however_they_are_cut(
    streams: list[bytes], noise: bytes
) -> None:
    for stream in (b"".join(streams) + noise, noise + b"".join(streams)):
        assert reply(one_by_one(stream)) == reply([stream])
