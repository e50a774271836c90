"""The bounded line buffer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.lines import LineBuffer


def read_all(pieces: list[bytes], line_limit: int = 10, unread_limit: int = 40) -> list[bytes]:
    """Feed the pieces, reading after each; an error is the last item."""
    buffer = LineBuffer(line_limit, unread_limit)
    lines: list[bytes] = []
    try:
        for piece in pieces:
            buffer.feed(piece)
            while (line := buffer.next_line()) is not None:
                lines.append(line)
    except RemoteProtocolError:
        lines.append(b"<error>")
    return lines


def test_lines_come_out_without_their_ends() -> None:
    assert read_all([b"one\n\ntwo\nthr", b"ee\n"]) == [b"one", b"", b"two", b"three"]


def test_a_line_of_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert read_all([b"a" * 10 + b"\n"]) == [b"a" * 10]
    assert read_all([b"a" * 11 + b"\n"]) == [b"<error>"]


def test_a_line_without_end_is_refused_once_it_is_over_the_limit() -> None:
    assert read_all([b"a" * 10]) == []
    assert read_all([b"a" * 10, b"a"]) == [b"<error>"]


def test_lines_before_an_overflow_are_still_given_out() -> None:
    buffer = LineBuffer(10, 12)
    buffer.feed(b"one\ntwo\n" + b"x\n" * 20)
    assert [buffer.next_line() for _ in range(4)] == [b"one", b"two", b"x", b"x"]
    with pytest.raises(RemoteProtocolError, match="more than 12 bytes came unread"):
        buffer.next_line()


def test_nothing_is_taken_after_an_overflow() -> None:
    buffer = LineBuffer(10, 4)
    buffer.feed(b"ab\ncdef")
    assert buffer.next_line() == b"ab"
    buffer.feed(b"\n")
    with pytest.raises(RemoteProtocolError):
        buffer.next_line()


def test_the_end_is_an_event_and_leaves_the_half_line_to_see() -> None:
    buffer = LineBuffer(10, 40)
    buffer.feed(b"one\ntw")
    assert not buffer.ended
    buffer.feed_eof()
    assert buffer.next_line() == b"one"
    assert buffer.next_line() is None
    assert buffer.ended
    assert buffer.partial == b"tw"


def test_the_rest_can_be_taken_over_by_another_codec() -> None:
    buffer = LineBuffer(10, 40)
    buffer.feed(b"one\ntwo\nthr")
    buffer.next_line()
    assert buffer.take_rest() == b"two\nthr"
    assert buffer.partial == b""
    buffer.feed(b"x\n")
    assert buffer.next_line() == b"x"


@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"\r", b"\n")), st.data())
def test_how_the_stream_was_cut_up_changes_nothing(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    ends = [*cuts, len(stream)]
    pieces = [stream[a:b] for a, b in zip([0, *cuts], ends, strict=True)]
    whole = read_all([stream], unread_limit=60)
    assert read_all(pieces, unread_limit=60) == whole
    assert read_all([bytes([byte]) for byte in stream], unread_limit=60) == whole
