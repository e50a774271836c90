"""What a service manager hears of our processes, on a socket that plays systemd."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from screener.lab.agent_process import AgentProcess
from screener.lab.web_process import WebProcess
from tests.unit.agents import an_agent, edit, ended, told

PATIENCE_S = 20.0
WATCHDOG_S = 0.4
"""Nobody is hung for less in these tests; beats come twice in that time."""


class Manager:
    """The other end of what a service says."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening

    def until(self, word: str) -> str:
        """Return the next notice that begins with that word; all before it are gone."""
        deadline = time.monotonic() + PATIENCE_S
        while not (notice := self._next(deadline - time.monotonic())).startswith(word):
            pass
        return notice

    def silent_for(self, seconds: float) -> bool:
        """Whether nothing comes for so long; what came before is heard and gone."""
        with suppress(BlockingIOError):
            while self._next(0.0):
                pass
        try:
            self._next(seconds)
        except (TimeoutError, BlockingIOError):
            return True
        return False

    def _next(self, patience_s: float) -> str:
        self._listening.settimeout(max(patience_s, 0.0))
        return self._listening.recv(4_096).decode()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """A service manager whose environment each process of the test has."""
    path = tmp_path / "notify"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(str(path))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        monkeypatch.setenv("WATCHDOG_USEC", f"{WATCHDOG_S * 1e6:.0f}")
        yield Manager(listening)


def test_an_agent_says_that_it_takes_calls_reloads_and_ends(
    manager: Manager, tmp_path: Path
) -> None:
    with an_agent(tmp_path) as agent:
        ready = manager.until("READY=1")
        where = f"takes calls at 127.0.0.1:{agent.ask({'op': 'status'})['port']}, enforce, config "
        assert ready.startswith(f"READY=1\nSTATUS={where}")

        edit(agent, "mode: enforce", "mode: observe")
        os.kill(agent.pid, signal.SIGHUP)
        assert "MONOTONIC_USEC=" in manager.until("RELOADING=1")
        assert ", observe, config " in manager.until("READY=1")

        os.kill(agent.pid, signal.SIGTERM)
        assert manager.until("STOPPING=1")
        assert ended(agent) == 0
    assert manager.silent_for(WATCHDOG_S)


def test_an_agent_that_hangs_says_nothing_until_it_goes_on(
    manager: Manager, tmp_path: Path
) -> None:
    with an_agent(tmp_path) as agent:
        for _ in range(3):
            manager.until("WATCHDOG=1")
        os.kill(agent.pid, signal.SIGSTOP)
        try:
            assert manager.silent_for(2 * WATCHDOG_S)
        finally:
            os.kill(agent.pid, signal.SIGCONT)
        manager.until("WATCHDOG=1")


def test_an_agent_whose_watchdog_barks_tells_where_it_hung_and_no_number(
    manager: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")  # as in the unit
    with an_agent(tmp_path) as agent:
        manager.until("READY=1")
        os.kill(agent.pid, signal.SIGABRT)
        assert ended(agent) == -signal.SIGABRT
        told(agent, "Fatal Python error: Aborted")


def test_one_that_is_refused_its_start_was_never_ready(manager: Manager, tmp_path: Path) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    with taken:
        agent = AgentProcess(tmp_path, taken.getsockname()[1], enforce=True)
        with pytest.raises(Exception, match="did not start"):
            agent.start()
    assert manager.silent_for(0.0)


def test_the_web_admin_is_alive_while_its_loop_is(manager: Manager, tmp_path: Path) -> None:
    config = tmp_path / "screener.yaml"
    config.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/none.sock}}\nweb: {{port: 0}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    with WebProcess(config, tmp_path / "web.log") as web:
        assert manager.until("READY=1") == f"READY=1\nSTATUS=shows pages at {web.address}"
        manager.until("WATCHDOG=1")
        os.kill(web.pid, signal.SIGSTOP)
        try:
            assert manager.silent_for(2 * WATCHDOG_S)
        finally:
            os.kill(web.pid, signal.SIGCONT)
        manager.until("WATCHDOG=1")
        os.kill(web.pid, signal.SIGTERM)
        manager.until("STOPPING=1")


def test_a_shipper_is_alive_also_while_its_server_is_away(manager: Manager, tmp_path: Path) -> None:
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\nstorage: {{folder: {tmp_path}, keys: {tmp_path}/keys.json}}\n"
        f'ship: {{dsn: "host={tmp_path} dbname=x user=x", edge: edge-1}}\n'
    )
    command = [sys.executable, "-m", "screener", "ship", "-c", str(path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        ready = manager.until("READY=1")
        assert ready == "READY=1\nSTATUS=brings the log of edge-1 to the central one"
        for _ in range(3):
            manager.until("WATCHDOG=1")
        os.kill(process.pid, signal.SIGTERM)
        manager.until("STOPPING=1")
        assert process.wait(PATIENCE_S) == 0
