"""The control channel: a unix socket on which the commands and the AGI script ask the agent.

One JSON object a line each way: `{"op": NAME, ...}` is answered by the handler of that name with
`{"ok": true, ...}` or `{"ok": false, "error": TEXT}`; `{"op": "follow"}` turns the connection
into a stream of events. The socket's mode (0600) is who may ask. The codec is `protocol.control`,
the asking side `control_client`.
"""

import asyncio
import errno
import inspect
import logging
import os
import socket
import stat
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from screener.adapters.control_client import socket_address
from screener.errors import LocalProtocolError, RemoteProtocolError, ScreenerError
from screener.protocol.control import REQUEST_LIMIT, decode, encode

IDLE_S = 5.0
"""Seconds a connection may take to send its next request."""

MAX_CONNECTIONS = 64
"""Connections at a time, followers included."""

Message = dict[str, object]
Handler = Callable[[Message], Message | Awaitable[Message]]
Follow = Callable[[], AbstractContextManager["asyncio.Queue[dict[str, object]]"]]

_LOG = logging.getLogger("screener.control")


class ControlServer:
    """Answers requests with `handlers`; `follow` subscribes to the agent's events."""

    def __init__(
        self,
        path: str | Path,
        handlers: Mapping[str, Handler],
        follow: Follow,
        *,
        idle_s: float = IDLE_S,
    ) -> None:
        self._path = Path(path)
        self._handlers = handlers
        self._follow = follow
        self._idle_s = idle_s
        self._server: asyncio.Server | None = None
        self._inode = 0
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen.

        Raises:
            ScreenerError: The path is too long, taken by a live agent or by another file, or
                its folder is missing or not writable.
        """
        listener = _bind(self._path)
        self._inode = self._path.stat().st_ino
        self._server = await asyncio.start_unix_server(
            self._accept, sock=listener, limit=REQUEST_LIMIT
        )

    async def close(self) -> None:
        """Stop listening, end every connection, and remove the socket file if it is ours."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.write(encode({"ok": False, "error": "too many connections at a time"}))
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except OSError:
            pass  # the client is gone, or said nothing in time: nobody is left to tell
        except RemoteProtocolError as error:
            writer.write(encode({"ok": False, "error": str(error)}))
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(self._idle_s):
                try:
                    line = await reader.readline()
                except ValueError:
                    raise RemoteProtocolError(
                        f"a message may hold at most {REQUEST_LIMIT} bytes"
                    ) from None
            if not line.endswith(b"\n"):
                return
            request = decode(line)
            if request.get("op") == "follow":
                await self._stream(reader, writer)
                return
            writer.write(await self._answer(request))
            await writer.drain()

    async def _answer(self, request: Message) -> bytes:
        name = request.get("op")
        handler = self._handlers.get(name) if isinstance(name, str) else None
        if handler is None:
            known = ", ".join(sorted((*self._handlers, "follow")))
            return encode({"ok": False, "error": f"unknown request; known are: {known}"})
        try:
            told = handler(request)
            answer = await told if inspect.isawaitable(told) else told
            return encode({**answer, "ok": True})
        except LocalProtocolError as error:
            _LOG.error("the answer to %s cannot be sent: %s", name, error)
            return encode({"ok": False, "error": "internal error"})
        except ScreenerError as error:
            return encode({"ok": False, "error": str(error)})
        except Exception as error:  # noqa: BLE001 - a bug in one handler must not end the channel
            # The stack without the message: a message may quote caller data.
            stack = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("handler of %s raised %s\n%s", name, type(error).__name__, stack)
            return encode({"ok": False, "error": "internal error"})

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._follow() as queue:
            writer.write(encode({"ok": True}))
            async with asyncio.TaskGroup() as group:
                pump = group.create_task(_pump(queue, writer))
                with suppress(OSError):
                    await reader.read(1)  # a follower has nothing to say: a byte is its end too
                pump.cancel()


async def _pump(queue: "asyncio.Queue[dict[str, object]]", writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while True:
            event = await queue.get()
            try:
                line = encode(event)
            except LocalProtocolError as error:
                _LOG.error("an event cannot be sent: %s", error)
                continue
            writer.write(line)
            await writer.drain()


def _bind(path: Path) -> socket.socket:
    address = socket_address(path)
    _remove_stale(path, address)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # from its first moment on the socket is its owner's alone
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise ScreenerError(_cannot_bind(path, error)) from None
    finally:
        os.umask(before)
    return listener


def _remove_stale(path: Path, address: str) -> None:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # not there, or `bind` will say why it cannot be reached
    if not stat.S_ISSOCK(mode):
        raise ScreenerError(f"{path} is there and is no socket: choose another control socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError:
            pass  # busy or not ours: somebody's all the same
    raise ScreenerError(
        f"another agent answers at {path}: stop it, or choose another control socket"
    )


def _cannot_bind(path: Path, error: OSError) -> str:
    where = f"cannot make the control socket {path}"
    if error.errno == errno.ENOENT:
        return f"{where}: the folder {path.parent} is missing; make it or choose another path"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where}: the folder is not writable; choose one that is"
    return f"{where}: {error.strerror}"
