"""FastAGI sessions: the agent with all it does for a call, beside servers that decide nothing.

The peers send one command that is as long as the agent's and end: a uvloop Protocol (the floor),
the same on asyncio, panoramisk on either loop, and pyst2 with a thread for each connection. All
meet the same closed loop of sessions, 50 and 8 at once and one alone, in interleaved rounds. CPU
is the server process's own, user and system, all threads; the generator shares the cores with
it, so sessions/s of the fast ones are partly the generator's.
"""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench.agents import OurAgent, Peer, PeerProcess, floor
from tests.bench.figures import Scale, cpu_s, own_mb, show
from tests.bench.generator import Generator
from tests.bench.played import Played
from tests.bench.report import REPORT

ROUNDS = 5
CROWD, FEW, ALONE = 50, 8, 1
"""Sessions at once."""

LIMIT_S = 2.5
"""A slow server holds fewer sessions in a round."""

FLOOR, PANORAMISK, PYST2 = "floor: uvloop", "panoramisk", "pyst2, threads"
AGENT = "agent"


@dataclass(slots=True)
class _Seen:
    """All rounds of one server, by sessions at once; CPU in us a session."""

    rounds: dict[int, list[Played]] = field(default_factory=lambda: {CROWD: [], FEW: [], ALONE: []})
    cpu_us: dict[int, list[float]] = field(default_factory=lambda: {CROWD: [], FEW: [], ALONE: []})
    memory_mb: float = 0.0

    def play(self, generator: Generator, peer: Peer, sessions: int, at_once: int) -> None:
        """Add a round."""
        before = cpu_s(peer.pid)
        played = generator.play(peer.port, sessions, at_once, LIMIT_S)
        spent = cpu_s(peer.pid) - before
        self.rounds[at_once].append(played)
        self.cpu_us[at_once].append(spent / max(played.sessions, 1) * 1e6)

    def rate(self) -> list[float]:
        """Return the sessions/s of each round with 50 at once."""
        return [(one.sessions - one.failed) / one.seconds for one in self.rounds[CROWD]]


def run(scale: Scale) -> None:
    """Measure and print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        generator = stack.enter_context(Generator())
        peers = _peers(stack, folder)
        seen = {name: _Seen() for name in peers}
        for peer in peers.values():
            generator.play(peer.port, scale.of(1_000, 50), FEW, LIMIT_S)
        for _ in range(ROUNDS):
            for name, peer in peers.items():
                seen[name].play(generator, peer, scale.of(5_000, 100), CROWD)
                seen[name].play(generator, peer, scale.of(3_000, 100), FEW)
                seen[name].play(generator, peer, scale.of(500, 20), ALONE)
        for name, peer in peers.items():
            seen[name].memory_mb = own_mb(peer.pid)
        _print(seen, generator.what)
    _judge(seen)


def _peers(stack: ExitStack, folder: Path) -> dict[str, Peer]:
    quiet = "log:\n  level: warning\n"
    agents: dict[str, OurAgent] = {
        AGENT: OurAgent(folder / "agent"),
        "agent, log.level: warning": OurAgent(folder / "quiet", quiet),
    }
    others: dict[str, PeerProcess] = {
        FLOOR: floor(),
        "the same on asyncio": PeerProcess("floor_agent", "asyncio"),
        PANORAMISK: PeerProcess("panoramisk_agent"),
        "panoramisk on uvloop": PeerProcess("panoramisk_agent", "uvloop"),
        PYST2: PeerProcess("pyst2_agent"),
    }
    started: dict[str, Peer] = {name: stack.enter_context(peer) for name, peer in others.items()}
    return started | {name: stack.enter_context(agent) for name, agent in agents.items()}


def _print(seen: dict[str, _Seen], generator: str) -> None:
    base = seen[FLOOR]
    rows = []
    for name, one in seen.items():
        crowd_us = median(one.cpu_us[CROWD])
        rows.append(
            (
                name,
                round(median(one.rate())),
                crowd_us,
                _ratio(one.cpu_us[CROWD], base.cpu_us[CROWD]),
                round(1e6 / crowd_us),
                *_latency(one.rounds[CROWD]),
                median(one.cpu_us[FEW]),
                _ratio(one.cpu_us[FEW], base.cpu_us[FEW]),
                *_latency(one.rounds[FEW]),
                *_latency(one.rounds[ALONE]),
                sum(played.failed for at in one.rounds.values() for played in at),
                one.memory_mb,
            )
        )
    columns = (
        "50 at once, 8, one alone; us",
        *("sessions/s", "CPU", "to floor", "per core", "p50", "p99"),
        *("8: CPU", "to floor", "p50", "p99", "1: p50", "p99"),
        *("failed", "PSS MB"),
    )
    show(f"sessions by {generator}: medians of {ROUNDS} interleaved rounds", columns, rows)
    own = [one.cpu_s / one.sessions * 1e6 for one in seen[FLOOR].rounds[CROWD]]
    print(f"  the generator itself takes {median(own):.0f} us a session", flush=True)


def _judge(seen: dict[str, _Seen]) -> None:
    agent = seen[AGENT]
    REPORT.at_most(
        "sessions: CPU of the agent to the floor's, 50 at once",
        median(_ratios(agent.cpu_us[CROWD], seen[FLOOR].cpu_us[CROWD])),
        2.0,
    )
    REPORT.at_most(
        "sessions: the same, 8 at once",
        median(_ratios(agent.cpu_us[FEW], seen[FLOOR].cpu_us[FEW])),
        2.0,
    )
    for name, bound in ((PYST2, 4.0), (PANORAMISK, 1.0)):
        REPORT.at_least(
            f"sessions: sessions/s of the agent to {name}",
            median(_ratios(agent.rate(), seen[name].rate())),
            bound,
        )
        # The same without the generator, which a fast server waits for.
        REPORT.at_least(
            f"sessions: sessions of a core's CPU, the agent's to those of {name}",
            median(_ratios(seen[name].cpu_us[CROWD], agent.cpu_us[CROWD])),
            bound,
        )


def _latency(rounds: list[Played]) -> tuple[float, float]:
    return median(one.p50_us for one in rounds), median(one.p99_us for one in rounds)


def _ratios(mine: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(mine, theirs, strict=True)]


def _ratio(mine: list[float], theirs: list[float]) -> str:
    return f"{median(_ratios(mine, theirs)):.2f} x"
