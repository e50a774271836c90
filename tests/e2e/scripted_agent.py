"""A stand-in peer for the dialplan: an agent that answers, or misbehaves, as its script says.

It is no test double of the agent: the dialplan must survive a peer that is hung, killed or mad,
and those are made here on purpose. What it was told is kept, byte for byte.
"""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import unquote_to_bytes

Act = Callable[[socket.socket], None]

LONGEST_S = 20.0


@dataclass(frozen=True, slots=True)
class Session:
    """What Asterisk sent in one session before the first command."""

    raw: bytes

    @property
    def request(self) -> str:
        return self.line(b"agi_request")

    def line(self, key: bytes) -> str:
        starts = [one for one in self.raw.split(b"\n") if one.startswith(key + b": ")]
        return starts[-1][len(key) + 2 :].decode("latin-1") if starts else ""

    @property
    def argument(self) -> str:
        return self.line(b"agi_arg_1")

    @property
    def facts(self) -> dict[str, bytes]:
        parts = [part.partition("=") for part in self.argument.split("&")]
        return {key: unquote_to_bytes(value) for key, _, value in parts}


def says(**values: str) -> Act:
    """Answer with one command that sets SCREENER_ variables, and close."""
    told = ",".join(f"SCREENER_{key.upper()}={value}" for key, value in values.items())

    def act(peer: socket.socket) -> None:
        peer.sendall(f'EXEC MSet "{told}"\n'.encode())
        peer.recv(1000)

    return act


def says_then_hangs(**values: str) -> Act:
    def act(peer: socket.socket) -> None:
        says(**values)(peer)
        is_silent(peer)

    return act


def is_silent(peer: socket.socket) -> None:
    while peer.recv(1000):
        pass


def closes(peer: socket.socket) -> None:
    peer.shutdown(socket.SHUT_RDWR)


def dies(peer: socket.socket) -> None:
    peer.sendall(b'EXEC MSet "SCREENER_VERD')
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def fails(peer: socket.socket) -> None:
    peer.sendall(b"failure\n")


class ScriptedAgent:
    """Listens on a loopback port; what it does follows the called number (fact `did`).

    A number without an act gets `usual`, or is admitted. Outcomes and captchas name no called
    number: it closes, unless the number "" has its act.
    """

    def __init__(self, port: int, usual: Act | None = None) -> None:
        self.port = port
        self.acts: dict[str, Act] = {}
        self.usual = usual
        self.sessions: list[Session] = []
        self._seen = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=200)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Listen no more; sessions that are open go on."""
        with suppress(OSError):  # it has stopped before
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def wait_for(self, found: Callable[[Session], bool], limit_s: float = 60.0) -> Session:
        """Return the first session that fits, waiting for it."""

        def first() -> Session | None:
            return next((one for one in self.sessions if found(one)), None)

        with self._seen:
            session = self._seen.wait_for(first, limit_s)
        assert session, "the agent was never asked"
        return session

    def asked_about(self, did: str) -> Session:
        return self.wait_for(lambda one: one.facts.get("did") == did.encode())

    def told_of(self, call_id: str, event: str) -> Session:
        return self.wait_for(
            lambda one: (
                one.facts.get("id") == call_id.encode() and one.facts["event"] == event.encode()
            )
        )

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            peer.settimeout(LONGEST_S)
            raw = b""
            try:
                while b"\nagi_arg_1: " not in raw or not raw.endswith(b"\n\n"):
                    raw += (more := peer.recv(65536))
                    if not more:
                        break
                session = Session(raw)
                with self._seen:
                    self.sessions.append(session)
                    self._seen.notify_all()
                did = session.facts.get("did", b"").decode("latin-1")
                usual = self.usual or says(verdict="admit", id=f"id-{did}", prio="7")
                self.acts.get(did, usual if did else closes)(peer)
            except OSError:
                pass  # the call ended, or this peer was told to misbehave
