"""AMI's codec, with what a real Asterisk 22 sent, hostile callers included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError, RemoteProtocolError
from screener.protocol.ami import (
    LINE_LIMIT,
    MESSAGE_LIMIT,
    SENT_LIMIT,
    AmiMessage,
    AmiReader,
    encode_action,
    login_key,
)

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
ANSWER = b"Response: Success\r\nActionID: a2\r\nMessage: Authentication accepted\r\n\r\n"
SUMMARY = (
    b"Response: Success\r\nActionID: a3\r\nEventList: start\r\n"
    b"Message: Queue summary will follow\r\n\r\n"
    b"Event: QueueSummary\r\nQueue: operators\r\nLoggedIn: 3\r\nAvailable: 3\r\nCallers: 1\r\n"
    b"HoldTime: 0\r\nTalkTime: 0\r\nLongestHoldTime: 3\r\nActionID: a3\r\n\r\n"
    b"Event: QueueSummaryComplete\r\nActionID: a3\r\nEventList: Complete\r\nListItems: 1\r\n\r\n"
)


def joined(number: bytes, name: bytes = b"Ann") -> bytes:
    """Return the event of a caller who joins a queue, as Asterisk writes it."""
    return (
        b"Event: QueueCallerJoin\r\nPrivilege: agent,all\r\nChannel: PJSIP/trunk-00000000\r\n"
        b"CallerIDNum: " + number + b"\r\nCallerIDName: " + name + b"\r\nQueue: operators\r\n"
        b"Position: 1\r\nCount: 1\r\n\r\n"
    )


def read(*pieces: bytes, end: bool = False) -> list[AmiMessage]:
    reader = AmiReader()
    found: list[AmiMessage] = []
    for piece in pieces:
        reader.feed(piece)
        while (message := reader.next_message()) is not None:
            found.append(message)
    if end:
        reader.feed_eof()
        assert reader.next_message() is None
    return found


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def test_what_asterisk_says_is_read_whole_and_byte_by_byte() -> None:
    data = BANNER + ANSWER + SUMMARY
    messages = read(data, end=True)
    assert read(*bytewise(data), end=True) == messages
    assert messages[0].headers == (
        ("Response", "Success"),
        ("ActionID", "a2"),
        ("Message", "Authentication accepted"),
    )
    assert [one.get("event") for one in messages] == [
        "",
        "",
        "QueueSummary",
        "QueueSummaryComplete",
    ]
    assert messages[2].get("Callers") == "1"
    assert messages[2].get("CALLERS") == "1"
    assert messages[2].get("Nothing") == ""


def test_the_banner_is_kept() -> None:
    reader = AmiReader()
    reader.feed(BANNER)
    assert reader.banner == ""
    assert reader.next_message() is None
    assert reader.banner == "Asterisk Call Manager/11.0.0"


@pytest.mark.parametrize(
    "greeting",
    [b"220 mail\r\n", b"\r\n", b"Asterisk Call Manager/\r\n", b"HTTP/1.1 400 Bad\r\n\r\n"],
)
def test_who_greets_otherwise_is_refused(greeting: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="greet"):
        read(greeting)


@pytest.mark.parametrize("cut", range(1, len(ANSWER)))
def test_an_end_in_the_middle_is_told(cut: int) -> None:
    with pytest.raises(RemoteProtocolError, match="middle"):
        read(BANNER + ANSWER[:cut], end=True)


def test_an_end_between_messages_is_none() -> None:
    assert len(read(BANNER + ANSWER, end=True)) == 1
    assert read(BANNER, end=True) == []


def test_empty_lines_between_messages_are_left() -> None:
    assert read(BANNER + b"\r\n\r\n" + ANSWER + b"\r\n", end=True) == read(BANNER + ANSWER)


def test_the_first_header_of_a_name_wins_so_no_later_one_is_believed() -> None:
    (event,) = read(BANNER + joined(b"+1651\r\nQueue: other\r\nEvent: Gone\r\nCallers: 0"))
    assert event.get("Event") == "QueueCallerJoin"
    assert event.get("Queue") == "other"  # which is why nothing of a caller's event is read


def test_a_forged_message_is_a_message_without_an_action_id_we_drew() -> None:
    attack = b"+1651\r\n\r\nEvent: QueueSummary\r\nQueue: operators\r\nCallers: 0\r\n\r\n"
    messages = read(BANNER + joined(attack) + SUMMARY, end=True)
    ours = [one for one in messages if one.get("ActionID") == "a3"]
    assert [one.get("Callers") for one in messages if one.get("Event") == "QueueSummary"] == [
        "0",
        "1",
    ]
    assert [one.get("Callers") for one in ours] == ["", "1", ""]


@pytest.mark.parametrize("mark", [b"\n", b"\r", b"\n\n", b"\n\r", b"\0", b"\x1b", b"\xff", b"\x85"])
def test_what_is_no_line_end_of_ami_stays_in_the_value(mark: bytes) -> None:
    number = b"+1651" + mark + b"Callers: 0"
    (event,) = read(BANNER + joined(number), end=True)
    assert event.get("CallerIDNum") == number.decode("utf-8", "replace")
    assert event.get("Callers") == ""


def test_a_name_that_says_more_will_follow_holds_nothing_up() -> None:
    data = BANNER + joined(b"+1651", b"status will follow") + ANSWER
    assert [one.get("Response") for one in read(data, end=True)] == ["", "Success"]


def test_a_line_without_a_colon_is_left() -> None:
    (event,) = read(BANNER + joined(b"+1651\r\nnothing"), end=True)
    assert len(event.headers) == 8


def test_the_lines_of_a_command_are_joined() -> None:
    data = BANNER + b"Response: Success\r\nOutput: one\r\nOutput:  two\r\nOutput:\r\n\r\n"
    (message,) = read(data)
    assert message.output == "one\n two\n"


def test_too_long_a_line_is_refused() -> None:
    assert read(BANNER + b"A: " + b"x" * (LINE_LIMIT - 5) + b"\r\n\r\n")
    with pytest.raises(RemoteProtocolError, match="longer"):
        read(BANNER + b"A: " + b"x" * LINE_LIMIT)


@pytest.mark.parametrize("line", [b"A: " + b"x" * 1_000 + b"\r\n", b"x" * 1_000 + b"\n"])
def test_too_large_a_message_is_refused_while_it_comes(line: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="larger"):
        read(BANNER, *[line] * (MESSAGE_LIMIT // 1_000 + 1))


@given(data=st.binary(max_size=400), cut=st.integers(0, 400))
def test_however_it_is_cut_the_same_is_read(data: bytes, cut: int) -> None:
    data = BANNER + data.replace(b"n", b"\n").replace(b"r", b"\r\n").replace(b"c", b": ")
    assert read(data[:cut], data[cut:]) == read(data) == read(*bytewise(data))


@given(st.lists(st.text("ab:\r\n \x00é", max_size=12), max_size=4))
def test_no_value_of_a_caller_reaches_the_message_that_follows(values: list[str]) -> None:
    events = b"".join(joined(value.encode()) for value in values)
    assert read(BANNER + events + SUMMARY, end=True)[-3:] == read(BANNER + SUMMARY)


def test_an_action_is_written_with_its_id() -> None:
    written = encode_action("QueueSummary", "a1", {"Queue": "operators"})
    assert written == b"Action: QueueSummary\r\nActionID: a1\r\nQueue: operators\r\n\r\n"


@pytest.mark.parametrize("value", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b"])
def test_no_value_can_begin_a_line_of_its_own(value: str) -> None:
    with pytest.raises(LocalProtocolError, match="line break"):
        encode_action("QueueSummary", "a1", {"Queue": value})
    with pytest.raises(LocalProtocolError, match="line break"):
        encode_action("QueueSummary", value)


@pytest.mark.parametrize("name", ["", "A B", "A:", "A\r\n", "é", "1"])
def test_a_header_has_a_plain_name(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="name"):
        encode_action("Ping", "a1", {name: "x"})


def test_a_line_that_asterisk_would_cut_is_not_sent() -> None:
    room = SENT_LIMIT - len("Queue: \r\n")
    assert encode_action("Ping", "a1", {"Queue": "x" * room})
    with pytest.raises(LocalProtocolError, match="longer"):
        encode_action("Ping", "a1", {"Queue": "x" * (room + 1)})


def test_the_key_of_a_login_is_the_digest_of_challenge_and_secret() -> None:
    assert login_key("987345659", "hunter2") == "242744625832de109452683255562393"
