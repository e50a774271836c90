"""The agents compared, each a process of its own: ours as `screener serve`, and the floor."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from screener.errors import MissingPartError
from screener.lab.agent_process import AgentProcess
from screener.lab.ports import LOOPBACK, free_ports

START_LIMIT_S = 15.0
_PROJECT = Path(__file__).parents[2]


class Peer(Protocol):
    """A running FastAGI server."""

    @property
    def pid(self) -> int: ...


class FloorProcess:
    """The floor agent on a free port; a context manager."""

    def __init__(self) -> None:
        self.port = free_ports(1)[0]

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.floor_agent", str(self.port)],
            stdin=subprocess.DEVNULL,
            cwd=_PROJECT,
        )
        deadline = time.monotonic() + START_LIMIT_S
        while not _listens(self.port):
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise MissingPartError("the floor agent did not start")
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.kill()
        self._child.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid


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


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), 1.0).close()
    except OSError:
        return False
    return True
