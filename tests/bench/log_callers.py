"""Calls at a steady rate to a real agent, each noted with its verdict's delay and its id.

An open loop: a call is due when it is due, whether those before it are answered or not, and its
delay counts from then. This process plays Asterisk, as in `sessions`; the calls run in a thread.
"""

import re
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from screener.lab.ports import LOOPBACK
from tests.bench.environments import environment

RATE = 200.0
_PATIENCE_S = 5.0
_ID = re.compile(rb"SCREENER_ID=([0-9a-f]{16})[,\"]")


@dataclass(slots=True)
class _Session:
    sock: socket.socket
    due: float
    said: bytes = b""
    answered: bool = False


class Callers:
    """A context manager: calls come as long as it lasts, then those under way are ended.

    `delays_ms` has the time from when a call was due to its whole verdict, `ids` the calls whose
    whole verdict arrived; `unanswered` counts the others, which a killed agent leaves.
    """

    def __init__(self, port: int, indices: Iterator[int], rate: float = RATE) -> None:
        self.delays_ms: list[float] = []
        self.ids: list[str] = []
        self.unanswered = 0
        self._port = port
        self._indices = indices
        self._step_s = 1.0 / rate
        self._ending = threading.Event()
        self._open: dict[int, _Session] = {}
        self._poll = select.epoll()
        self._thread = threading.Thread(target=self._run, name="callers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join(2 * _PATIENCE_S)

    def _run(self) -> None:
        due = time.perf_counter()
        while not self._ending.is_set():
            left = due - time.perf_counter()
            if left > 0.0:
                self._answer_for(left)
                continue
            self._begin(due)
            due += self._step_s
        until = time.perf_counter() + _PATIENCE_S
        while self._open and time.perf_counter() < until:
            self._answer_for(0.1)
        self.unanswered += sum(not session.answered for session in self._open.values())
        for session in self._open.values():
            session.sock.close()
        self._poll.close()

    def _begin(self, due: float) -> None:
        lines = environment(next(self._indices))
        try:
            sock = socket.create_connection((LOOPBACK, self._port), _PATIENCE_S)
            sock.sendall(lines)
        except OSError:
            self.unanswered += 1
            return
        self._open[sock.fileno()] = _Session(sock, due)
        self._poll.register(sock, select.EPOLLIN)

    def _answer_for(self, seconds: float) -> None:
        for number, _ in self._poll.poll(seconds):
            session = self._open[number]
            if self._go_on(session):
                continue
            del self._open[number]
            self._poll.unregister(number)
            session.sock.close()
            self.unanswered += not session.answered

    def _go_on(self, session: _Session) -> bool:
        """Read what there is and confirm the verdict; return False at the end."""
        try:
            data = session.sock.recv(4_096)
            session.said += data
            if data and not session.answered and session.said.endswith(b"\n"):
                self._note(session)
                session.sock.send(b"200 result=0\n")
        except OSError:
            return False
        return bool(data)

    def _note(self, session: _Session) -> None:
        found = _ID.search(session.said)
        if found:
            session.answered = True
            self.ids.append(found[1].decode())
            self.delays_ms.append((time.perf_counter() - session.due) * 1e3)
