"""Real agents that share one real Redis, and callers that ask them over FastAGI."""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports
from tests.unit.fastagi_client import question, screened

SECRET_MODE = 0o600

_SHARING = """\
sharing:
  store: redis
  edge: {name}
  key_file: {key_file}
  deadline: {deadline:g}s
  redis:
    addresses: ["{address}"]
captcha:
  places_per_number: 20
limits:
  - name: few
    key: [number]
    windows:
      - {{calls: 3, per: 10m}}
    points: 30
"""


class SharedAgent(AgentProcess):
    """One edge as a process of its own."""

    def __init__(
        self, folder: Path, name: str, address: str, key_file: Path, deadline: float
    ) -> None:
        self.name = name
        self.port = free_ports(1)[0]
        folder.mkdir()
        extra = _SHARING.format(name=name, key_file=key_file, address=address, deadline=deadline)
        super().__init__(folder, self.port, enforce=True, extra=extra)

    def screen(self, number: str) -> dict[str, str]:
        """Ask about a call of that number."""
        return screened(self.port, number)

    def report(self, call_id: str, event: str) -> None:
        """Tell it what became of a call."""
        self.ask({"op": "outcome", "facts": f"id={call_id}&event={event}"})

    def kill(self) -> None:
        """End it at once, as by a crash."""
        os.kill(self.pid, signal.SIGKILL)
        within(60.0, lambda: not self.running, "the agent is gone")

    def sharing(self) -> dict[str, object]:
        """Return what its status says of the sharing."""
        told = self.ask({"op": "status"})["sharing"]
        assert isinstance(told, dict)
        return told

    def state(self) -> str:
        """Return `up` or `alone`."""
        return str(self.sharing()["state"])


@contextmanager
def shared_agents(
    folder: Path, address: str, deadlines: Mapping[str, float]
) -> Iterator[list[SharedAgent]]:
    """Run edges that share the Redis at an address, each with its name and deadline (s)."""
    key_file = folder / "shared.key"
    key_file.write_text(secrets.token_hex(32))
    key_file.chmod(SECRET_MODE)
    with ExitStack() as stack:
        agents = [
            SharedAgent(folder / name, name, address, key_file, deadline)
            for name, deadline in deadlines.items()
        ]
        for agent in agents:
            stack.callback(agent.stop)
        with ThreadPoolExecutor() as starters:
            list(starters.map(SharedAgent.start, agents))
        within(60.0, lambda: all(one.state() == "up" for one in agents), "the store is there")
        yield agents


def within(seconds: float, met: Callable[[], bool], what: str) -> float:
    """Wait until it is so; return after how many seconds it was."""
    began = time.monotonic()
    while not met():
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


class Load:
    """New numbers that call one after another at a steady rate; `waits` are seconds to verdicts."""

    def __init__(self, port: int, per_s: float) -> None:
        self._port, self._gap = port, 1.0 / per_s
        self.waits: list[float] = []
        self.lost = 0

    async def run(self, calls: int, first: int) -> None:
        """Let so many calls come, none of a number before; returns once all have ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for place in range(calls):
                await asyncio.sleep(max(began + place * self._gap - loop.time(), 0.0))
                number = f"+1651{5_550_000 + (first + place) % 9_000:07d}"
                group.create_task(self._call(number))

    async def _call(self, number: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            began = time.perf_counter()
            writer.write(question(number))
            said = await asyncio.wait_for(reader.readline(), 60.0)
            self.waits.append(time.perf_counter() - began)
            if b"SCREENER_VERDICT=" not in said:
                self.lost += 1
            writer.write(b"200 result=0\n")
            await reader.read()
        finally:
            writer.close()

    def quantile(self, share: float) -> float:
        """Return how many milliseconds so large a share of the calls waited at most."""
        return sorted(self.waits)[int(share * (len(self.waits) - 1))] * 1000.0
