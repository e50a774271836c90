"""Whole agents as processes, for tests: start one, edit its configuration, wait for its log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports

PATIENCE_S = 20.0


@contextmanager
def an_agent(
    folder: Path, *, enforce: bool = True, extra: str = "", listen: str = ""
) -> Iterator[AgentProcess]:
    """Run an agent, enforcing unless told otherwise; `extra` and `listen` are YAML, as of it."""
    agent = AgentProcess(folder, free_ports(1)[0], enforce=enforce, extra=extra, listen=listen)
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()


def port_of(agent: AgentProcess) -> int:
    return int(str(agent.ask({"op": "status"})["port"]))


def until(met: Callable[[], bool], what: str) -> None:
    """Wait until another process has done its part, or fail."""
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {what}"
        time.sleep(0.02)


def settled(agent: AgentProcess) -> None:
    """Wait until all that the agent has decided can be read in its log."""

    def is_written() -> bool:
        log = agent.ask({"op": "status"})["decision_log"]
        return isinstance(log, dict) and log["queued"] == 0

    until(is_written, "every call in the log")


def told(agent: AgentProcess, word: str, times: int = 1) -> None:
    until(lambda: agent.log.read_text().count(word) >= times, f"{word} in the log")


def edit(agent: AgentProcess, old: str, new: str) -> None:
    text = agent.config.read_text()
    assert old in text
    agent.config.write_text(text.replace(old, new))


def ended(agent: AgentProcess) -> int:
    """Wait for the agent's own end and return its status."""
    assert agent._child is not None
    return agent._child.wait(PATIENCE_S)
