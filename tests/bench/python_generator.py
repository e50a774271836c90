"""The generator of FastAGI sessions where there is no C compiler: the same in Python.

It takes as much of the machine as the server that it measures, so sessions/s and latency say more
of it than of the server; CPU per session is the server's own all the same.
"""

import resource
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from screener.lab.ports import LOOPBACK
from tests.bench.environments import environment_lines
from tests.bench.figures import quantile
from tests.bench.played import Played

_SILENCE_LIMIT_S = 5.0
_REPLY = b"200 result=0\n"


@dataclass(slots=True)
class _Session:
    sock: socket.socket
    started: float
    asked: bool = False


def play(port: int, indices: Iterator[int], at_once: int, limit_s: float) -> Played:
    """Hold a session for each index, so many at once; begin none after `limit_s` seconds."""
    open_now: dict[int, _Session] = {}
    times_us: list[float] = []
    failed = begun = 0
    start, cpu = time.perf_counter(), _cpu_s()
    with select.epoll() as poll:
        while True:
            while len(open_now) < at_once and time.perf_counter() - start < limit_s:
                if (index := next(indices, None)) is None:
                    break
                begun += 1
                session = _begin(port, index)
                open_now[session.sock.fileno()] = session
                poll.register(session.sock, select.EPOLLIN)
            ready = poll.poll(_SILENCE_LIMIT_S) if open_now else []
            if not ready:
                break
            for number, _ in ready:
                if _go_on(session := open_now[number]):
                    continue
                del open_now[number]
                poll.unregister(number)
                session.sock.close()
                if session.asked:
                    times_us.append((time.perf_counter() - session.started) * 1e6)
    failed = begun - len(times_us)
    for session in open_now.values():
        session.sock.close()
    return Played(
        begun,
        failed,
        time.perf_counter() - start,
        _cpu_s() - cpu,
        *(quantile(times_us, share) for share in (0.5, 0.9, 0.99, 1.0)),
    )


def _begin(port: int, index: int) -> _Session:
    lines = environment_lines(index)
    started = time.perf_counter()
    sock = socket.create_connection((LOOPBACK, port), _SILENCE_LIMIT_S)
    for line in lines:
        sock.send(line)
    return _Session(sock, started)


def _go_on(session: _Session) -> bool:
    """Answer the command; return False at the end."""
    try:
        data = session.sock.recv(4_096)
        if data:
            session.asked = True
            session.sock.send(_REPLY)
    except OSError:
        return False
    return bool(data)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
