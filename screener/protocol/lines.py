"""A bounded line buffer: bytes in, lines out, the end of the stream as an event.

What a line means is left to the codec that holds the buffer; when to stop waiting, to the adapter.
"""

from screener.errors import RemoteProtocolError


class LineBuffer:
    r"""Splits a stream at `\n`; `line_limit` and `unread_limit` are bytes.

    Input beyond `unread_limit` is not kept: the lines before it are still given out, then
    `next_line` raises. Where the limits bite does not depend on how the stream was cut up.
    """

    __slots__ = ("_buffer", "_ended", "_line_limit", "_overflowed", "_searched", "_unread_limit")

    def __init__(self, line_limit: int, unread_limit: int) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._line_limit = line_limit
        self._unread_limit = unread_limit
        self._overflowed = False
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._overflowed:
            return
        room = self._unread_limit - len(self._buffer)
        self._overflowed = len(data) > room
        self._buffer += data[:room] if self._overflowed else data

    def feed_eof(self) -> None:
        """Take the end of the stream."""
        self._ended = True

    def next_line(self) -> bytes | None:
        """Return the next whole line without its end, or None until more is fed.

        Raises:
            RemoteProtocolError: The line is, or will be, longer than the limit, or more
                bytes came than are kept unread.
        """
        end = self._buffer.find(b"\n", self._searched)
        length = end if end >= 0 else len(self._buffer)
        if length > self._line_limit:
            raise RemoteProtocolError(f"a line is longer than {self._line_limit} bytes")
        if end < 0:
            if self._overflowed:
                raise RemoteProtocolError(f"more than {self._unread_limit} bytes came unread")
            self._searched = length
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def take_rest(self) -> bytes:
        """Return all that is unread and forget it: for handing a stream to another codec."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return rest

    @property
    def ended(self) -> bool:
        """Whether the stream has ended; whole lines fed before the end can still be read."""
        return self._ended

    @property
    def partial(self) -> bytes:
        """What is unread: once `next_line` gave None, a line without its end."""
        return bytes(self._buffer)
