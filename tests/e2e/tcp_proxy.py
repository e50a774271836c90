"""A TCP link that a test can cut, freeze and listen to, between the agent and Asterisk."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from screener.lab.ports import LOOPBACK


class TcpProxy:
    """Listens on a free port of loopback and passes everything on to another."""

    def __init__(self, target: int) -> None:
        self.heard = bytearray()
        """What the target sent, whoever asked."""
        self._target = target
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._sockets: set[socket.socket] = set()
        self._thawed = threading.Event()
        self._thawed.set()

    def __enter__(self) -> Self:
        self._serve()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cut()
        self._thawed.set()

    @property
    def is_used(self) -> bool:
        """Whether somebody has connected since it began or was mended."""
        return bool(self._sockets)

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def mend(self) -> None:
        """Take connections again, at the same port."""
        self._listener = self._listen(self.port)
        self._serve()

    def freeze(self) -> None:
        """Pass nothing on any more; nobody is told."""
        self._thawed.clear()

    def thaw(self) -> None:
        """Pass on what waits, and all that follows."""
        self._thawed.set()

    @staticmethod
    def _listen(port: int) -> socket.socket:
        listener = socket.create_server((LOOPBACK, port), reuse_port=False)
        listener.listen(16)
        return listener

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((LOOPBACK, self._target))
                self._sockets |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    ears = self.heard if source is far else None
                    words = (source, sink, ears)
                    threading.Thread(target=self._pass_on, args=words, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, ears: bytearray | None) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._thawed.wait()
                if ears is not None:
                    ears += data
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
