"""One UDP port on an event loop, read a handful of packets at a time.

asyncio's own datagram endpoint reads one packet a turn of the loop: 200 streams of sound are
10,000 packets a second, and half of a core went into turns. What the packets are is left to the
users, `listener` and `presser`.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from screener.errors import MissingPartError

Address = tuple[str, int]
Take = Callable[[int, bytes, Address, float], None]
"""Takes one datagram: the port it came to, its bytes, its source, the loop's time in seconds."""

_RECEIVE_BUFFER = 1 << 20
_LONGEST = 2048
_AT_ONCE = 100


class Wire:
    """An open UDP port that hands on what comes; port 0 means any free one, `port` tells which."""

    def __init__(self, host: str, port: int, take: Take) -> None:
        """Open it on the running loop; raises MissingPartError where it cannot be had."""
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.settimeout(0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise MissingPartError(f"cannot listen on {host}:{port}: {error}") from error
        self.port = int(self._socket.getsockname()[1])
        self._loop.add_reader(self._socket, self._read)

    def send(self, data: bytes, to: Address) -> None:
        """Send one datagram; where nobody is or no room is, it is lost, as on any network."""
        with suppress(OSError):
            self._socket.sendto(data, to)

    def close(self) -> None:
        """Close it; safe to call twice."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        now = self._loop.time()
        for _ in range(_AT_ONCE):
            try:
                data, source = self._socket.recvfrom(_LONGEST)
            except OSError:  # nothing more for now, or the word that a late key found nobody
                return
            self._take(self.port, data, source, now)
            if self._socket.fileno() < 0:
                return


__all__ = ["Address", "Take", "Wire"]
