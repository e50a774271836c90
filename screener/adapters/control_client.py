"""The blocking side of the control channel: for the commands and the classic AGI script.

Light to import, as the script starts once per call. The answering side is `control`.
"""

import os
import socket
import struct
import time
from collections.abc import Generator, Mapping
from pathlib import Path

from screener.errors import MissingPartError, RemoteProtocolError, ScreenerError
from screener.protocol.control import REPLY_LIMIT, REQUEST_LIMIT, decode, encode

PATH_LIMIT = 107
"""Bytes of a unix socket's path (unix(7): 108 with the closing zero)."""

_CREDENTIALS = struct.Struct("3i")
"""A peer's process, user and group (unix(7), SO_PEERCRED)."""


class SilentAgentError(MissingPartError):
    """An agent runs there and did not answer: it may still do what it was asked, or remember."""


def socket_address(path: str | Path) -> str:
    """Return the path as an address; raises ScreenerError where the system cannot hold it."""
    address = str(path)
    if len(os.fsencode(address)) > PATH_LIMIT:
        raise ScreenerError(
            f"the control socket's path is longer than {PATH_LIMIT} bytes: {address}: "
            f"choose a shorter one"
        )
    return address


def ask(path: str | Path, request: Mapping[str, object], timeout: float = 5.0) -> dict[str, object]:
    """Send one request to the agent and return its reply, within `timeout` seconds in all.

    Raises:
        MissingPartError: No agent runs at the path.
        SilentAgentError: One runs, and did not answer, or not in time.
        ScreenerError: The agent refused; the text is its own.
    """
    deadline = time.monotonic() + timeout
    with _connected(path, timeout) as connection:
        stream = _Lines(path, connection)
        stream.send(encode(request, REQUEST_LIMIT))
        return _checked(path, stream.read(deadline))


def follow(path: str | Path, timeout: float = 5.0) -> Generator[dict[str, object], None, None]:
    """Ask for the agent's events; return them as they come, until the agent stops.

    `timeout` seconds bound the beginning; an event may take any time. Errors are as of `ask`.
    """
    connection = _connected(path, timeout)
    try:
        stream = _Lines(path, connection)
        stream.send(encode({"op": "follow"}, REQUEST_LIMIT))
        _checked(path, stream.read(time.monotonic() + timeout))
    except BaseException:
        connection.close()
        raise
    return _events(connection, stream)


def _events(
    connection: socket.socket, stream: "_Lines"
) -> Generator[dict[str, object], None, None]:
    with connection:
        while (line := stream.read(None)) is not None:
            yield decode(line, REPLY_LIMIT)


def _connected(path: str | Path, timeout: float) -> socket.socket:
    address = socket_address(path)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(address)
    except PermissionError:
        connection.close()
        raise ScreenerError(
            f"not permitted to talk to the agent at {path}: run this as the user it runs as"
        ) from None
    except (TimeoutError, BlockingIOError):  # a full backlog: it runs and takes nobody
        connection.close()
        raise _not_in_time(path) from None
    except OSError:
        connection.close()
        raise MissingPartError(
            f"the agent is not running: nothing answers at {path}; start it with `screener serve`"
        ) from None
    if not is_our_own(connection):
        connection.close()
        raise ScreenerError(
            f"who answers at {path} is another user and not the agent of this one: "
            "name the control socket in the configuration"
        )
    return connection


def is_our_own(connection: socket.socket) -> bool:
    """Say whether the one who answers may be told numbers: our own user or root; root asks all.

    A name among the temporary files can be taken by anybody before the agent takes it.
    """
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(told)
    return os.getuid() in (0, user) or user == 0


def _checked(path: str | Path, line: bytes | None) -> dict[str, object]:
    if line is None:
        raise SilentAgentError(f"the agent at {path} closed without an answer; see its log")
    reply = decode(line, REPLY_LIMIT)
    if reply.get("ok") is not True:
        raise ScreenerError(str(reply.get("error", "the agent refused without saying why")))
    return reply


def _not_in_time(path: str | Path) -> SilentAgentError:
    return SilentAgentError(f"the agent at {path} did not answer in time")


class _Lines:
    """Whole lines of one connection, under a deadline."""

    def __init__(self, path: str | Path, connection: socket.socket) -> None:
        self._path = path
        self._connection = connection
        self._unread = bytearray()

    def send(self, line: bytes) -> None:
        try:
            self._connection.sendall(line)
        except OSError:
            raise SilentAgentError(f"the agent at {self._path} does not take requests") from None

    def read(self, deadline: float | None) -> bytes | None:
        """Return the next line, or None at the end; `deadline` is on the monotonic clock."""
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            if searched > REPLY_LIMIT:
                raise RemoteProtocolError(f"the agent at {self._path} sent too long a line")
            data = self._receive(deadline)
            if not data:
                return None
            self._unread += data
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        return line

    def _receive(self, deadline: float | None) -> bytes:
        try:
            left = None if deadline is None else max(deadline - time.monotonic(), 0.001)
            self._connection.settimeout(left)
            return self._connection.recv(65_536)
        except TimeoutError:
            raise _not_in_time(self._path) from None
        except OSError:
            return b""
