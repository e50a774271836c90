"""What the agent takes of a machine on which nobody calls: CPU and wake-ups a second.

A running agent looks after its log and its memory also without calls, in threads that wake up for
it; at 20 calls/s that is part of what a call seems to cost. Beside it the floor, which only waits.
"""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.agents import OurAgent, Peer, floor
from tests.bench.figures import Scale, cpu_s, show

SETTLING_S = 3
"""Seconds after the start that are left out."""

_SWITCHES = "voluntary_ctxt_switches:"


def run(scale: Scale) -> None:
    """Measure and print."""
    seconds = scale.of(30, 1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screener-bench-")))
        peers: dict[str, Peer] = {
            "floor: uvloop": stack.enter_context(floor()),
            "agent": stack.enter_context(OurAgent(folder / "agent")),
        }
        time.sleep(scale.of(SETTLING_S, 1))
        before = {name: _spent(peer.pid) for name, peer in peers.items()}
        time.sleep(seconds)
        rows = []
        for name, peer in peers.items():
            cpu, wakes = _spent(peer.pid)
            was_cpu, was_wakes = before[name]
            rows.append((name, (cpu - was_cpu) / seconds * 1e6, (wakes - was_wakes) / seconds))
    columns = ("without a call", "CPU us a second", "wake-ups a second")
    show(f"idle: {seconds} s, all threads", columns, rows)


def _spent(pid: int) -> tuple[float, int]:
    """Return the CPU seconds of a process and how often its threads went to wait."""
    return cpu_s(pid), sum(_waits(task) for task in Path(f"/proc/{pid}/task").iterdir())


def _waits(task: Path) -> int:
    lines = (task / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(_SWITCHES))
