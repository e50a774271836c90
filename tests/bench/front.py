"""CPU of one call that a Kamailio in front refuses, beside a Kamailio that refuses everything.

The bare one is the least there is: every INVITE gets a stateless 603 with nothing looked up. The
same calls are offered side by side, at the same rate, in interleaved rounds: to the bare one, and
to the sample configuration with 10, 10^4 and 10^5 numbers blocked, and with what passes calls on
at overload (a share to shed, prefixes to look up). Beside each stands what was answered.
"""

import asyncio
import select
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from statistics import median

from screener.adapters.kamailio_link import KamailioLink
from screener.lab.ports import LOOPBACK
from screener.protocol.kamailio_rpc import Request, put
from tests.bench.figures import Scale, cpu_s, show
from tests.servers.kamailio import Kamailio

ROUNDS = 5
CALLS_PER_S = 1_500
"""What two cores take beside the sender and other work; the CPU of a call is what is compared."""

BLOCKED = (10, 10_000, 100_000)
_TTL_S = 3_600
_BURST = 8
_QUIET_S = 0.5

_BARE = """\
listen=LISTEN_HERE
children=2
disable_tcp=yes
debug=1
auto_aliases=no
dns=no
rev_dns=no
server_signature=no
sip_warning=no
loadmodule "sl.so"
request_route {
    sl_send_reply("603", "Decline");
    exit;
}
"""

_INVITE = """\
INVITE sip:6515392200@127.0.0.1:{target} SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{call}\r
Max-Forwards: 70\r
From: <sip:{number}@127.0.0.1>;tag={call}\r
To: <sip:6515392200@127.0.0.1:{target}>\r
Call-ID: {call}\r
CSeq: 1 INVITE\r
Contact: <sip:bench@127.0.0.1:{port}>\r
Content-Type: application/sdp\r
Content-Length: {length}\r
\r
"""
_SDP = """\
v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 9000 RTP/AVP 0 8 101\r
"""


@dataclass(slots=True)
class _Case:
    """One Kamailio and the numbers that call it; CPU in us a call, by round."""

    kamailio: Kamailio
    numbers: Iterator[str]
    cpu_us: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)


def run(scale: Scale) -> None:
    """Measure and print; raises MissingPartError where there is no Kamailio to be had."""
    calls = scale.of(4_000, 300)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        bare = stack.enter_context(Kamailio(folder / "bare", 1, text=_BARE))
        cases = {"bare: refuses all": _Case(bare, map(_number, count()))}
        for blocked in BLOCKED[: scale.of(3, 2)]:
            kamailio = Kamailio(folder / f"of{blocked}", 1, memory_mb=160)
            stack.enter_context(kamailio)
            asyncio.run(_block(kamailio, blocked))
            cases[f"{blocked:,} blocked"] = _Case(kamailio, _scattered(blocked))
        shedding = stack.enter_context(Kamailio(folder / "shed", 1, memory_mb=160))
        asyncio.run(_shed(shedding))
        cases["unknown, all shed"] = _Case(shedding, (_number(place) for place in count()))
        for turn in range(ROUNDS):
            order = list(cases.values())
            for case in order[turn % len(order) :] + order[: turn % len(order)]:
                _round(case, calls)
        _print(cases, calls)


def _scattered(blocked: int) -> Iterator[str]:
    """Yield the blocked numbers over and over, no two neighbours after another."""
    return (_number(place * 7_919 % blocked) for place in count())


def _number(place: int) -> str:
    return f"+1651{place:07}"


def _round(case: _Case, calls: int) -> None:
    pids = case.kamailio.pids()
    before = sum(map(cpu_s, pids))
    case.codes += _offer(case.kamailio.port, list(islice(case.numbers, calls)))
    case.cpu_us.append((sum(map(cpu_s, pids)) - before) / calls * 1e6)


def _offer(target: int, numbers: list[str]) -> Counter[str]:
    """Call from each number, at an even rate, and count the answers by their code."""
    codes: Counter[str] = Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        wire.bind((LOOPBACK, 0))
        wire.connect((LOOPBACK, target))
        wire.setblocking(False)  # noqa: FBT003 - the standard library's own
        port = wire.getsockname()[1]
        began = time.perf_counter()
        for place, number in enumerate(numbers):
            call = f"b{port}x{place}x{time.monotonic_ns()}"
            text = _INVITE.format(
                target=target, port=port, call=call, number=number, length=len(_SDP)
            )
            wire.send((text + _SDP).encode())
            if place % _BURST == 0:
                _hear(wire, codes, max(began + place / CALLS_PER_S - time.perf_counter(), 0.0))
        while select.select([wire], [], [], _QUIET_S)[0]:
            _hear(wire, codes, 0.0)
    return codes


def _hear(wire: socket.socket, codes: Counter[str], wait_s: float) -> None:
    if wait_s > 0.0:
        time.sleep(wait_s)
    while True:
        try:
            codes[wire.recv(8_192)[8:11].decode()] += 1
        except BlockingIOError:
            return


async def _block(kamailio: Kamailio, blocked: int) -> None:
    with KamailioLink(str(kamailio.socket)) as link:
        requests = [
            put("screener_blocks", _number(place), 60302, _TTL_S) for place in range(blocked)
        ]
        await link.ask_all(requests)


async def _shed(kamailio: Kamailio) -> None:
    known = [put("screener_known", f"+1763{place:07}", 1, _TTL_S) for place in range(100_000)]
    rest: list[Request] = [put("screener_front", "shed", 1_000, _TTL_S)]
    with KamailioLink(str(kamailio.socket)) as link:
        await link.ask_all([*known, *rest])


def _print(cases: dict[str, _Case], calls: int) -> None:
    floor = next(iter(cases.values())).cpu_us
    rows = []
    for name, case in cases.items():
        ratio = median(mine / least for mine, least in zip(case.cpu_us, floor, strict=True))
        answered = " ".join(f"{code}:{many}" for code, many in sorted(case.codes.items()))
        lost = calls * ROUNDS - sum(case.codes.values())
        rows.append((name, round(median(case.cpu_us), 1), f"{ratio:.2f} x", answered, lost))
    title = f"front: medians of {ROUNDS} rounds of {calls} calls at {CALLS_PER_S} calls/s"
    show(title, ("one Kamailio each", "CPU us a call", "to bare", "answers", "lost"), rows)
