"""The agents compared, each a process of its own: ours as `screener serve`, and its peers."""

import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports

START_LIMIT_S = 15.0
_PROJECT = Path(__file__).parents[2]


class Peer(Protocol):
    """A running FastAGI server."""

    port: int

    @property
    def pid(self) -> int: ...


class PeerProcess:
    """A peer as a process of its own on a free port; a context manager.

    `module` is run with the port and the `words`, and says so when it listens: a peer that is
    looked at by connecting to it may never recover (`panoramisk_agent`).
    """

    def __init__(self, module: str, *words: str) -> None:
        self.port = free_ports(1)[0]
        self._words = [sys.executable, "-m", f"tests.bench.{module}", str(self.port), *words]

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(
            self._words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=_PROJECT
        )
        said = self._child.stdout
        if said is None or not select.select([said], [], [], START_LIMIT_S)[0] or not said.read(1):
            self.__exit__(None, None, None)
            raise MissingPartError(f"the peer {self._words[2]} did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.kill()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid


def floor() -> PeerProcess:
    """Return the floor agent, to be started."""
    return PeerProcess("floor_agent")


class OurAgent(AgentProcess):
    """Our agent on a free port, enforcing; a context manager."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        self.port = free_ports(1)[0]
        folder.mkdir()
        # Without a cap on calls: who is turned away unjudged would make a fine figure.
        uncapped = "admission: {calls_per_second: 0}\n"
        super().__init__(folder, self.port, enforce=True, extra=uncapped + extra)

    def latency_ms(self) -> tuple[float, float, int]:
        """Return p50 and p99 from a call's facts to its verdict, and how many calls there were."""
        status = self.ask({"op": "status"})
        latency, verdicts = status["latency_ms"], status["verdicts"]
        if not isinstance(latency, dict) or not isinstance(verdicts, dict):
            raise MissingPartError("the agent's status has another shape")
        return float(latency["p50"]), float(latency["p99"]), sum(verdicts.values())
