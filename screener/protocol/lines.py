"""A bounded line buffer: bytes in, lines out, the end of the stream as an event.

What a line means is left to the codec that holds the buffer; when to stop waiting, to the adapter.
"""

from screener.errors import RemoteProtocolError


class LineBuffer:
    r"""Splits a stream at `\n`; `line_limit` and `unread_limit` are bytes.

    Input beyond `unread_limit` is not kept: the lines before it are still given out, then
    `next_line` raises. Where the limits bite does not depend on how the stream was cut up.
    """

    __slots__ = ("_data", "_ended", "_line_limit", "_overflowed", "_position", "_unread_limit")

    def __init__(self, line_limit: int, unread_limit: int) -> None:
        self._data = b""
        self._position = 0
        self._line_limit = line_limit
        self._unread_limit = unread_limit
        self._overflowed = False
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._overflowed:
            return
        if self._position < len(self._data):
            data = self._data[self._position :] + data
        if len(data) > self._unread_limit:
            self._overflowed = True
            data = data[: self._unread_limit]
        self._data = data
        self._position = 0

    def feed_eof(self) -> None:
        """Take the end of the stream."""
        self._ended = True

    def next_line(self) -> bytes | None:
        """Return the next whole line without its end, or None until more is fed.

        Raises:
            RemoteProtocolError: The line is, or will be, longer than the limit, or more
                bytes came than are kept unread.
        """
        start = self._position
        end = self._data.find(b"\n", start)
        length = (end if end >= 0 else len(self._data)) - start
        if length > self._line_limit:
            raise RemoteProtocolError(f"a line is longer than {self._line_limit} bytes")
        if end < 0:
            if self._overflowed:
                raise RemoteProtocolError(f"more than {self._unread_limit} bytes came unread")
            return None
        self._position = end + 1
        return self._data[start:end]

    def take_rest(self) -> bytes:
        """Return all that is unread and forget it: for handing a stream to another codec."""
        rest = self.partial
        self._data = b""
        self._position = 0
        return rest

    @property
    def ended(self) -> bool:
        """Whether the stream has ended; whole lines fed before the end can still be read."""
        return self._ended

    @property
    def partial(self) -> bytes:
        """What is unread: once `next_line` gave None, a line without its end."""
        return self._data[self._position :]
