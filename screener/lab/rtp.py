"""RTP packets (RFC 3550) and pressed keys as telephone events (RFC 4733), bytes <-> values.

Sans-IO: it opens no socket and reads no clock. Sound is not looked into, that is `ear`'s part;
sending a press in its own time is `listener`'s. Everything is bounded by the size of one packet,
and what is not a whole packet is refused, never guessed at.
"""

import struct
from dataclasses import dataclass

from screener.errors import LocalProtocolError, RemoteProtocolError

MAX_PACKET = 1500
"""Bytes of the longest packet taken: an Ethernet frame's payload; 20 ms of PCMU need 172."""

PCMU = 0
"""Payload type of G.711 mu-law (RFC 3551 section 6)."""

RATE = 8000
"""Timestamp units in a second, of PCMU and of the events beside it."""

KEYS = "0123456789*#ABCD"
"""Keys in the order of their event numbers (RFC 4733 section 3.2)."""

KEY_VOLUME = 10
"""How loud a key is said to be, in -dBm0; what common phones send."""

UPDATE_MS = 20
"""Milliseconds between two packets of one held key, in step with the sound."""

END_COPIES = 3
"""How often the packet that ends a key is sent, so that one lost does not matter (2.5.1.4)."""

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_EVENT = struct.Struct("!BBH")
_VERSION_2 = 0x80
_VERSION, _PADDING, _EXTENDED, _SOURCES = 0xC0, 0x20, 0x10, 0x0F
_MARKER, _TYPE = 0x80, 0x7F
_END, _VOLUME, _DURATION = 0x80, 0x3F, 0xFFFF
_RTCP = range(72, 77)
_WORD = 4


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet without its contributing sources, header extension and padding.

    `sequence` is 16 bits; `timestamp` (units of the payload's clock) and `ssrc` are 32 bits.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """The payload of a telephone event: the key, and for how long (timestamp units) by now."""

    key: str
    duration: int
    ended: bool = False
    volume: int = KEY_VOLUME


def parse_rtp(data: bytes) -> RtpPacket:
    """Read one packet; raises RemoteProtocolError where the bytes are not a whole one."""
    if not _HEADER.size <= len(data) <= MAX_PACKET:
        raise RemoteProtocolError(
            f"an RTP packet has {_HEADER.size} to {MAX_PACKET} bytes, not {len(data)}"
        )
    flags, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if flags & _VERSION != _VERSION_2:
        raise RemoteProtocolError(f"RTP version {flags >> 6}, only 2 is allowed")
    if kind & _TYPE in _RTCP:
        raise RemoteProtocolError("an RTCP packet where RTP was expected")
    start, end = _HEADER.size, len(data)
    if flags & ~_VERSION:
        start, end = _payload_bounds(data, flags)
    return RtpPacket(kind & _TYPE, sequence, timestamp, ssrc, data[start:end], kind >= _MARKER)


def build_rtp(packet: RtpPacket) -> bytes:
    """Write one packet; raises LocalProtocolError where a field does not fit its place."""
    try:
        if packet.payload_type > _TYPE or packet.payload_type in _RTCP:
            raise LocalProtocolError(f"payload type {packet.payload_type} is not of RTP")
        kind = packet.payload_type | (_MARKER if packet.marker else 0)
        header = _HEADER.pack(_VERSION_2, kind, packet.sequence, packet.timestamp, packet.ssrc)
    except struct.error as error:
        raise LocalProtocolError(f"an RTP header field does not fit: {error}") from error
    if len(header) + len(packet.payload) > MAX_PACKET:
        raise LocalProtocolError(f"a payload of {len(packet.payload)} bytes is too long")
    return header + packet.payload


def parse_key(payload: bytes) -> KeyEvent:
    """Read a telephone event; raises RemoteProtocolError where it is none, or not a key."""
    if len(payload) != _EVENT.size:
        raise RemoteProtocolError(f"a key event has {_EVENT.size} bytes, not {len(payload)}")
    event, flags, duration = _EVENT.unpack(payload)
    if event >= len(KEYS):
        raise RemoteProtocolError(f"event {event} is not a key, allowed are 0 to {len(KEYS) - 1}")
    return KeyEvent(KEYS[event], duration, bool(flags & _END), flags & _VOLUME)


def build_key(event: KeyEvent) -> bytes:
    """Write a telephone event; raises LocalProtocolError where the key or a figure is none."""
    number = KEYS.find(event.key)
    if number < 0 or len(event.key) != 1:
        raise LocalProtocolError(f"{event.key!r} is not a key, allowed are {KEYS}")
    if not (0 <= event.volume <= _VOLUME and 0 <= event.duration <= _DURATION):
        raise LocalProtocolError("a key's volume has 6 bits and its duration 16")
    return _EVENT.pack(number, event.volume | (_END if event.ended else 0), event.duration)


class KeyStream:
    """Our side of one call's RTP: pressed keys and nothing else.

    Times are seconds since the stream began. `first_sequence` and `first_timestamp` ought to be
    random (RFC 3550 section 5.1); `payload_type` is what the SDP gave `telephone-event/8000`.
    """

    def __init__(
        self, ssrc: int, first_sequence: int, first_timestamp: int, payload_type: int = 101
    ) -> None:
        self._ssrc = ssrc
        self._sequence = first_sequence
        self._timestamp = first_timestamp
        self._payload_type = payload_type

    def press(self, key: str, at_s: float, hold_ms: int) -> list[tuple[float, bytes]]:
        """Return the packets of one key held for `hold_ms`, each with the time to send it at.

        The first bears the marker, all bear the timestamp of the press, the durations grow, and
        the packet that ends the key goes out END_COPIES times, UPDATE_MS apart. Raises
        LocalProtocolError where `key` is none or is held for longer than the 16 bits of a
        duration tell (8.1 s).
        """
        timestamp = (self._timestamp + round(at_s * RATE)) & 0xFFFFFFFF
        updates = [(ms, ms, False) for ms in range(UPDATE_MS, hold_ms, UPDATE_MS)]
        ends = [(hold_ms + UPDATE_MS * copy, hold_ms, True) for copy in range(END_COPIES)]
        packets = []
        for place, (send_ms, held_ms, ended) in enumerate(updates + ends):
            payload = build_key(KeyEvent(key, held_ms * RATE // 1000, ended))
            packet = RtpPacket(
                self._payload_type, self._sequence, timestamp, self._ssrc, payload, place == 0
            )
            self._sequence = (self._sequence + 1) & 0xFFFF
            packets.append((at_s + send_ms / 1000, build_rtp(packet)))
        return packets


def _payload_bounds(data: bytes, flags: int) -> tuple[int, int]:
    """Find the payload behind sources and extension and before the padding."""
    start, end = _HEADER.size + _WORD * (flags & _SOURCES), len(data)
    if flags & _EXTENDED:
        if start + _EXTENSION.size > end:
            raise RemoteProtocolError("an RTP packet ends inside its header extension")
        start += _EXTENSION.size + _WORD * _EXTENSION.unpack_from(data, start)[1]
    if flags & _PADDING:
        padding = data[-1]
        if padding == 0:
            raise RemoteProtocolError("an RTP packet says that it is padded by nothing")
        end -= padding
    if start > end:
        raise RemoteProtocolError("an RTP packet ends inside its header or its padding")
    return start, end
