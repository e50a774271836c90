"""RTP packets and key events, whole, cut at every byte, and as garbage."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import LocalProtocolError, RemoteProtocolError
from screener.lab.rtp import (
    END_COPIES,
    KEYS,
    MAX_PACKET,
    KeyEvent,
    KeyStream,
    RtpPacket,
    build_key,
    build_rtp,
    parse_key,
    parse_rtp,
)

PACKETS = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127).filter(lambda kind: kind not in range(72, 77)),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
)
EVENTS = st.builds(
    KeyEvent,
    key=st.sampled_from(KEYS),
    duration=st.integers(0, 0xFFFF),
    ended=st.booleans(),
    volume=st.integers(0, 63),
)
PLAIN = RtpPacket(0, 0xFFFE, 160, 0xDEADBEEF, b"sound")
WIRE = b"\x80\x00\xff\xfe\x00\x00\x00\xa0\xde\xad\xbe\xefsound"


def with_everything(payload: bytes, padding: int) -> bytes:
    """Two sources, an extension of one word, and padding."""
    head = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 2, 0, 7, 8, 9)
    extension = struct.pack("!HHI", 0xBEDE, 1, 0)
    return head + bytes(8) + extension + payload + bytes(padding - 1) + bytes([padding])


def test_a_packet_is_written_as_the_rfc_has_it() -> None:
    assert build_rtp(PLAIN) == WIRE
    assert parse_rtp(WIRE) == PLAIN


@given(PACKETS)
def test_what_is_written_is_read_again(packet: RtpPacket) -> None:
    assert parse_rtp(build_rtp(packet)) == packet


@given(st.binary(max_size=100), st.integers(1, 20))
def test_sources_extension_and_padding_are_left_out(payload: bytes, padding: int) -> None:
    assert parse_rtp(with_everything(payload, padding)) == RtpPacket(0, 7, 8, 9, payload)


@given(st.binary(max_size=300))
def test_garbage_is_refused_or_read_within_its_bounds(data: bytes) -> None:
    try:
        packet = parse_rtp(data)
    except RemoteProtocolError:
        return
    assert data[0] >> 6 == 2
    assert packet.payload in data[12:]


@pytest.mark.parametrize("length", range(12))
def test_a_packet_cut_inside_its_header_is_refused(length: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"not {length}"):
        parse_rtp(WIRE[:length])


@pytest.mark.parametrize("length", range(12, len(WIRE) + 1))
def test_a_packet_cut_later_holds_the_sound_that_came(length: int) -> None:
    assert parse_rtp(WIRE[:length]).payload == b"sound"[: length - 12]


@pytest.mark.parametrize("length", range(12, 28))
def test_a_packet_cut_inside_its_extension_is_refused(length: int) -> None:
    data = with_everything(b"", 1)
    unpadded = bytes([data[0] & ~0x20]) + data[1:28]
    assert parse_rtp(unpadded).payload == b""
    with pytest.raises(RemoteProtocolError, match="ends inside"):
        parse_rtp(unpadded[:length])


@pytest.mark.parametrize("padding", [0, 6, 255])
def test_padding_of_nothing_or_beyond_the_payload_is_refused(padding: int) -> None:
    with pytest.raises(RemoteProtocolError, match="padd"):
        parse_rtp(b"\xa0" + WIRE[1:-1] + bytes([padding]))


def test_data_behind_the_sound_belongs_to_it() -> None:
    assert parse_rtp(WIRE + b"\0more").payload == b"sound\0more"


def test_a_packet_longer_than_any_frame_is_refused() -> None:
    assert len(parse_rtp(WIRE.ljust(MAX_PACKET)).payload) == MAX_PACKET - 12
    with pytest.raises(RemoteProtocolError, match="1501"):
        parse_rtp(WIRE.ljust(MAX_PACKET + 1))


@pytest.mark.parametrize("version", [0, 1, 3])
def test_another_version_is_refused(version: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"version {version}"):
        parse_rtp(bytes([version << 6]) + WIRE[1:])


@pytest.mark.parametrize("kind", [200, 201, 204])
def test_rtcp_is_refused(kind: int) -> None:
    with pytest.raises(RemoteProtocolError, match="RTCP"):
        parse_rtp(bytes([0x80, kind]) + WIRE[2:])


@pytest.mark.parametrize(
    "packet",
    [
        RtpPacket(128, 0, 0, 0, b""),
        RtpPacket(72, 0, 0, 0, b""),
        RtpPacket(-1, 0, 0, 0, b""),
        RtpPacket(0, 0x10000, 0, 0, b""),
        RtpPacket(0, 0, -1, 0, b""),
        RtpPacket(0, 0, 0, 1 << 32, b""),
        RtpPacket(0, 0, 0, 0, bytes(MAX_PACKET)),
    ],
)
def test_a_packet_that_does_not_fit_is_never_written(packet: RtpPacket) -> None:
    with pytest.raises(LocalProtocolError):
        build_rtp(packet)


@given(EVENTS)
def test_a_key_that_is_written_is_read_again(event: KeyEvent) -> None:
    assert parse_key(build_key(event)) == event


def test_a_key_is_written_as_the_rfc_has_it() -> None:
    assert build_key(KeyEvent("#", 800, ended=True)) == b"\x0b\x8a\x03\x20"


@given(st.binary(max_size=10))
def test_a_payload_is_a_key_only_if_it_has_four_bytes_and_a_key_number(payload: bytes) -> None:
    if len(payload) == 4 and payload[0] < 16:
        assert parse_key(payload).key == KEYS[payload[0]]
    else:
        with pytest.raises(RemoteProtocolError):
            parse_key(payload)


@pytest.mark.parametrize(
    "event",
    [
        KeyEvent("", 1),
        KeyEvent("12", 1),
        KeyEvent("x", 1),
        KeyEvent("1", -1),
        KeyEvent("1", 0x10000),
        KeyEvent("1", 1, volume=64),
    ],
)
def test_a_key_that_is_none_is_never_written(event: KeyEvent) -> None:
    with pytest.raises(LocalProtocolError):
        build_key(event)


@given(
    st.sampled_from(KEYS),
    st.integers(1, 2000),
    st.floats(0, 100_000),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
)
def test_a_press_is_one_growing_event_with_its_end_repeated(
    key: str, hold_ms: int, at_s: float, sequence: int, timestamp: int
) -> None:
    timed = KeyStream(5, sequence, timestamp).press(key, at_s, hold_ms)
    times = [when for when, _ in timed]
    packets = [parse_rtp(data) for _, data in timed]
    events = [parse_key(packet.payload) for packet in packets]
    durations = [event.duration for event in events]
    held = len(packets) - END_COPIES
    assert {(packet.payload_type, packet.ssrc) for packet in packets} == {(101, 5)}
    assert [packet.marker for packet in packets] == [True] + [False] * (len(packets) - 1)
    assert [p.sequence for p in packets] == [(sequence + n) % 65536 for n in range(len(packets))]
    assert {packet.timestamp for packet in packets} == {(timestamp + round(at_s * 8000)) % 2**32}
    assert {event.key for event in events} == {key}
    assert [event.ended for event in events] == [False] * held + [True] * END_COPIES
    assert durations[:held] == [160 * n for n in range(1, held + 1)]
    assert set(durations[held:]) == {hold_ms * 8}
    assert all(duration < hold_ms * 8 for duration in durations[:held])
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[held] == pytest.approx(at_s + hold_ms / 1000)


def test_the_next_key_goes_on_counting_and_has_a_later_timestamp() -> None:
    keys = KeyStream(5, 0xFFFF, 0xFFFFFFFF)
    first, second = keys.press("4", 1.0, 100), keys.press("7", 1.5, 100)
    assert parse_rtp(second[0][1]).sequence == (parse_rtp(first[-1][1]).sequence + 1) % 65536
    assert parse_rtp(second[0][1]).timestamp - parse_rtp(first[0][1]).timestamp == 4000


def test_a_key_held_longer_than_a_duration_can_tell_is_refused() -> None:
    keys = KeyStream(5, 0, 0)
    assert keys.press("1", 0.0, 8191)
    with pytest.raises(LocalProtocolError, match="16"):
        keys.press("1", 0.0, 8192)
