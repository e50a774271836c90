"""A peer: pyst2's AGI class in a server with a thread for each connection; sends the floor's MSet.

pyst2's own FastAGI module does not import on Python 3, and its class sets a signal handler, which
only the main thread may: so it is made here without its constructor, as its users do. What it
prints of every line goes nowhere. Word: the port on loopback.
"""

import socketserver
import sys

from asterisk.agi import AGI

from tests.bench.floor_agent import COMMAND

_VARIABLES = COMMAND.decode().split('"')[1]


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, text: str) -> None:
        """Drop it."""


class ThreadAgi(AGI):  # type: ignore[misc]  # pyst2 has no types
    """One session over two text files, in any thread."""

    def __init__(self, stdin: object, stdout: object) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, _Nowhere()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


class _Text:
    """What pyst2 writes is text; the socket's file takes bytes."""

    def __init__(self, file: object) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text.encode())  # type: ignore[attr-defined]  # a socket's file

    def flush(self) -> None:
        self._file.flush()  # type: ignore[attr-defined]  # a socket's file


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        agi = ThreadAgi(self.rfile, _Text(self.wfile))
        agi.appexec("MSet", _VARIABLES)


class _Server(socketserver.ThreadingTCPServer):
    request_queue_size = 1_024
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller that hung up, for which pyst2 has an exception."""


if __name__ == "__main__":
    with _Server(("127.0.0.1", int(sys.argv[1])), _Handler) as server:
        print("listening", flush=True)
        server.serve_forever()
