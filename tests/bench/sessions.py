"""FastAGI sessions: what one costs the agent, beside a uvloop server that only sets variables.

This process plays Asterisk: it writes the environment line by line, answers the one command and
waits for the end, a few sessions at once. The generator is slower than either server, so CPU per
session is the figure; sessions/s here is the generator's.
"""

import hashlib
import select
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import quote

from screener.errors import MissingPartError
from screener.lab.ports import LOOPBACK
from tests.bench.agents import FloorProcess, OurAgent, Peer
from tests.bench.callers import spoofed
from tests.bench.figures import Scale, cpu_s, median_quantile, show

ROUNDS = 5
AT_ONCE = 8
SILENCE_LIMIT_S = 5.0

_LINES = """\
agi_network: yes
agi_network_script: screen/{digest}
agi_request: agi://127.0.0.1:4591/screen/{digest}
agi_channel: PJSIP/trunk-{index:08x}
agi_language: en
agi_type: PJSIP
agi_uniqueid: 1800000000.{index}
agi_version: 22.10.1
agi_callerid: {number}
agi_calleridname: unknown
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 6515392200
agi_rdnis: unknown
agi_context: screener
agi_extension: s
agi_priority: 34
agi_enhanced: 0.0
agi_accountcode:{blank}
agi_threadid: 140000000000000
agi_arg_1: {facts}

"""
_FACTS = (
    "num={number}&name=&pres=allowed_not_screened&did=6515392200&trunk=trunk&src=127.0.0.1%3A5060"
    "&att=&ver=&orig=&uid=1800000000.{index}&linked=1800000000.{index}&sip=bench-{index}"
    "&chan=PJSIP%2Ftrunk-{index:08x}&qw=0&ql=8&qr=8&ch=1"
)


@dataclass(slots=True)
class _Session:
    sock: socket.socket
    started_ns: int


def run(scale: Scale) -> None:
    """Measure and print."""
    indices = count()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        floor = stack.enter_context(FloorProcess())
        agent = stack.enter_context(OurAgent(folder / "agent"))
        quiet = stack.enter_context(OurAgent(folder / "quiet", "log:\n  level: warning\n"))
        cases: dict[str, tuple[Peer, int]] = {
            "floor: uvloop, MSet only": (floor, floor.port),
            "agent": (agent, agent.port),
            "agent, log.level: warning": (quiet, quiet.port),
        }
        for _, port in cases.values():
            play(port, indices, scale.of(300, 20), AT_ONCE)
        cpu: dict[str, list[float]] = {name: [] for name in cases}
        rate: dict[str, list[float]] = {name: [] for name in cases}
        alone: dict[str, list[list[float]]] = {name: [] for name in cases}
        sessions = scale.of(2_000, 50)
        for _ in range(ROUNDS):
            for name, (peer, port) in cases.items():
                before, started = cpu_s(peer.pid), time.perf_counter()
                play(port, indices, sessions, AT_ONCE)
                rate[name].append(sessions / (time.perf_counter() - started))
                cpu[name].append((cpu_s(peer.pid) - before) / sessions * 1e6)
                alone[name].append(play(port, indices, sessions // 10, 1))
    floor_us = median(cpu["floor: uvloop, MSet only"])
    rows = [
        (
            name,
            round(median(rate[name])),
            median(cpu[name]),
            round(1e6 / median(cpu[name])),
            f"{median(cpu[name]) / floor_us:.2f} x",
            median_quantile(alone[name], 0.5),
            median_quantile(alone[name], 0.99),
        )
        for name in cases
    ]
    columns = (
        "new number each",
        "sessions/s",
        "CPU us each",
        "per agent core",
        "to floor",
        "alone p50 us",
        "p99 us",
    )
    show(
        f"sessions: {AT_ONCE} at once, medians of {ROUNDS} interleaved rounds of {sessions:,}",
        columns,
        rows,
    )


def play(port: int, indices: Iterator[int], sessions: int, at_once: int) -> list[float]:
    """Hold so many sessions; return how long each took from connect to end, microseconds.

    Raises MissingPartError where the server falls silent.
    """
    open_now: dict[int, _Session] = {}
    times: list[float] = []
    with select.epoll() as poll:
        left = sessions
        while left or open_now:
            while left and len(open_now) < at_once:
                left -= 1
                session = _begin(port, next(indices))
                open_now[session.sock.fileno()] = session
                poll.register(session.sock, select.EPOLLIN)
            ready = poll.poll(SILENCE_LIMIT_S)
            if not ready:
                raise MissingPartError(f"the server on port {port} fell silent")
            for number, _ in ready:
                if _go_on(open_now[number]):
                    continue
                session = open_now.pop(number)
                poll.unregister(number)
                session.sock.close()
                times.append((time.perf_counter_ns() - session.started_ns) / 1e3)
    return times


def environment(index: int) -> list[bytes]:
    """Return the lines of one call's environment, each as Asterisk writes it."""
    number = spoofed(index)
    facts = _FACTS.format(number=quote(number), index=index)
    digest = hashlib.md5(facts.encode(), usedforsecurity=False).hexdigest()
    text = _LINES.format(digest=digest, index=index, number=number, facts=facts, blank=" ")
    return text.encode().splitlines(keepends=True)


def _begin(port: int, index: int) -> _Session:
    lines = environment(index)
    started = time.perf_counter_ns()
    sock = socket.create_connection((LOOPBACK, port), SILENCE_LIMIT_S)
    for line in lines:
        sock.send(line)
    return _Session(sock, started)


def _go_on(session: _Session) -> bool:
    """Answer the command; return False at the end."""
    try:
        data = session.sock.recv(4_096)
        if data:
            session.sock.send(b"200 result=0\n")
    except OSError:
        return False
    return bool(data)
