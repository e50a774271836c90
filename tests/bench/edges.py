"""Several edges on this machine: what a call costs each, and the store that they share.

One edge and several, with nothing shared, a SQLite file or a Redis between them, each met by its
own generator at the same time. All processes share the machine's cores, so the CPU of a call is
what scales to more of them; sessions/s here are what these cores do in all.
"""

import secrets
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench.agents import OurAgent
from tests.bench.figures import Scale, cpu_s, show
from tests.bench.generator import Generator
from tests.bench.report import REPORT
from tests.servers.redis_server import REDIS, RedisServer

ROUNDS = 3
AT_ONCE = 8
LIMIT_S = 4.0
_SHARING = """\
sharing:
  store: {store}
  edge: {name}
  key_file: {folder}/shared.key
{place}
"""
CASES = {
    "1, nothing shared": (1, "none"),
    "3, nothing shared": (3, "none"),
    "1, Redis": (1, "redis"),
    "3, Redis": (3, "redis"),
    "3, SQLite": (3, "sqlite"),
}


@dataclass(slots=True)
class _Case:
    """The running edges of one case, and what was seen of them in each round."""

    edges: list[OurAgent]
    store_cpu_s: Callable[[], float]
    per_s: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    store_us: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    failed: int = 0
    answers: tuple[float, float] = (0.0, 0.0)

    def play(self, generators: list[Generator], sessions: int) -> None:
        """Add a round of sessions at all edges at once."""
        before, store = self._cpu(), self.store_cpu_s()
        alone, began = self._alone(), time.monotonic()
        with ThreadPoolExecutor(len(self.edges)) as players:
            played = list(
                players.map(
                    lambda pair: pair[0].play(pair[1].port, sessions, AT_ONCE, LIMIT_S),
                    zip(generators, self.edges, strict=False),
                )
            )
        done = max(sum(one.sessions for one in played), 1)
        self.per_s.append(done / (time.monotonic() - began))
        self.cpu_us.append((self._cpu() - before) / done * 1e6)
        self.store_us.append((self.store_cpu_s() - store) / done * 1e6)
        self.alone.append((self._alone() - alone) / done)
        self.failed += sum(one.failed for one in played)

    def answers_ms(self) -> tuple[float, float]:
        """Return p50 and p99 of the store's answers, medians over the edges; 0 without a store."""
        told = [edge.ask({"op": "status"})["sharing"] for edge in self.edges]
        answers = [one["answers_ms"] for one in told if isinstance(one, dict) and "edge" in one]
        if not answers:
            return 0.0, 0.0
        return median(one["p50"] for one in answers), median(one["p99"] for one in answers)

    def _cpu(self) -> float:
        return sum(cpu_s(edge.pid) for edge in self.edges)

    def _alone(self) -> int:
        told = [edge.ask({"op": "status"})["sharing"] for edge in self.edges]
        return sum(int(one.get("alone_calls", 0)) for one in told if isinstance(one, dict))


def run(scale: Scale) -> None:
    """Measure and print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        (folder / "shared.key").write_text(secrets.token_hex(32))
        (folder / "shared.key").chmod(0o600)
        cases = {name: _case(stack, folder / str(at), folder, *CASES[name])
                 for at, name in enumerate(CASES)}  # fmt: skip
        generators = [stack.enter_context(Generator()) for _ in range(3)]
        for case in cases.values():
            case.play(generators, scale.of(500, 30))
        for case in cases.values():
            case.per_s, case.cpu_us, case.store_us, case.alone = [], [], [], []
        for _ in range(ROUNDS):
            for case in cases.values():
                case.play(generators, scale.of(2_000, 60))
        for case in cases.values():
            case.answers = case.answers_ms()
    _print(cases)


def _case(stack: ExitStack, folder: Path, shared: Path, count: int, store: str) -> _Case:
    folder.mkdir()
    server, place = None, f"  file: {folder}/shared.db"
    if store == "redis":
        server = RedisServer(folder / "redis", REDIS)
        stack.callback(server.stop)
        server.start()
        place = f'  redis: {{addresses: ["{server.address}"]}}'
    edges = []
    for number in range(count):
        words = _SHARING.format(store=store, name=f"e{number}", folder=shared, place=place)
        extra = words if store != "none" else ""
        edges.append(stack.enter_context(OurAgent(folder / f"e{number}", extra)))
    pid = server.pid if server is not None else None
    return _Case(edges, lambda: cpu_s(pid) if pid is not None else 0.0)


def _print(cases: dict[str, _Case]) -> None:
    base = median(next(iter(cases.values())).cpu_us)
    rows = [
        (
            name,
            round(median(case.per_s)),
            median(case.cpu_us),
            f"{median(case.cpu_us) / base:.2f} x",
            median(case.store_us),
            *case.answers,
            f"{median(case.alone):.1%}",
            case.failed,
        )
        for name, case in cases.items()
    ]
    columns = (
        "edges",
        "sessions/s",
        "CPU us",
        "to one",
        "store us",
        "answer p50 ms",
        "p99",
        "alone",
        "failed",
    )
    show(f"edges: {AT_ONCE} at once at each, medians of {ROUNDS} rounds", columns, rows)
    for name, case in cases.items():
        REPORT.at_most(f"edges: {name}: sessions that failed", case.failed, 0, "")
