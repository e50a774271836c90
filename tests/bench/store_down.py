"""What a call waits at an edge whose shared store is up, hangs, is gone, and has come back.

100 calls/s, an open loop, at one edge with a Redis beside one that shares nothing, whose calls come
at the same time. The Redis is stopped (SIGSTOP: connections stand and nothing answers) or killed
while calls come, over and over: the calls that were just asking are in the figures. Counted from
when a call was due to its whole verdict.
"""

import secrets
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.bench.agents import OurAgent
from tests.bench.figures import Scale, quantile, show
from tests.bench.log_callers import Callers
from tests.bench.progress import step
from tests.bench.report import REPORT
from tests.servers.redis_server import REDIS, RedisServer

RATE = 100.0
CYCLES = 4
UP_S, DOWN_S = 8.0, 8.0
UP_P99_MS, DOWN_P99_MS = 5.0, 10.0
_BACK_LIMIT_S = 30.0
_SHARING = """\
sharing:
  store: redis
  edge: e0
  key_file: {folder}/shared.key
  redis: {{addresses: ["{address}"]}}
"""


@dataclass(slots=True)
class _Phase:
    """What the calls of one state of the store met, at the edge that shares and at the other."""

    delays_ms: list[float] = field(default_factory=list)
    beside_ms: list[float] = field(default_factory=list)
    alone: int = 0
    unanswered: int = 0


class _Site:
    """The two edges and the store."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        (folder / "shared.key").write_text(secrets.token_hex(32))
        (folder / "shared.key").chmod(0o600)
        self.store = RedisServer(folder / "redis", REDIS)
        stack.callback(self.store.stop)
        self.store.start()
        words = _SHARING.format(folder=folder, address=self.store.address)
        self._edge = stack.enter_context(OurAgent(folder / "edge", words))
        self._other = stack.enter_context(OurAgent(folder / "other"))
        self._indices = count()

    def call_for(self, phase: _Phase, seconds: float, happens: Callable[[], None]) -> None:
        """Let calls come for so long; what happens to the store happens after the first second."""
        alone = self._alone()
        with (
            Callers(self._edge.port, self._indices, RATE) as calls,
            Callers(self._other.port, self._indices, RATE) as beside,
        ):
            time.sleep(1.0)
            happens()
            time.sleep(seconds)
        phase.delays_ms += calls.delays_ms
        phase.beside_ms += beside.delays_ms
        phase.alone += self._alone() - alone
        phase.unanswered += calls.unanswered + beside.unanswered

    def await_back(self) -> None:
        """Wait until the edge asks its store again."""
        until = time.monotonic() + _BACK_LIMIT_S
        while self._told().get("state") != "up" and time.monotonic() < until:
            time.sleep(0.1)

    def _alone(self) -> int:
        told = self._told().get("alone_calls", 0)
        return told if isinstance(told, int) else 0

    def _told(self) -> dict[str, object]:
        told = self._edge.ask({"op": "status"})["sharing"]
        return told if isinstance(told, dict) else {}


def run(scale: Scale) -> None:
    """Measure and print."""
    phases = {name: _Phase() for name in ("up", "stopped while calls come", "killed", "back")}
    up, stopped, killed, back = phases.values()
    up_s, down_s = scale.of(int(UP_S), 1), scale.of(int(DOWN_S), 1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        site = _Site(stack, folder)
        site.call_for(_Phase(), up_s, _nothing)
        for cycle in range(scale.of(CYCLES, 1)):
            step(f"outage {2 * cycle + 1} of {2 * scale.of(CYCLES, 1)}")
            site.call_for(up, up_s, _nothing)
            site.call_for(stopped, down_s, site.store.freeze)
            site.call_for(back, up_s, site.store.thaw)
            site.await_back()
            step(f"outage {2 * cycle + 2} of {2 * scale.of(CYCLES, 1)}")
            site.call_for(killed, down_s, site.store.kill)
            site.call_for(back, up_s, site.store.start)
            site.await_back()
    _print(phases)


def _nothing() -> None:
    """Leave the store as it is."""


def _print(phases: dict[str, _Phase]) -> None:
    rows = [
        (
            name,
            len(one.delays_ms),
            one.alone,
            one.unanswered,
            *(quantile(one.delays_ms, share) for share in (0.5, 0.99)),
            max(one.delays_ms, default=0.0),
            *(quantile(one.beside_ms, share) for share in (0.5, 0.99)),
        )
        for name, one in phases.items()
    ]
    columns = (
        "the store is",
        *("calls", "alone", "lost", "p50 ms", "p99", "max", "not sharing: p50", "p99"),
    )
    show(f"store-down: {RATE:.0f} calls/s at each of two edges, one with a Redis", columns, rows)
    for name, one in phases.items():
        aim = UP_P99_MS if name == "up" else DOWN_P99_MS
        REPORT.at_most(f"store-down: p99, {name}", quantile(one.delays_ms, 0.99), aim, "ms")
    lost = sum(one.unanswered for one in phases.values())
    REPORT.at_most("store-down: calls lost", lost, 0, "")
